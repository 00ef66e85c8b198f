using System.Diagnostics;
using Benchmarks;
using Load.Processes;
using Media.Protocols.Sdp;
using Testing;
using Testing.Peers;

namespace Load.Servers;

/// <summary>
/// Asterisk 22 between users and phones, from the folder that tests/Interop/Asterisk/install makes: Dial from one endpoint to another,
/// with no more modules than that needs and nothing written down.
/// </summary>
internal sealed class AsteriskB2bua : ILoadedServer
{
    private const string Modules = """
        res_sorcery_config res_sorcery_memory res_sorcery_astdb res_timing_timerfd res_crypto res_pjproject res_pjsip res_pjsip_session
        res_pjsip_sdp_rtp res_rtp_asterisk res_srtp res_pjsip_endpoint_identifier_ip res_pjsip_caller_id res_pjsip_nat res_pjsip_pubsub
        res_pjsip_dlg_options chan_pjsip pbx_config app_dial bridge_simple bridge_native_rtp bridge_builtin_features codec_ulaw
        codec_opus_open_source codec_resample res_format_attr_opus
        """;

    private readonly CostOptions _codecs;
    private readonly int _sipPort = LoopbackPorts.Take();
    private readonly string _inside = "/srv/load-" + Guid.NewGuid().ToString("n")[..8];
    private readonly SipEnds _ends;
    private string _outside = "";
    private ChildProgram? _asterisk;

    public AsteriskB2bua(CostOptions codecs) => (_codecs, _ends) = (codecs, new SipEnds(_sipPort));

    public ProcessTree Processes => new(_asterisk!.Id);

    public ProcessTree? Stores => null;

    public async Task StartAsync(CancellationToken stop)
    {
        var root = await InstallAsync(stop);
        _outside = root + _inside;
        foreach (var folder in new[] { "etc", "run", "spool", "log", "db" })
            Directory.CreateDirectory(Path.Combine(_outside, folder));
        WriteFiles();
        // The mounts belong to this process's own namespace and end with it.
        const string Script = """
            mount --bind /proc "$0/proc" && mount --bind /dev "$0/dev" && exec chroot "$0" /usr/sbin/asterisk -f -C "$1"
            """;
        _asterisk = new ChildProgram(
            "Asterisk", "/", ["unshare", "--mount", "--propagation", "private", "sh", "-c", Script, root, _inside + "/etc/asterisk.conf"],
            new Dictionary<string, string> { ["LC_ALL"] = "C" });
        await _ends.ReadyAsync(() => _asterisk.HasExited ? string.Join('\n', _asterisk.Tail(40)) : null, stop);
    }

    public Task<bool> PlaceAsync(string user, BridgeFarEnd ends, CancellationToken stop) => _ends.PlaceAsync(user, ends, stop);

    public Task HangUpAsync(string user, CancellationToken stop) => _ends.HangUpAsync(user, stop);

    /// <summary>It keeps no books here.</summary>
    public Task<string?> FindFaultAsync(int placed, int answered, CancellationToken stop) => Task.FromResult<string?>(null);

    public async ValueTask DisposeAsync()
    {
        if (_asterisk is not null)
            await _asterisk.DisposeAsync();
        _ends.Dispose();
        if (Directory.Exists(_outside))
            Directory.Delete(_outside, recursive: true);
    }

    private static async Task<string> InstallAsync(CancellationToken stop)
    {
        var start = new ProcessStartInfo(Repository.File("tests", "Interop", "Asterisk", "install"), "sid")
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(stop), process.StandardError.ReadToEndAsync(stop));
        await process.WaitForExitAsync(stop);
        return process.ExitCode == 0 ? (await output).Trim() : throw new NotInstalledException((await errors).Trim());
    }

    private void WriteFiles()
    {
        Write("asterisk.conf", $"""
            [directories]
            astetcdir => {_inside}/etc
            astmoddir => /usr/lib/x86_64-linux-gnu/asterisk/modules
            astvarlibdir => {_inside}/db
            astdbdir => {_inside}/db
            astkeydir => {_inside}/db
            astdatadir => /usr/share/asterisk
            astagidir => /usr/share/asterisk/agi-bin
            astspooldir => {_inside}/spool
            astrundir => {_inside}/run
            astlogdir => {_inside}/log
            astcachedir => {_inside}/db
            [options]
            transcode_via_sln = no
            """);
        Write("modules.conf", "[modules]\nautoload=no\n"
            + string.Concat(Modules.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(name => $"load={name}.so\n")));
        Write("logger.conf", "[general]\n[logfiles]\nmessages => error\n");
        Write("rtp.conf", "[general]\nrtpstart=61000\nrtpend=65534\nstrictrtp=no\nicesupport=no\n");
        Write("extensions.conf", "[users]\nexten => _X!,1,Dial(PJSIP/phones)\nexten => phone,1,Dial(PJSIP/phones)\n");
        Write("pjsip.conf", $"""
            [transport]
            type=transport
            protocol=udp
            bind=127.0.0.1:{_sipPort}
            [users]
            type=endpoint
            context=users
            disallow=all
            allow={NameOf(_codecs.UserCodec)}
            direct_media=no
            media_encryption={(_codecs.Keying == Keying.Sdes ? "sdes" : "no")}
            [users]
            type=identify
            endpoint=users
            match=127.0.0.1
            [phones]
            type=endpoint
            context=users
            disallow=all
            allow={NameOf(_codecs.PhoneCodec)}
            direct_media=no
            aors=phones
            [phones]
            type=aor
            contact=sip:phone@127.0.0.1:{_ends.PhonesPort}
            """);
        foreach (var empty in new[] { "cdr.conf", "cel.conf", "acl.conf", "ccss.conf", "cli.conf", "http.conf", "manager.conf",
            "features.conf", "indications.conf", "sorcery.conf", "pjproject.conf", "codecs.conf", "stasis.conf",
            "dnsmgr.conf", "dsp.conf", "udptl.conf" })
            Write(empty, "[general]");
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_outside, "etc", name), text + "\n");

    private static string NameOf(AudioCodec codec) => codec == AudioCodec.Opus ? "opus" : "ulaw";
}
