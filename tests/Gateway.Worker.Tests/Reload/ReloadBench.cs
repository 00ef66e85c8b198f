using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Gateway.Sip.Profiles;
using Gateway.Storage.Commands;
using Gateway.Worker.Tests.Calls.Bench;
using StackExchange.Redis;

namespace Gateway.Worker.Tests.Reload;

/// <summary>A gateway as its own process whose configuration file, profiles and certificate a test changes under it.</summary>
public sealed class ReloadBench : IAsyncLifetime
{
    private ConnectionMultiplexer? _redis;

    internal WorkerBench Worker { get; } = new();

    /// <summary>A second PBX, which is no trunk at first.</summary>
    internal Pbx Second { get; private set; } = null!;

    internal string ConfigurationPath => Path.Combine(Worker.Folder, "gateway.json");

    /// <summary>A folder of profiles that the test may change.</summary>
    internal string Profiles => Path.Combine(Worker.Folder, "profiles");

    public async Task InitializeAsync()
    {
        await Worker.InitializeAsync();
        Directory.CreateDirectory(Profiles);
        foreach (var file in Directory.GetFiles(SipProfileSet.DefaultDirectory))
            File.Copy(file, Path.Combine(Profiles, Path.GetFileName(file)));
        WriteCertificate("first", days: 10);
        await Worker.StartAsync();
        Second = await Pbx.StartAtAsync(IPAddress.Parse("127.0.0.88"), Worker.SipPort);
        _redis = await ConnectionMultiplexer.ConnectAsync(Worker.Stores.Redis);
        Edit(root => root["sip"]!["profiles"] = Profiles);
        Assert.Empty((await ReloadAsync()).Errors);
    }

    /// <summary>Changes the configuration file.</summary>
    internal void Edit(Action<JsonNode> change)
    {
        var root = JsonNode.Parse(File.ReadAllText(ConfigurationPath))!;
        change(root);
        File.WriteAllText(ConfigurationPath, root.ToJsonString());
    }

    /// <summary>Does it again, whatever the test does meanwhile, at its end.</summary>
    internal IDisposable Restored() => new Restore(ConfigurationPath, File.ReadAllText(ConfigurationPath));

    /// <summary>Adds the second PBX as a trunk of this name.</summary>
    internal void AddSecond(JsonNode root, string name = "second") => root["sip"]!["trunks"]!.AsArray().Add(new JsonObject
    {
        ["name"] = name, ["server"] = $"{Second.Address}", ["transport"] = "Udp", ["keepAlive"] = "00:00:00",
    });

    /// <summary>Asks as the admin API does.</summary>
    internal async Task<ReloadReport> ReloadAsync()
    {
        var reply = await new NodeCommands(_redis!).ReloadAsync("worker", "test", CancellationToken.None);
        return reply.Reload ?? throw new InvalidOperationException($"{reply}\n{Worker.Log()}");
    }

    internal void WriteCertificate(string name, int days, bool keyFits = true)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = DateTimeOffset.UtcNow;
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(now.AddDays(-20), now.AddDays(days));
        File.WriteAllText(Worker.CertificatePath, certificate.ExportCertificatePem());
        File.WriteAllText(Worker.KeyPath, (keyFits ? key : other).ExportPkcs8PrivateKeyPem());
    }

    /// <summary>Connects anew; the subject of the certificate that is shown.</summary>
    internal async Task<string> ServedAsync()
    {
        using var connection = new TcpClient();
        await connection.ConnectAsync("127.0.0.1", Worker.TlsPort);
        await using var tls = new SslStream(connection.GetStream(), false, (_, shown, _, _) => shown is not null);
        await tls.AuthenticateAsClientAsync("gateway");
        return tls.RemoteCertificate!.Subject;
    }

    public async Task DisposeAsync()
    {
        if (_redis is not null)
            await _redis.DisposeAsync();
        await Second.DisposeAsync();
        await Worker.DisposeAsync();
    }

    private sealed class Restore(string path, string text) : IDisposable
    {
        public void Dispose() => File.WriteAllText(path, text);
    }
}
