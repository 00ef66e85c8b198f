using System.Diagnostics;
using System.Text.Json.Nodes;
using Testing.Peers;

namespace Load.Servers;

/// <summary>One gateway of the load: its ports and its process, which may be stopped and started again.</summary>
internal sealed class GatewayProcess : IAsyncDisposable
{
    /// <summary>That of the unit in deploy/.</summary>
    private const int Niceness = -5;

    private const int FirstMediaPort = 61_000, MediaPorts = 4_536;

    private readonly HttpClient _operations = new();
    private readonly string _folder;
    private readonly Dictionary<string, string> _environment;
    private readonly string _configuration;
    private ChildProgram? _program;

    /// <param name="place">Which of all.</param>
    /// <param name="count">All.</param>
    /// <param name="folder">Its working directory.</param>
    /// <param name="environment">More of it.</param>
    public GatewayProcess(int place, int count, string folder, IReadOnlyDictionary<string, string>? environment)
    {
        Name = count == 1 ? "load" : $"load-{place + 1}";
        MediaFirst = FirstMediaPort + MediaPorts / count / 2 * 2 * place;
        MediaLast = MediaFirst + MediaPorts / count / 2 * 2 - 1;
        _folder = folder;
        _configuration = Path.Combine(folder, Name + ".json");
        _environment = new Dictionary<string, string>(environment ?? new Dictionary<string, string>())
        {
            ["GATEWAY_LOG_LEVEL"] = "Warning",
        };
    }

    public string Name { get; }

    public int HttpPort { get; } = LoopbackPorts.Take();

    public int OperationsPort { get; } = LoopbackPorts.Take();

    public int SipPort { get; } = LoopbackPorts.Take();

    public int MediaFirst { get; }

    public int MediaLast { get; }

    public string WebhookUrl => $"http://127.0.0.1:{HttpPort}/webhooks/whatsapp";

    public int Id => _program!.Id;

    /// <summary>The end of its log.</summary>
    public string LastWords => string.Join('\n', _program!.Tail(20));

    public Task<string> MetricsAsync(CancellationToken stop) =>
        _operations.GetStringAsync($"http://127.0.0.1:{OperationsPort}/metrics", stop);

    /// <param name="program">The folder of a gateway that was published or built; null: the one of this build.</param>
    /// <param name="configuration">The text of its configuration.</param>
    /// <param name="stop">Ends the wait.</param>
    /// <returns>When it takes calls.</returns>
    public async Task StartAsync(string? program, string configuration, CancellationToken stop)
    {
        await File.WriteAllTextAsync(_configuration, configuration, stop);
        await StartAsync(program, stop);
    }

    /// <summary>Changes its configuration, then SIGHUP; returns when it was applied (true) or refused.</summary>
    public async Task<bool> ReloadAsync(Action<JsonNode> change, CancellationToken stop)
    {
        var root = JsonNode.Parse(await File.ReadAllTextAsync(_configuration, stop))!;
        change(root);
        await File.WriteAllTextAsync(_configuration, root.ToJsonString(), stop);
        var before = await ReloadsAsync(stop);
        _program!.Signal("HUP");
        while (true)
        {
            var now = await ReloadsAsync(stop);
            if (now != before)
                return now.Applied > before.Applied;
            await Task.Delay(20, stop);
        }
    }

    private async Task<(int Applied, int All)> ReloadsAsync(CancellationToken stop)
    {
        var counts = (await MetricsAsync(stop)).Split('\n')
            .Where(line => line.StartsWith("gateway_config_reloads_total{", StringComparison.Ordinal))
            .Select(line => (IsApplied: line.Contains("\"applied\"", StringComparison.Ordinal), Count: int.Parse(line.Split(' ')[1])))
            .ToArray();
        return (counts.Where(one => one.IsApplied).Sum(one => one.Count), counts.Sum(one => one.Count));
    }

    /// <summary>kill -9.</summary>
    public Task KillAsync() => _program!.KillAsync();

    /// <summary>SIGTERM; returns when the drain is over.</summary>
    public Task StopAsync(CancellationToken stop)
    {
        _program!.Signal("TERM");
        return _program.ExitedAsync().WaitAsync(stop);
    }

    /// <summary>SIGTERM, the drain, and the start of a program in its place.</summary>
    /// <returns>How long the drain took, and then the start.</returns>
    public async Task<(TimeSpan Drain, TimeSpan Start)> RestartAsync(string? program, CancellationToken stop)
    {
        var began = Stopwatch.GetTimestamp();
        await StopAsync(stop);
        await _program!.DisposeAsync();
        var drained = Stopwatch.GetElapsedTime(began);
        await StartAsync(program, stop);
        return (drained, Stopwatch.GetElapsedTime(began) - drained);
    }

    public async ValueTask DisposeAsync()
    {
        if (_program is not null)
            await _program.DisposeAsync();
        _operations.Dispose();
    }

    private async Task StartAsync(string? program, CancellationToken stop)
    {
        string[] arguments = ["run", _configuration];
        _program = program is null
            ? ChildProgram.Of(Name, "gateway/Gateway.Worker", arguments, _environment, _folder, niceness: Niceness)
            : new ChildProgram(Name, _folder, ["nice", "-n", $"{Niceness}", .. Command(program), .. arguments], _environment);
        await ReadyAsync(stop);
    }

    /// <summary>A published program has .NET in it; one that was built needs that of this machine.</summary>
    private static string[] Command(string program) => File.Exists(Path.Combine(program, "libcoreclr.so"))
        ? [Path.Combine(program, "Gateway.Worker")] : ["dotnet", Path.Combine(program, "Gateway.Worker.dll")];

    private async Task ReadyAsync(CancellationToken stop)
    {
        for (var tries = 0; ; tries++)
        {
            if (_program!.HasExited)
                throw new InvalidOperationException($"The gateway ended by itself:\n{string.Join('\n', _program.Tail(40))}");
            try
            {
                using var ready = await _operations.GetAsync($"http://127.0.0.1:{OperationsPort}/readyz", stop);
                if (ready.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException) when (tries < 300)
            {
                // not yet
            }
            await Task.Delay(200, stop);
        }
    }
}
