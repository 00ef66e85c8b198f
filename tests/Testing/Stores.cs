using System.Diagnostics;
using Npgsql;

namespace Testing;

/// <summary>
/// A real PostgreSQL and a real Redis: the ones that GATEWAY_TEST_POSTGRES and GATEWAY_TEST_REDIS name, else containers
/// (<see cref="StoreContainers"/>), both with an empty database of this fixture's own, so that no suite meets the rows of another; else
/// private instances, which end with it.
/// </summary>
public sealed class Stores : IDisposable
{
    private readonly string? _folder;
    private readonly Dictionary<string, string> _environment = [];

    public Stores() : this(isPrivate: false)
    {
    }

    private Stores(bool isPrivate, bool isDurable = false)
    {
        var postgres = Environment.GetEnvironmentVariable("GATEWAY_TEST_POSTGRES");
        var redis = Environment.GetEnvironmentVariable("GATEWAY_TEST_REDIS");
        if (!isPrivate && (postgres is null || redis is null) && StoreContainers.TryGet() is { } containers)
            (postgres, redis) = (containers.Postgres, containers.Redis);
        if (!isPrivate && postgres is not null && redis is not null)
        {
            (Postgres, Redis) = (EmptyDatabase(postgres), redis);
            return;
        }
        _folder = Path.Combine(Path.GetTempPath(), "gateway-stores-" + Guid.NewGuid().ToString("n")[..8]);
        if (isDurable)
            _environment["STORES_DURABLE"] = "1";
        var values = Run("start").Split('\n').Select(line => line.Split('=', 2)).Where(pair => pair.Length == 2)
            .ToDictionary(p => p[0], p => p[1]);
        (Postgres, Redis) = (values["GATEWAY_POSTGRES"], values["GATEWAY_REDIS"]);
    }

    public string Postgres { get; }

    public string Redis { get; }

    /// <summary>Private instances, whatever the environment says: tests may make them fail.</summary>
    public static Stores StartPrivate() => new(isPrivate: true);

    /// <summary>The same, with a PostgreSQL that waits for the disk as in production: for measuring.</summary>
    public static Stores StartDurable() => new(isPrivate: true, isDurable: true);

    /// <summary>Ends a server of <see cref="StartPrivate"/> without a clean shutdown.</summary>
    public void Kill(StoreServer server) => Run("kill", server);

    /// <summary>Starts a killed server again, on its port: PostgreSQL with its data, Redis empty. Returns when it answers.</summary>
    public void Revive(StoreServer server) => Run("revive", server);

    /// <summary>Makes a server of <see cref="StartPrivate"/> stop answering, while its connections stay.</summary>
    public void Freeze(StoreServer server) => Run("freeze", server);

    public void Thaw(StoreServer server) => Run("thaw", server);

    /// <summary>A new database on the server that <paramref name="connection"/> names; gone when that server is.</summary>
    private static string EmptyDatabase(string connection)
    {
        var name = "test_" + Guid.NewGuid().ToString("n")[..12];
        using var server = NpgsqlDataSource.Create(connection);
        using var create = server.CreateCommand($"CREATE DATABASE {name}");
        create.ExecuteNonQuery();
        return new NpgsqlConnectionStringBuilder(connection) { Database = name }.ConnectionString;
    }

    public void Dispose()
    {
        if (_folder is not null)
            Run("stop");
    }

    private string Run(string action, StoreServer? server = null)
    {
        string[] arguments = server is { } one ? [action, _folder!, one.ToString().ToLowerInvariant()] : [action, _folder!];
        var start = new ProcessStartInfo(Repository.File("deploy", "local", "stores"), arguments) { RedirectStandardOutput = true };
        foreach (var (name, value) in _environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        // The servers inherit the pipe, so the script's output is read line by line and not to the end of the stream.
        var lines = new List<string>();
        for (var expected = action == "start" ? 2 : 0; expected > 0 && process.StandardOutput.ReadLine() is { } line; expected--)
            lines.Add(line);
        process.WaitForExit();
        return process.ExitCode == 0
            ? string.Join('\n', lines)
            : throw new InvalidOperationException($"deploy/local/stores {action} failed.");
    }
}

/// <summary>One of the two.</summary>
public enum StoreServer
{
    Postgres,
    Redis,
}
