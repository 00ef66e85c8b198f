using System.Net;
using System.Net.Sockets;
using Gateway.Sip.Transport;
using Gateway.Worker.Configuration;
using Media.Engine;
using Testing.Peers;

namespace Gateway.Worker.Tests;

/// <summary>`check` reports each fault that would end `run`, in one sentence.</summary>
public sealed class StartChecksTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-check-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_configuration_that_can_start_has_no_fault_and_leaves_nothing_behind()
    {
        Assert.Empty(StartChecks.Check(Options(), TimeProvider.System));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Theory]
    [InlineData("postgresql://gateway:secret@db/gateway")]
    [InlineData("postgres://db")]
    [InlineData("Hostt=db;Database=x;Password=secret")]
    [InlineData("Database=x")]
    [InlineData("nothing")]
    public void A_connection_string_of_another_kind_is_named_without_its_password(string text) =>
        Fault(Options() with { Storage = Storage(postgres: text) }, "storage.postgres");

    [Theory]
    [InlineData("http://:secret@cache:6379")]
    [InlineData("rediss://cache/secret")]
    [InlineData("cache:6379,pasword=secret")]
    [InlineData("password=secret")]
    public void A_Redis_configuration_of_another_kind_is_named_without_its_password(string text) =>
        Fault(Options() with { Storage = Storage(redis: text) }, "storage.redis");

    [Fact]
    public void A_password_is_in_the_text_or_in_a_file_that_can_be_read()
    {
        var file = Path.Combine(_folder, "password");
        File.WriteAllText(file, "secret\n");
        var cache = "cache:6379";
        Assert.Empty(StartChecks.Check(
            Options() with { Storage = Storage(redis: cache) with { PostgresPasswordFile = file, RedisPasswordFile = file } },
            TimeProvider.System));
        Fault(Options() with { Storage = Storage("Host=db;Password=secret") with { PostgresPasswordFile = file } }, "PasswordFile");
        Fault(Options() with { Storage = Storage("Host=db;Passfile=secret") with { PostgresPasswordFile = file } }, "PasswordFile");
        Fault(Options() with { Storage = Storage() with { RedisPasswordFile = file } }, "storage.redisPasswordFile");
        Fault(Options() with { Storage = Storage() with { PostgresPasswordFile = file + "2" } }, "storage.postgresPasswordFile");
        Fault(Options() with { Storage = Storage() with { RedisAuthorityPath = file } }, "storage.redisAuthorityPath");
    }

    [Fact]
    public void Of_several_hosts_the_one_that_can_be_written_is_asked_for()
    {
        Assert.Empty(StartChecks.Check(
            Options() with { Storage = Storage("Host=a,b:5433;Target Session Attributes=primary") }, TimeProvider.System));
        Fault(Options() with { Storage = Storage("Host=a,b;Target Session Attributes=any") }, "read-write or primary");
    }

    [Theory]
    [InlineData("192.0.2.1")] // TEST-NET-1: assigned to no host
    [InlineData("[2001:db8::1]")]
    public void An_address_that_is_not_this_hosts_is_named(string address)
    {
        Fault(Options()
            with { Http = new HttpOptions { Listen = $"http://{address}:8080", Operations = "http://127.0.0.1:0" } }, "http.listen");
        Fault(Options()
            with { Http = new HttpOptions { Listen = "http://127.0.0.1:0", Operations = $"http://{address}:8080" } }, "http.operations");
        Fault(Options() with { Sip = new SipOptions { Listen = [$"udp:{address}:5060"], Trunks = [] } }, "sip.listen");
        Fault(Options() with { Sip = new SipOptions { Listen = [$"tcp:{address}:5060"], Trunks = [] } }, "sip.listen");
        var binding = new MediaBinding { Bind = address.Trim('[', ']') };
        Fault(Options() with { Media = new MediaEngineOptions { WhatsApp = new WhatsAppSideOptions { Bindings = [binding] } } },
            "media.whatsApp.bindings");
        Fault(
            Options() with { Media = new MediaEngineOptions { Pbx = new PbxSideOptions { Bindings = [binding] } } }, "media.pbx.bindings");
    }

    [Fact]
    public void A_port_that_another_program_has_is_named()
    {
        using var tcp = new TcpListener(IPAddress.Loopback, 0);
        tcp.Start();
        using var udp = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        Fault(Options()
            with { Http = new HttpOptions { Listen = $"http://{tcp.LocalEndpoint}", Operations = "http://127.0.0.1:0" } }, "in use");
        Fault(Options() with { Sip = new SipOptions { Listen = [$"udp:{udp.Client.LocalEndPoint}"], Trunks = [] } }, "in use");
    }

    [Fact]
    public void While_the_node_itself_runs_its_ports_are_its_own()
    {
        using var tcp = new TcpListener(IPAddress.Loopback, 0);
        tcp.Start();
        var options =
            Options() with { Http = new HttpOptions { Listen = $"http://{tcp.LocalEndpoint}", Operations = "http://127.0.0.1:0" } };
        Directory.CreateDirectory(options.SpoolFolder());
        using var held = new FileStream(Path.Combine(options.SpoolFolder(), "lock"), FileMode.Create, FileAccess.ReadWrite, FileShare.None);
        Assert.Empty(StartChecks.Check(options, TimeProvider.System));
    }

    [Fact]
    public void Files_that_are_missing_or_no_certificates_are_named()
    {
        var text = Path.Combine(_folder, "text.pem");
        File.WriteAllText(text, "no certificate");
        foreach (var path in new[] { text, Path.Combine(_folder, "missing.pem") })
            Fault(
                Options() with { Sip =
                    new SipOptions { Listen = [], Trunks = [], Tls = new SipTlsOptions { CertificatePath = path, KeyPath = path } } },
                "sip.tls.certificatePath");
        Fault(
            Options() with { Sip = new SipOptions { Listen =
                [], Trunks = [], Tls = new SipTlsOptions { AuthorityPath = Path.Combine(_folder, "missing.pem") } } },
            "sip.tls.authorityPath");
    }

    [Fact]
    public void A_spool_that_is_no_folder_or_cannot_be_made_is_named()
    {
        var file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        Fault(Options() with { Storage = Storage(spool: file) }, "storage.spool");
        Fault(Options() with { Storage = Storage(spool: "/proc/gateway") }, "storage.spool");
    }

    [Theory]
    [InlineData("http://*:8080", true)]
    [InlineData("http://+:8080", true)]
    [InlineData("http://0.0.0.0:8080", true)]
    [InlineData("http://[::]:8080", true)]
    [InlineData("http://localhost:8080", true)]
    [InlineData("http://127.0.0.1:8080/", true)]
    [InlineData("https://127.0.0.1:8080", false)]
    [InlineData("http://127.0.0.1:8080/path", false)]
    [InlineData("127.0.0.1:8080", false)]
    [InlineData("http://127.0.0.1:99999", false)]
    [InlineData("", false)]
    public void Every_spelling_of_a_listener_is_taken_or_named(string text, bool isTaken) =>
        Assert.Equal(isTaken, HttpListeners.TryParse(text, out _, out _));

    private static void Fault(GatewayOptions options, string key)
    {
        var fault = Assert.Single(StartChecks.Check(options, TimeProvider.System));
        Assert.Contains(key, fault, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", fault, StringComparison.Ordinal);
    }

    private StorageOptions Storage(
        string postgres = "Host=db;Database=x", string redis = "cache:6379,password=secret", string? spool = null) =>
        new() { Postgres = new Secret(postgres), Redis = new Secret(redis), Spool = spool ?? _folder };

    private GatewayOptions Options() => new()
    {
        Node = new NodeOptions { Id = "n1" },
        Http = new HttpOptions { Listen = $"http://127.0.0.1:{LoopbackPorts.Take()}", Operations = "http://*:0" },
        WhatsApp = new WhatsAppOptions { AppSecrets = [], VerifyToken = new Secret("v") },
        Sip = new SipOptions { Listen = [$"udp:127.0.0.1:{LoopbackPorts.Take()}"], Trunks = [] },
        Channels = [],
        Storage = Storage(),
    };
}
