using System.Diagnostics;
using Testing;

namespace Demo;

/// <summary>
/// PostgreSQL and Redis: the ones that GATEWAY_POSTGRES and GATEWAY_REDIS name, else private instances in a folder of their own
/// (deploy/local/stores), which end with the demonstration.
/// </summary>
internal sealed class PrivateStores(string folder) : IAsyncDisposable
{
    private bool _started;

    public string Postgres { get; private set; } = "";

    public string Redis { get; private set; } = "";

    /// <summary>Ignores cancellation: a start that was begun is finished, so that it can be stopped.</summary>
    public async Task StartAsync()
    {
        var postgres = Environment.GetEnvironmentVariable("GATEWAY_POSTGRES");
        var redis = Environment.GetEnvironmentVariable("GATEWAY_REDIS");
        if (postgres is not null != redis is not null)
            throw new DemoException("GATEWAY_POSTGRES and GATEWAY_REDIS belong together: set both or neither.");
        if (postgres is null || redis is null)
        {
            Console.WriteLine("Starting PostgreSQL and Redis …");
            _started = true;
            var values = await RunAsync("start", expectedLines: 2);
            (postgres, redis) = (values["GATEWAY_POSTGRES"], values["GATEWAY_REDIS"]);
        }
        (Postgres, Redis) = (postgres, redis);
    }

    public async ValueTask DisposeAsync()
    {
        if (_started)
            await RunAsync("stop", expectedLines: 0);
    }

    private async Task<Dictionary<string, string>> RunAsync(string action, int expectedLines)
    {
        var start = new ProcessStartInfo(
            "setsid", ["--wait", Repository.File("deploy", "local", "stores"), action, folder]) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var values = new Dictionary<string, string>();
        // The servers inherit the pipe, so its end never comes: the lines are counted.
        while (values.Count < expectedLines && await process.StandardOutput.ReadLineAsync() is { } line)
            if (line.Split('=', 2) is [var name, var value])
                values[name] = value;
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? values : throw new DemoException($"deploy/local/stores {action} failed with {process.ExitCode}.");
    }
}
