using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Sip.Transport;
using Gateway.Storage;
using Gateway.Worker.Checks;
using Gateway.Worker.Configuration;
using Gateway.Worker.Tests.Calls.Bench;
using Media.Engine;
using Npgsql;
using Sandbox;
using StackExchange.Redis;
using Testing;
using Testing.Peers;

namespace Gateway.Worker.Tests.Checks;

/// <summary>`check --connect` says of a whole set-up that it is good, and of ten prepared mistakes which they are and what to do.</summary>
public sealed class ConnectCheckTests : IAsyncLifetime
{
    private readonly Stores _stores = Stores.StartPrivate();
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-check-").FullName;
    private WhatsAppSide _whatsApp = null!;
    private Pbx _pbx = null!;

    public async Task InitializeAsync()
    {
        _whatsApp = await WhatsAppSide.StartAsync(new SandboxOptions { DefaultHandset = "paper" });
        _pbx = await Pbx.StartAsync(LoopbackPorts.Take());
    }

    [Fact]
    public async Task A_good_set_up_is_found_good()
    {
        await using (var owner = NpgsqlDataSource.Create(_stores.Postgres))
            await Migrator.MigrateAsync(owner, CancellationToken.None);
        var (code, text) = await RunAsync(Good());
        Assert.True(code == 0, text);
        Assert.DoesNotContain("WRONG", text, StringComparison.Ordinal);
        Assert.All(
            ["PostgreSQL: version", "PostgreSQL's schema: of this version", "Redis: version", "trunk 'main': ", "the token is good",
                "clock: agrees", "Opus: ", "OpenSSL: ", "time zones: ", "disk: ", "open files: ", "media ports: "],
            found => Assert.Contains(found, text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Ten_mistakes_are_named_each_with_what_to_do()
    {
        await using (var redis = await ConnectionMultiplexer.ConnectAsync(_stores.Redis + ",allowAdmin=true"))
            await redis.GetServers()[0].ConfigSetAsync("maxmemory-policy", "allkeys-lru");
        _whatsApp.Knobs = _whatsApp.Knobs with { ClockOffsetSeconds = 600 };
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        var good = Good();
        var (code, text) = await RunAsync(good with
        {
            Node = good.Node with { MaxCalls = 5000 },
            Http = good.Http with { Listen = $"http://127.0.0.1:{((IPEndPoint)taken.LocalEndPoint!).Port}" },
            Channels = [good.Channels[0] with { AccessToken = new Secret("revoked") }],
            Sip = good.Sip with
            {
                Tls = Expired(),
                Trunks = [.. good.Sip.Trunks, Silent("silent", $"127.0.0.1:{LoopbackPorts.Take()}"), Silent("nameless", "pbx.invalid")],
            },
            Storage = good.Storage with { Postgres = new Secret(_stores.Postgres + ";Username=nobody-of-this-name;Password=x") },
        });
        Assert.Equal(2, code);
        Assert.All(
            new[]
            {
                ("PostgreSQL: ", "check storage.postgres"),
                ("maxmemory-policy is allkeys-lru", "CONFIG SET maxmemory-policy noeviction"),
                ("trunk 'silent': ", "check sip.trunks[].server and transport"),
                ("trunk 'nameless': pbx.invalid: the server's name has no address", "this host's name servers"),
                ("number 100200300400: ", "make a new system user's token"),
                (" s behind Meta's", "let NTP set it"), // Date has whole seconds: 599 to 601
                ("http.listen: ", "without it the gateway does not start"),
                ("ran out on", "renew it"),
                ("are enough for 20 calls, and node.maxCalls is 5000", "widen media.pbx.portMin"),
            },
            mistake =>
            {
                Assert.Contains(mistake.Item1, text, StringComparison.Ordinal);
                Assert.Contains(mistake.Item2, text, StringComparison.Ordinal);
            });
    }

    [Fact]
    public async Task An_address_that_WhatsApp_cannot_reach_is_named_and_a_STUN_server_tells_the_right_one()
    {
        var side = new WhatsAppSideOptions { Bindings = [new MediaBinding { Bind = "127.0.0.1", Advertise = ["10.9.8.7"] }] };
        var found = Assert.Single(await AddressChecks.FindAsync(side, null, isEmulated: false, CancellationToken.None));
        Assert.Equal(CheckLevel.Wrong, found.Level);
        Assert.Contains("a private address", found.Text, StringComparison.Ordinal);

        using var server = new StunDouble(IPAddress.Parse("203.0.113.9"));
        found = Assert.Single(await AddressChecks.FindAsync(side, server.Address, isEmulated: false, CancellationToken.None));
        Assert.Equal(CheckLevel.Wrong, found.Level);
        Assert.Contains("name 203.0.113.9 in", found.Remedy, StringComparison.Ordinal);

        side = side with { Bindings = [new MediaBinding { Bind = "127.0.0.1", Advertise = ["203.0.113.9"] }] };
        found = Assert.Single(await AddressChecks.FindAsync(side, server.Address, isEmulated: false, CancellationToken.None));
        Assert.Equal(CheckLevel.Ok, found.Level);
    }

    private GatewayOptions Good()
    {
        var media = LoopbackPorts.Take(40);
        return new GatewayOptions
        {
            Node = new NodeOptions { Id = "checked", MaxCalls = 20 },
            Http = new HttpOptions { Listen = "http://127.0.0.1:0", Operations = "http://127.0.0.1:0" },
            WhatsApp = new WhatsAppOptions
            {
                AppSecrets = [new Secret("s")], VerifyToken = new Secret("v"), Graph = new() { BaseUrl = new Uri(_whatsApp.Url) },
            },
            Sip = new SipOptions { Listen = [$"udp:127.0.0.1:{LoopbackPorts.Take()}"], Trunks = [CallBench.Trunk("main", _pbx.Port)] },
            Channels =
            [
                new ChannelOptions
                {
                    PhoneNumberId = _whatsApp.Number.PhoneNumberId, Number = _whatsApp.Number.DisplayNumber,
                    AccessToken = new Secret(_whatsApp.Number.AccessToken), Trunks = ["main"],
                },
            ],
            Media = new MediaEngineOptions { Pbx = new PbxSideOptions { PortMin = media, PortMax = media + 39 } },
            Storage = new StorageOptions
            {
                Postgres = new Secret(_stores.Postgres), Redis = new Secret(_stores.Redis), Spool = Path.Combine(_folder, "spool"),
            },
        };
    }

    private static TrunkConfiguration Silent(string name, string server) =>
        CallBench.Trunk(name, 0) with { Server = server, RequestTimeout = TimeSpan.FromSeconds(0.5) };

    private SipTlsOptions Expired()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = DateTimeOffset.UtcNow;
        using var certificate = new CertificateRequest("CN=old", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(now.AddDays(-20), now.AddDays(-1));
        var (path, keyPath) = (Path.Combine(_folder, "old.pem"), Path.Combine(_folder, "old.key"));
        File.WriteAllText(path, certificate.ExportCertificatePem());
        File.WriteAllText(keyPath, key.ExportPkcs8PrivateKeyPem());
        return new SipTlsOptions { CertificatePath = path, KeyPath = keyPath };
    }

    private static async Task<(int Code, string Text)> RunAsync(GatewayOptions options)
    {
        using var output = new StringWriter();
        return (await ConnectCheck.RunAsync(options, null, TimeProvider.System, output), output.ToString());
    }

    public async Task DisposeAsync()
    {
        await _pbx.DisposeAsync();
        await _whatsApp.DisposeAsync();
        _stores.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
