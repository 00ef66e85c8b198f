using Testing;
using Testing.Peers;

namespace Interop.Asterisk;

/// <summary>
/// Writes the configuration of one <see cref="AsteriskServer"/>: only the modules it needs, so that it is up in a second or two.
/// </summary>
internal sealed class AsteriskFiles(AsteriskOptions options, string outside, string inside, int managerPort, int agentPort, int mediaPort)
{
    /// <summary>The tone that Asterisk plays to a held party.</summary>
    public const double HoldHertz = 480;

    private const string Modules = """
        res_sorcery_config res_sorcery_memory res_sorcery_astdb res_sorcery_memory_cache res_timing_timerfd res_crypto res_pjproject
        res_pjsip res_pjsip_session res_pjsip_sdp_rtp res_rtp_asterisk res_srtp res_pjsip_authenticator_digest
        res_pjsip_outbound_authenticator_digest res_pjsip_outbound_registration res_pjsip_endpoint_identifier_user
        res_pjsip_endpoint_identifier_ip res_pjsip_registrar res_pjsip_caller_id res_pjsip_diversion res_pjsip_dtmf_info res_pjsip_nat
        res_pjsip_pubsub res_pjsip_refer res_pjsip_rfc3326 res_pjsip_header_funcs res_pjsip_logger res_pjsip_acl res_pjsip_dlg_options
        res_pjsip_path res_pjsip_maintenance res_pjsip_empty_info chan_pjsip chan_bridge_media pbx_config app_dial app_playback
        app_mixmonitor app_playtones app_senddtmf app_echo app_stack app_transfer app_userevent app_verbose app_directed_pickup
        bridge_simple bridge_native_rtp bridge_softmix bridge_builtin_features bridge_builtin_interval_features bridge_holding codec_ulaw
        codec_alaw codec_a_mu codec_g722 codec_gsm codec_opus_open_source codec_resample res_format_attr_opus format_gsm format_pcm
        format_wav format_sln res_musiconhold func_callerid func_channel func_strings func_logic func_hangupcause func_pjsip_endpoint
        func_pjsip_aor func_pjsip_contact func_uri func_cut func_groupcount
        res_pjsip_outbound_publish res_pjsip_exten_state res_pjsip_dialog_info_body_generator res_pjsip_messaging
        """;

    private readonly AsteriskTrunk? _chanSip = options.Trunks.SingleOrDefault(trunk => trunk.IsChanSip);

    private string ModuleFolder =>
        options.Release == AsteriskRelease.Sixteen ? "/usr/lib/asterisk/modules" : "/usr/lib/x86_64-linux-gnu/asterisk/modules";

    private string ModuleNames => _chanSip is null ? Modules : Modules + " chan_sip";

    public void Write()
    {
        foreach (var folder in new[] { "etc", "run", "spool", "log", "db", "heard", "moh" })
            Directory.CreateDirectory(Path.Combine(outside, folder));
        WaveFile.WriteTone(Path.Combine(outside, "moh", "hold.wav"), HoldHertz, 8000, TimeSpan.FromSeconds(60));
        if (options.Certificate is { } certificate)
            File.Copy(certificate, Path.Combine(outside, "etc", "sip.pem"));
        Write("asterisk.conf", $"""
            [directories]
            astetcdir => {inside}/etc
            astmoddir => {ModuleFolder}
            astvarlibdir => {inside}/db
            astdbdir => {inside}/db
            astkeydir => {inside}/db
            astdatadir => /usr/share/asterisk
            astagidir => /usr/share/asterisk/agi-bin
            astspooldir => {inside}/spool
            astrundir => {inside}/run
            astlogdir => {inside}/log
            astcachedir => {inside}/db
            [options]
            verbose = 4
            transcode_via_sln = no
            """);
        Write("modules.conf", "[modules]\nautoload=no\n"
            + string.Concat(
                ModuleNames.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(name => $"load={name}.so\n")));
        Write("logger.conf", "[general]\n[logfiles]\nmessages => notice,warning,error,verbose,dtmf\n");
        Write("manager.conf", $"""
            [general]
            enabled = yes
            port = {managerPort}
            bindaddr = 127.0.0.1
            [bench]
            secret = bench
            read = all
            write = all
            """);
        Write("rtp.conf",
            $"[general]\nrtpstart={mediaPort}\nrtpend={mediaPort + AsteriskServer.MediaPorts - 1}\nstrictrtp=no\nicesupport=no\n");
        Write("musiconhold.conf", $"[general]\n[default]\nmode=files\ndirectory={inside}/moh\n");
        Write("features.conf", "[general]\nfeaturedigittimeout=2000\n[featuremap]\natxfer => *2\n");
        Write(
            "indications.conf",
            "[general]\ncountry=us\n[us]\ndescription=US\nringcadence=2000,4000\ndial=350+440\n" +
            "busy=480+620/500,0/500\nring=440+480/2000,0/4000\ncongestion=480+620/250,0/250\n");
        Write("no-pstn.conf", File.ReadAllText(Repository.File("deploy", "asterisk", "no-pstn.conf")));
        Write("extensions.conf", $"{AsteriskDialplan.Text(inside)}\n#include no-pstn.conf\n{options.Dialplan}");
        Write("pjsip.conf", Pjsip());
        if (_chanSip is not null)
            Write("sip.conf", ChanSip(_chanSip));
        foreach (var empty in new[] { "udptl.conf", "cdr.conf", "cel.conf", "acl.conf", "ccss.conf", "cli.conf", "http.conf",
            "sorcery.conf", "pjproject.conf", "codecs.conf", "stasis.conf", "dnsmgr.conf", "dsp.conf", "cli_aliases.conf" })
            Write(empty, "[general]");
    }

    private string Pjsip() => string.Join('\n',
    [
        "[global]",
        "type=global",
        "endpoint_identifier_order=username,auth_username,request_uri,ip",
        "user_agent=Asterisk",
        "[agents]",
        "type=transport",
        "protocol=udp",
        $"bind=127.0.0.1:{agentPort}",
        .. options.Trunks.Where(trunk => !trunk.IsChanSip).SelectMany(Trunk),
        .. options.Agents.SelectMany(Agent),
        "",
    ]);

    private IEnumerable<string> Trunk(AsteriskTrunk trunk) =>
    [
        $"[transport-{trunk.Name}]",
        "type=transport",
        $"protocol={trunk.Transport}",
        $"bind={trunk.Bind}:{trunk.Port}",
        .. trunk.Transport == "tls"
            ? [$"cert_file={inside}/etc/sip.pem", $"priv_key_file={inside}/etc/sip.pem", "method=tlsv1_2"]
            : Array.Empty<string>(),
        $"[{trunk.Name}]",
        "type=endpoint",
        $"transport=transport-{trunk.Name}",
        "context=gateway",
        "disallow=all",
        $"allow={trunk.Codecs}",
        "dtmf_mode=rfc4733",
        $"aors={trunk.Name}",
        // A registered gateway is identified by its name, any other by the port that it calls.
        .. trunk.Gateway is null
            ? new[] { "identify_by=username,auth_username", $"auth={trunk.Name}" }
            : [$"identify_by={(trunk.HasSecret ? "ip" : "request_uri")}", "from_domain=127.0.0.1"],
        .. trunk.HasSecret ? new[] { $"auth={trunk.Name}", $"outbound_auth={trunk.Name}" } : [],
        .. trunk.Endpoint.Any(line => line.StartsWith("direct_media=", StringComparison.Ordinal)) ? [] : new[] { "direct_media=no" },
        .. trunk.Endpoint,
        $"[{trunk.Name}]",
        "type=aor",
        .. trunk.Gateway is null
            ? new[] { "max_contacts=1", "remove_existing=yes", $"maximum_expiration={trunk.MaxRegistrationSeconds}",
                "minimum_expiration=1" }
            : [$"contact=sip:{trunk.Gateway}{(trunk.Transport == "udp" ? "" : ";transport=" + trunk.Transport)}"],
        .. trunk.Gateway is null || trunk.HasSecret
            ? new[] { $"[{trunk.Name}]", "type=auth", "auth_type=userpass", $"username={trunk.Name}",
                $"password={AsteriskServer.Password}" }
            : [],
        .. trunk.Gateway is null
            ? Array.Empty<string>()
            : [$"[{trunk.Name}]", "type=identify", $"endpoint={trunk.Name}", trunk.HasSecret
                ? "match=127.0.0.1"
                : $"match_request_uri=/:{trunk.Port}/"],
    ];

    /// <summary>The chan_sip of old installations: a peer by address or an extension that registers, each with a secret.</summary>
    private static string ChanSip(AsteriskTrunk trunk) => string.Join('\n',
    [
        "[general]",
        $"udpbindaddr={trunk.Bind}:{trunk.Port}",
        "allowguest=no",
        "alwaysauthreject=yes",
        "context=nobody",
        $"maxexpiry={trunk.MaxRegistrationSeconds}",
        "minexpiry=1",
        $"[{trunk.Name}]",
        trunk.Gateway is null ? "type=friend" : "type=peer",
        $"host={trunk.Gateway?.Split(':')[0] ?? "dynamic"}",
        .. trunk.Gateway is { } gateway ? new[] { $"port={gateway.Split(':')[1]}" } : [],
        "context=gateway-sip",
        $"defaultuser={trunk.Name}",
        $"secret={AsteriskServer.Password}",
        "disallow=all",
        $"allow={trunk.Codecs}",
        "dtmfmode=rfc2833",
        "directmedia=no",
        .. trunk.Endpoint,
        "",
    ]);

    private static IEnumerable<string> Agent(AsteriskAgent agent) =>
    [
        $"[{agent.Name}]",
        "type=endpoint",
        "transport=agents",
        "context=agents",
        "disallow=all",
        "allow=ulaw,alaw",
        "dtmf_mode=rfc4733",
        $"auth={agent.Name}",
        $"aors={agent.Name}",
        .. agent.Endpoint.Any(line => line.StartsWith("direct_media=", StringComparison.Ordinal)) ? [] : new[] { "direct_media=no" },
        .. agent.Endpoint,
        $"[{agent.Name}]",
        "type=auth",
        "auth_type=userpass",
        $"username={agent.Name}",
        $"password={AsteriskServer.Password}",
        $"[{agent.Name}]",
        "type=aor",
        "max_contacts=1",
        "remove_existing=yes",
    ];

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(outside, "etc", name), text + "\n");
}
