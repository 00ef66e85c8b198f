using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Gateway.Worker;
using Gateway.Worker.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Testing;
using Testing.Peers;

namespace Interop.Bench;

/// <summary>The whole gateway in this process, from a generated configuration file, on loopback.</summary>
public sealed partial class GatewayUnderTest : IAsyncDisposable
{
    public const string AppSecret = "interop-app-secret";
    public const string Token = "interop-token";

    private const int MediaPorts = 400;

    private readonly HttpClient _http = new();
    private WebApplication? _app;

    /// <summary>Logs warnings only, unless the environment sets a level.</summary>
    static GatewayUnderTest() =>
        Environment.SetEnvironmentVariable("GATEWAY_LOG_LEVEL", Environment.GetEnvironmentVariable("GATEWAY_LOG_LEVEL") ?? "Warning");

    public int UdpPort { get; } = LoopbackPorts.Take();

    public int TcpPort { get; } = LoopbackPorts.Take();

    public int TlsPort { get; } = LoopbackPorts.Take();

    private int HttpPort { get; } = LoopbackPorts.Take();

    private string Operations { get; } = $"http://127.0.0.1:{LoopbackPorts.Take()}";

    public string Url => $"http://127.0.0.1:{HttpPort}";

    public string WebhookUrl => Url + "/webhooks/whatsapp";

    /// <summary>The name that its call records carry.</summary>
    public string Node { get; } = "bench-" + Guid.NewGuid().ToString("n")[..8];

    public async Task StartAsync(GatewaySettings settings, string graphUrl, Stores stores, string certificate)
    {
        var json = Configuration(settings, graphUrl, stores, certificate).ToJsonString();
        if (!GatewayOptionsReader.TryRead(json, out var options, out var errors))
            throw new InvalidOperationException("The bench's configuration: " + string.Join(" ", errors));
        _app = GatewayHost.Build(options);
        await _app.StartAsync();
        IsRunning = true;
    }

    /// <summary>A graceful stop, as SIGTERM begins it.</summary>
    public async Task StopAsync()
    {
        if (_app is not { } app)
            return;
        await app.StopAsync();
        IsRunning = false;
    }

    /// <summary>Until <see cref="StopAsync"/> has finished.</summary>
    public bool IsRunning { get; private set; }

    public Task<string> GetAsync(string path) => _http.GetStringAsync(Operations + path);

    public async Task<(int Status, string Body)> TryGetAsync(string path)
    {
        using var response = await _http.GetAsync(Operations + path);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>A part of the gateway.</summary>
    public T Part<T>() where T : notnull => _app!.Services.GetRequiredService<T>();

    /// <summary>Sum of a metric over all its label sets.</summary>
    public async Task<double> MetricAsync(string name, string labels = "")
    {
        var sum = 0.0;
        foreach (Match line in Sample().Matches(await GetAsync("/metrics")))
            if (line.Groups["name"].Value == name && line.Groups["labels"].Value.Contains(labels, StringComparison.Ordinal))
                sum += double.Parse(line.Groups["value"].Value);
        return sum;
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is { } app)
        {
            await app.StopAsync();
            await app.DisposeAsync();
        }
        _http.Dispose();
    }

    private JsonObject Configuration(GatewaySettings settings, string graphUrl, Stores stores, string certificate)
    {
        var media = LoopbackPorts.Take(MediaPorts);
        var root = new JsonObject
        {
            ["node"] = new JsonObject { ["id"] = Node, ["drainDeadline"] = settings.DrainDeadline, ["maxCalls"] = settings.MaxCalls },
            ["http"] = new JsonObject { ["listen"] = Url, ["operations"] = Operations },
            ["whatsApp"] = new JsonObject
            {
                ["appSecrets"] = new JsonArray(AppSecret),
                ["verifyToken"] = "interop-verify",
                ["graph"] = new JsonObject { ["baseUrl"] = graphUrl },
            },
            ["sip"] = new JsonObject
            {
                ["listen"] = new JsonArray(
                    $"udp:127.0.0.1:{UdpPort}", $"udp:[::1]:{UdpPort}", $"tcp:127.0.0.1:{TcpPort}", $"tls:127.0.0.1:{TlsPort}"),
                ["tls"] = new JsonObject { ["certificatePath"] = certificate, ["keyPath"] = certificate, ["authorityPath"] = certificate },
                ["profiles"] = settings.Profiles,
                ["trunks"] = new JsonArray([.. settings.Trunks.Select(trunk => trunk.DeepClone())]),
            },
            ["channels"] = new JsonArray([.. settings.Channels.Select(Channel)]),
            ["media"] =
                new JsonObject { ["maxLoadPercent"] = 100, ["pbx"] = // the machine of the tests is busy with other things
                new JsonObject { ["bindings"] = new JsonArray(new JsonObject { ["bind"] = "127.0.0.1" }, new JsonObject { ["bind"] =
                "::1" }), ["portMin"] = media, ["portMax"] = media + MediaPorts - 1, ["quarantine"] = settings.Quarantine } },
            ["storage"] = new JsonObject
            {
                ["postgres"] = stores.Postgres,
                ["redis"] = stores.Redis,
                ["spool"] = Path.Combine(AppContext.BaseDirectory, "spool"),
                ["agentsTimeout"] = "00:00:10", // on a crowded machine too, agents are chosen by what Redis says
            },
            ["calls"] = settings.Calls.DeepClone(),
            ["recording"] = new JsonObject { ["folder"] = settings.RecordingFolder },
        };
        if (settings.Registrar is { } registrar)
            root["sip"]!["registrar"] = registrar.DeepClone();
        return root;
    }

    private static JsonObject Channel(BenchChannel channel) => new()
    {
        ["phoneNumberId"] = channel.PhoneNumberId,
        ["number"] = channel.Number,
        ["accessToken"] = Token,
        ["trunks"] = new JsonArray([.. channel.Trunks.Select(name => JsonValue.Create(name))]),
        ["target"] = channel.Target,
    };

    [GeneratedRegex(@"^(?<name>\w+)(\{(?<labels>[^}]*)\})? (?<value>\S+)$", RegexOptions.Multiline)]
    private static partial Regex Sample();
}
