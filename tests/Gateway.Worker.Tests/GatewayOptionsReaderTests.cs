using Gateway.Sip.Profiles;
using Gateway.Worker.Configuration;
using Media.Engine;
using Media.Protocols.Primitives;
using Media.Protocols.Sdp;

namespace Gateway.Worker.Tests;

public class GatewayOptionsReaderTests
{
    private const string Registrar = "\"registrar\": { \"enabled\": true, \"realm\": \"phones.example\" }, ";

    private const string Valid = """
        {
          // one number, one PBX
          "whatsApp": { "appSecrets": ["secret-1"], "verifyToken": "verify" },
          "sip": { "listen": ["udp:127.0.0.1:5060"], "trunks": [{ "name": "main", "server": "127.0.0.1:5070", "profile": "asterisk" }] },
          "channels": [{ "phoneNumberId": "100", "number": "15550000", "accessToken": "token-1", "trunks": ["main"] }],
          "storage": { "postgres": "Host=x", "redis": "y" },
        }
        """;

    [Fact]
    public void Reads_the_smallest_configuration_and_fills_in_defaults()
    {
        Assert.True(GatewayOptionsReader.TryRead(Valid, out var options, out var errors), string.Join(" ", errors));
        Assert.Equal("token-1", options.Channels[0].AccessToken.Reveal());
        Assert.Equal(TimeSpan.FromSeconds(50), options.Calls.PbxAnswer);
    }

    [Fact]
    public void Takes_secrets_from_the_environment_and_from_files()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "from-file\n");
            Environment.SetEnvironmentVariable("GATEWAY_OPTIONS_TEST", "from-environment");
            var json = Valid.Replace("token-1", "${file:" + file + "}").Replace("secret-1", "${env:GATEWAY_OPTIONS_TEST}");
            Assert.True(GatewayOptionsReader.TryRead(json, out var options, out _));
            Assert.Equal("from-file", options.Channels[0].AccessToken.Reveal());
            Assert.Equal("from-environment", options.WhatsApp.AppSecrets[0].Reveal());
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Takes_a_number_from_the_environment()
    {
        Environment.SetEnvironmentVariable("GATEWAY_OPTIONS_TEST_PORT", "40100");
        var json = Valid.Replace(
            "\"whatsApp\"", "\"media\": { \"whatsApp\": { \"port\": \"${env:GATEWAY_OPTIONS_TEST_PORT}\" } }, \"whatsApp\"");
        Assert.True(GatewayOptionsReader.TryRead(json, out var options, out var errors), string.Join(" ", errors));
        Assert.Equal(40100, options.Media.WhatsApp.Port);
        Assert.False(GatewayOptionsReader.TryRead(json.Replace("${env:GATEWAY_OPTIONS_TEST_PORT}", "many"), out _, out errors));
        Assert.Equal(["media.whatsApp.port: the value does not fit here."], errors);
    }

    [Fact]
    public void The_registered_phones_are_a_trunk_among_the_others()
    {
        const string registrar = """
            "registrar": { "enabled": true, "realm": "phones.example", "clusterSecret": "open sesame open sesame open sesame",
              "phones": [{ "user": "alice", "password": "open sesame" }] }, "trunks"
            """;
        var json = Valid.Replace("\"trunks\": [{", registrar + ": [{").Replace("[\"main\"]", "[\"main\", \"phones\"]");
        Assert.True(GatewayOptionsReader.TryRead(json, out var options, out var errors), string.Join(" ", errors));
        var phones = Trunks.Endpoint(Snapshot(options), DescriptorBudget.Of(options, 100_000), new ConfiguredPhones([])).Trunks[1];
        Assert.Equal(("phones", "phones.example", 5), (phones.Name, phones.Registrar?.Realm, phones.Registrar?.MaxContacts));
        Assert.NotNull(phones.Registrar?.Edge);
        Assert.DoesNotContain("sesame", GatewayOptionsReader.Print(options));
    }

    [Theory]
    [InlineData("udp:0.0.0.0:5060;advertised=gw.example.com", "null", false)]
    [InlineData("udp:10.0.0.5:5060;advertised=gw.example.com", "null", false)]
    [InlineData("udp:10.0.0.5:5060", "null", true)]
    [InlineData("udp:0.0.0.0:5060;advertised=gw.example.com", "\"udp:10.0.0.5:5060\"", true)]
    [InlineData("udp:0.0.0.0:5060;advertised=gw.example.com", "\"tcp:10.0.0.5:5060\"", false)]
    [InlineData("udp:0.0.0.0:5060;advertised=gw.example.com", "\"udp:gw.example.com:5060\"", false)]
    public void Nodes_reach_each_other_by_an_address(string listen, string address, bool isValid)
    {
        var registrar = $$"""
            "registrar": { "enabled": true, "realm": "phones.example", "clusterSecret": "open sesame open sesame open sesame",
              "clusterAddress": {{address}} }, "trunks"
            """;
        var json = Valid.Replace("udp:127.0.0.1:5060", listen).Replace("\"trunks\": [{", registrar + ": [{");
        Assert.Equal(isValid, GatewayOptionsReader.TryRead(json, out _, out var errors));
        Assert.All(errors, error => Assert.StartsWith("sip.registrar.clusterAddress:", error));
    }

    [Fact]
    public void Names_every_fault_of_a_registrar_at_once()
    {
        const string registrar = """
            "registrar": { "enabled": true, "trunk": "main", "profile": "none", "channel": "7", "minExpires": "00:00:01", "maxContacts": 0,
              "clusterSecret": "short", "clusterAddress": "udp:127.0.0.1:0", "lockOut": { "failures": 1 },
              "phones": [{ "user": "a b", "password": "x" }] }, "trunks"
            """;
        Assert.False(GatewayOptionsReader.TryRead(Valid.Replace("\"trunks\": [{", registrar + ": [{"), out _, out var errors));
        Assert.Equal(
            ["realm", "trunk", "profile", "channel", "minExpires", "maxContacts", "lockOut.failures", "clusterSecret", "clusterAddress",
                "phones['a b'].user", "phones['a b'].password"],
            errors.Select(error => error["sip.registrar.".Length..error.IndexOf(':', StringComparison.Ordinal)]));
    }

    [Fact]
    public void Names_every_unknown_key_at_once()
    {
        var json = Valid.Replace("\"name\": \"main\"", "\"name\": \"main\", \"colour\": 1")
            .Replace("\"verifyToken\"", "\"shade\": 2, \"verifyToken\"");
        Assert.False(GatewayOptionsReader.TryRead(json, out _, out var errors));
        Assert.Equal(["whatsApp.shade: unknown key.", "sip.trunks[0].colour: unknown key."], errors);
    }

    [Theory]
    [InlineData("udp:10.0.0.5:5060", null, null)]
    [InlineData("udp:10.0.0.5:5060;advertised=203.0.113.9", "203.0.113.9", null)]
    [InlineData("tls:[::1]:5061;advertised=sip.example.com:5071", "sip.example.com", 5071)]
    public void A_listener_may_say_what_its_peers_reach_it_by(string text, string? host, int? port)
    {
        Assert.True(SipAddresses.TryParseListener(text, out var listener));
        Assert.Equal((host, port), (listener.AdvertisedHost, listener.AdvertisedPort));
    }

    [Fact]
    public void Names_a_listener_a_network_and_a_media_address_that_there_are_not()
    {
        var json = Valid.Replace(
            "\"name\": \"main\"", "\"name\": \"main\", \"listen\": \"udp:10.0.0.5:5060\", \"mediaAddress\": \"10.0.0.5\"")
            .Replace("\"trunks\": [{", "\"localNetworks\": [\"10.0.0.0/33\"], \"trunks\": [{");
        Assert.False(GatewayOptionsReader.TryRead(json, out _, out var errors));
        Assert.Contains(errors, e => e.StartsWith("sip.localNetworks", StringComparison.Ordinal));
        Assert.Contains(errors, e => e.StartsWith("sip.trunks['main'].listen", StringComparison.Ordinal));
        Assert.Contains(errors, e => e.StartsWith("sip.trunks['main'].mediaAddress", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(
        "ws:127.0.0.1:8088", "", "", "sip.listen: 'ws:127.0.0.1:8088' is for registered phones: sip.registrar.enabled must be true.")]
    [InlineData("ws:127.0.0.1:8088", "", Registrar, null)]
    [InlineData("wss:127.0.0.1:8088", "", Registrar, "sip.tls.certificatePath: a tls or wss listener needs a certificate.")]
    [InlineData(
        "ws:127.0.0.1:8088", "\"transport\": \"Ws\", ", Registrar,
        "sip.trunks['main']: WebSockets are for registered phones; a trunk takes Udp, Tcp or Tls.")]
    [InlineData(
        "ws:127.0.0.1:8088", "", "\"allowedOrigins\": [\"https://c.example/x\"], " + Registrar,
        "sip.allowedOrigins: 'https://c.example/x' is no origin of a page such as https://console.example.com.")]
    [InlineData("ws:127.0.0.1:8088", "", "\"allowedOrigins\": [\"https://c.example:8443\", \"*\"], " + Registrar, null)]
    public void WebSockets_are_for_registered_phones(string listen, string trunk, string sip, string? error)
    {
        var json = Valid.Replace("\"udp:127.0.0.1:5060\"", $"\"udp:127.0.0.1:5060\", \"{listen}\"")
            .Replace("\"name\": \"main\"", trunk + "\"name\": \"main\"").Replace("\"trunks\": [{", sip + "\"trunks\": [{");
        GatewayOptionsReader.TryRead(json, out _, out var errors);
        Assert.Equal(error is null ? [] : [error], errors);
    }

    [Fact]
    public void A_channels_calls_may_not_be_led_to_the_telephone_network()
    {
        var json = Valid.Replace("\"name\": \"main\"", "\"name\": \"main\", \"pstn\": true");
        Assert.False(GatewayOptionsReader.TryRead(json, out _, out var errors));
        Assert.Equal(["channels['100'].trunks: 'main' is marked pstn, and Meta forbids calls there."], errors);
    }

    [Fact]
    public void Names_every_broken_rule_at_once()
    {
        var json = Valid.Replace("udp:127.0.0.1:5060", "udp:nowhere").Replace("[\"main\"]", "[\"other\"]").Replace("secret-1", "");
        Assert.False(GatewayOptionsReader.TryRead(json, out _, out var errors));
        Assert.Contains(errors, e => e.StartsWith("sip.listen", StringComparison.Ordinal));
        Assert.Contains(errors, e => e.Contains("no trunk 'other'"));
        Assert.Contains(errors, e => e.StartsWith("whatsApp.appSecrets", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{\"sip\": 5}")]
    [InlineData("{\"channels\": [null]}")]
    [InlineData("nonsense")]
    public void Refuses_what_is_no_configuration_with_words(string json)
    {
        Assert.False(GatewayOptionsReader.TryRead(json, out _, out var errors));
        Assert.NotEmpty(errors);
    }

    [Fact]
    public void Reports_a_value_of_the_wrong_kind_by_its_place()
    {
        Assert.False(GatewayOptionsReader.TryRead(Valid.Replace("\"asterisk\"", "7"), out _, out var errors));
        Assert.Equal(["sip.trunks[0].profile: the value does not fit here."], errors);
    }

    [Theory]
    [InlineData("\"asterisk\"", AudioPlayout.Faithful)]
    [InlineData("\"asterisk\", \"playout\": \"Adaptive\"", AudioPlayout.Adaptive)]
    [InlineData("\"generic\", \"playout\": \"Faithful\"", AudioPlayout.Faithful)]
    public void A_trunk_says_when_its_PBX_is_sent_audio_and_else_its_profile_does(string profile, AudioPlayout playout)
    {
        Assert.True(GatewayOptionsReader.TryRead(
            Valid.Replace("\"asterisk\"", profile), out var options, out var errors), string.Join(" ", errors));
        Assert.Equal(playout, Trunks.ForCalls(Snapshot(options)).Single().Media.Playout);
        Assert.Contains("playout", GatewayOptionsReader.Print(options));
    }

    [Theory]
    [InlineData("", 500)]
    [InlineData("\"maxCallRate\": 1,", 100)]
    [InlineData("\"maxCallRate\": 400,", 2000)]
    [InlineData("\"maxRequestRate\": 250,", 250)]
    [InlineData("\"maxRequestRate\": 9,", null)]
    [InlineData("\"maxCallRate\": 400, \"maxRequestRate\": 700,", null)]
    public void A_trunk_may_send_a_multiple_of_its_calls_unless_it_says_how_much(string rates, int? perSecond)
    {
        var json = Valid.Replace("\"name\": \"main\"", rates + "\"name\": \"main\"");
        Assert.Equal(perSecond is not null, GatewayOptionsReader.TryRead(json, out var options, out var errors));
        if (perSecond is null)
            Assert.StartsWith("sip.trunks['main'].maxRequestRate", Assert.Single(errors));
        else
        {
            var sip = Trunks.Endpoint(Snapshot(options!), DescriptorBudget.Of(options!, 100_000), new ConfiguredPhones([]));
            Assert.Equal(perSecond, Assert.Single(sip.Trunks).EffectiveRequestRate);
        }
    }

    /// <summary>A profile of one's own, in a folder beside the shipped ones.</summary>
    [Theory]
    [InlineData("best-effort", SrtpPolicy.BestEffort, "north-america", RingbackTone.NorthAmerica)]
    [InlineData("required", SrtpPolicy.Required, "united-kingdom", RingbackTone.UnitedKingdom)]
    [InlineData("none", SrtpPolicy.None, "india", RingbackTone.India)]
    public void A_profile_says_how_media_is_encrypted_and_whose_ringing_tone_an_agent_hears(
        string srtp, SrtpPolicy policy, string ringback, RingbackTone tone)
    {
        var folder = Directory.CreateTempSubdirectory("gateway-profiles-").FullName;
        try
        {
            File.Copy(Path.Combine(SipProfileSet.DefaultDirectory, "generic.yaml"), Path.Combine(folder, "generic.yaml"));
            File.WriteAllText(Path.Combine(folder, "ours.yaml"), $$"""
                quirks:
                  srtp: { value: {{srtp}}, why: ours }
                  ringback: { value: {{ringback}}, why: ours }
                """);
            var json = Valid.Replace("\"asterisk\"", "\"ours\"")
                .Replace("\"sip\": {", $"\"sip\": {{ \"profiles\": {System.Text.Json.JsonSerializer.Serialize(folder)},");

            Assert.True(GatewayOptionsReader.TryRead(json, out var options, out var errors), string.Join(" ", errors));

            var media = Trunks.ForCalls(Snapshot(options)).Single().Media;
            Assert.Equal((policy, tone), (media.Security, media.Ringback));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void The_shortest_playout_delay_is_not_above_the_longest()
    {
        var json = Valid.Replace(
            "\"channels\":", "\"media\": { \"playout\": { \"minDelay\": \"00:00:00.1\", \"maxDelay\": \"00:00:00.05\" } }, \"channels\":");
        Assert.False(GatewayOptionsReader.TryRead(json, out _, out var errors));
        Assert.Contains(errors, e => e.StartsWith("media.Playout.MaxDelay", StringComparison.Ordinal));
    }

    [Fact]
    public void Printing_masks_secrets()
    {
        Assert.True(GatewayOptionsReader.TryRead(Valid, out var options, out _));
        var text = GatewayOptionsReader.Print(options);
        Assert.DoesNotContain("secret-1", text);
        Assert.DoesNotContain("token-1", text);
        Assert.DoesNotContain("Host=x", text);
        Assert.Contains("***", text);
    }

    private static ConfigurationSnapshot Snapshot(GatewayOptions options) => new(options, DateTimeOffset.UnixEpoch);
}
