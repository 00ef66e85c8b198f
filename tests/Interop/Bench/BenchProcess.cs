using Testing;
using Testing.Peers;

namespace Interop.Bench;

/// <summary>A gateway as a process of its own.</summary>
internal sealed class BenchProcess : IAsyncDisposable
{
    private const int LogLines = 40;

    private readonly TemporaryFolder _folder = new();
    private readonly ChildProgram _program;

    private BenchProcess(BenchNode at, string configuration)
    {
        var file = _folder.File("gateway.json");
        File.WriteAllText(file, configuration);
        _program = ChildProgram.Of(at.Node, "gateway/Gateway.Worker", ["run", file], new Dictionary<string, string>(), _folder.File(""));
    }

    /// <summary>Starts it, and waits until it takes calls.</summary>
    public static async Task<BenchProcess> StartAsync(
        BenchNode at, GatewaySettings settings, string graphUrl, Stores stores, string certificate)
    {
        var process = new BenchProcess(at, at.Configuration(settings, graphUrl, stores, certificate).ToJsonString());
        using var http = new HttpClient();
        await Eventually.SeeAsync(() => process.IsReadyAsync(http, at.Operations), "the gateway is ready");
        return process;
    }

    /// <summary>SIGTERM; returns when it has ended.</summary>
    public Task StopAsync()
    {
        _program.Signal("TERM");
        return _program.ExitedAsync();
    }

    /// <summary>kill -9.</summary>
    public Task KillAsync() => _program.KillAsync();

    public async ValueTask DisposeAsync()
    {
        await _program.DisposeAsync();
        _folder.Dispose();
    }

    private async Task<bool> IsReadyAsync(HttpClient http, string operations)
    {
        try
        {
            using var ready = await http.GetAsync(operations + "/readyz");
            return ready.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return _program.HasExited ? throw new InvalidOperationException(string.Join('\n', _program.Tail(LogLines))) : false;
        }
    }
}
