using System.Text.RegularExpressions;
using Gateway.Worker;
using Gateway.Worker.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Testing;

namespace Interop.Bench;

/// <summary>The whole gateway, in this process or in one of its own, from a generated configuration file, on loopback.</summary>
public sealed partial class GatewayUnderTest : IAsyncDisposable
{
    public const string AppSecret = "interop-app-secret";
    public const string Token = "interop-token";

    private readonly HttpClient _http = new();
    private WebApplication? _app;
    private BenchProcess? _process;

    /// <summary>Logs warnings only, unless the environment sets a level.</summary>
    static GatewayUnderTest() =>
        Environment.SetEnvironmentVariable("GATEWAY_LOG_LEVEL", Environment.GetEnvironmentVariable("GATEWAY_LOG_LEVEL") ?? "Warning");

    private BenchNode At { get; } = new();

    public int UdpPort => At.UdpPort;

    public int TcpPort => At.TcpPort;

    public int TlsPort => At.TlsPort;

    public int WebSocketPort => At.WebSocketPort;

    public string Url => At.Url;

    public string WebhookUrl => At.WebhookUrl;

    /// <summary>The name that its call records carry.</summary>
    public string Node => At.Node;

    public async Task StartAsync(GatewaySettings settings, string graphUrl, Stores stores, string certificate)
    {
        if (settings.IsProcess)
            _process = await BenchProcess.StartAsync(At, settings, graphUrl, stores, certificate);
        else
            await StartHereAsync(settings, graphUrl, stores, certificate);
        IsRunning = true;
    }

    private async Task StartHereAsync(GatewaySettings settings, string graphUrl, Stores stores, string certificate)
    {
        var json = At.Configuration(settings, graphUrl, stores, certificate).ToJsonString();
        if (!GatewayOptionsReader.TryRead(json, out var options, out var errors))
            throw new InvalidOperationException("The bench's configuration: " + string.Join(" ", errors));
        _app = GatewayHost.Build(options);
        await _app.StartAsync();
    }

    /// <summary>A graceful stop, as SIGTERM begins it.</summary>
    public async Task StopAsync()
    {
        if (!IsRunning)
            return;
        await (_process?.StopAsync() ?? _app!.StopAsync());
        IsRunning = false;
    }

    /// <summary>Until <see cref="StopAsync"/> has finished.</summary>
    public bool IsRunning { get; private set; }

    public Task<string> GetAsync(string path) => _http.GetStringAsync(At.Operations + path);

    public async Task<(int Status, string Body)> TryGetAsync(string path)
    {
        using var response = await _http.GetAsync(At.Operations + path);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>A part of a gateway in this process.</summary>
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
        if (_process is { } process)
            await process.DisposeAsync();
        if (_app is { } app)
        {
            await app.StopAsync();
            await app.DisposeAsync();
        }
        _http.Dispose();
    }

    [GeneratedRegex(@"^(?<name>\w+)(\{(?<labels>[^}]*)\})? (?<value>\S+)$", RegexOptions.Multiline)]
    private static partial Regex Sample();
}
