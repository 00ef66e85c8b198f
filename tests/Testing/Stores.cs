using System.Diagnostics;

namespace Testing;

/// <summary>
/// A real PostgreSQL and a real Redis: the ones that GATEWAY_TEST_POSTGRES and GATEWAY_TEST_REDIS name, else private instances of this
/// fixture's own, which end with it.
/// </summary>
public sealed class Stores : IDisposable
{
    private readonly string? _folder;

    public Stores()
    {
        var postgres = Environment.GetEnvironmentVariable("GATEWAY_TEST_POSTGRES");
        var redis = Environment.GetEnvironmentVariable("GATEWAY_TEST_REDIS");
        if (postgres is not null && redis is not null)
        {
            (Postgres, Redis) = (postgres, redis);
            return;
        }
        _folder = Path.Combine(Path.GetTempPath(), "gateway-stores-" + Guid.NewGuid().ToString("n")[..8]);
        var values = Run("start").Split('\n').Select(line => line.Split('=', 2)).Where(pair => pair.Length == 2).ToDictionary(p => p[0], p => p[1]);
        (Postgres, Redis) = (values["GATEWAY_POSTGRES"], values["GATEWAY_REDIS"]);
    }

    public string Postgres { get; }

    public string Redis { get; }

    public void Dispose()
    {
        if (_folder is not null)
            Run("stop");
    }

    private string Run(string action)
    {
        var start = new ProcessStartInfo(Repository.File("deploy", "local", "stores"), [action, _folder!]) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        // The servers inherit the pipe, so what the script printed is read line by line and not to the end of the stream.
        var lines = new List<string>();
        for (var expected = action == "start" ? 2 : 0; expected > 0 && process.StandardOutput.ReadLine() is { } line; expected--)
            lines.Add(line);
        process.WaitForExit();
        return process.ExitCode == 0 ? string.Join('\n', lines) : throw new InvalidOperationException($"deploy/local/stores {action} failed.");
    }
}
