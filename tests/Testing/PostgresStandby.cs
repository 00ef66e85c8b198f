using System.Diagnostics;
using Npgsql;
using Testing.Peers;

namespace Testing;

/// <summary>
/// A PostgreSQL that follows the primary of <see cref="Stores.StartPrivate"/> by streaming replication, and can be promoted. Ends with this
/// object.
/// </summary>
public sealed class PostgresStandby : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-standby-").FullName;
    private readonly NpgsqlConnectionStringBuilder _primary;
    private readonly int _port = LoopbackPorts.Take();
    private ChildProgram? _program;

    private PostgresStandby(string primary) => _primary = new NpgsqlConnectionStringBuilder(primary);

    /// <summary>The connection string of this host alone.</summary>
    public string Connection => new NpgsqlConnectionStringBuilder(_primary.ConnectionString) { Port = _port }.ConnectionString;

    /// <summary>The connection string of both hosts, the first primary first.</summary>
    public string Both => new NpgsqlConnectionStringBuilder(_primary.ConnectionString)
    {
        Host = $"{_primary.Host}:{_primary.Port},{_primary.Host}:{_port}",
    }.ConnectionString;

    public static async Task<PostgresStandby> StartAsync(Stores primary)
    {
        var standby = new PostgresStandby(primary.Postgres);
        try
        {
            await standby.StartAsync();
            return standby;
        }
        catch
        {
            await standby.DisposeAsync();
            throw;
        }
    }

    /// <summary>Returns once this host has all that the primary had committed.</summary>
    public async Task CaughtUpAsync()
    {
        var written = await AskAsync<string>(_primary.ConnectionString, "SELECT pg_current_wal_lsn()::text");
        while (!await AskAsync<bool>(Connection, $"SELECT pg_last_wal_replay_lsn() >= '{written}'"))
            await Task.Delay(20);
    }

    /// <summary>Takes nothing more from the primary, as behind a slow line.</summary>
    public async Task FallBehindAsync()
    {
        await AskAsync<object>(Connection, "ALTER SYSTEM SET primary_conninfo = ''");
        await AskAsync<object>(Connection, "SELECT pg_reload_conf()");
        while (await AskAsync<long>(Connection, "SELECT count(*) FROM pg_stat_wal_receiver") > 0)
            await Task.Delay(20);
    }

    /// <summary>Makes this host the primary; returns once it can be written.</summary>
    public Task PromoteAsync() => AskAsync<bool>(Connection, "SELECT pg_promote()");

    public async ValueTask DisposeAsync()
    {
        if (_program is not null)
        {
            _program.Signal("QUIT"); // at once: SIGTERM would wait for its clients
            await _program.ExitedAsync();
            await _program.DisposeAsync();
        }
        Directory.Delete(_folder, recursive: true);
    }

    private async Task StartAsync()
    {
        var data = Path.Combine(_folder, "data");
        await using var copy = Run(
            $"{Programs}/pg_basebackup", "-h", _primary.Host!, "-p", $"{_primary.Port}", "-U", _primary.Username!, "-D", data, "-R",
            "--checkpoint=fast", "--no-sync");
        if (await copy.ExitedAsync() != 0)
            throw new InvalidOperationException("pg_basebackup failed:\n" + string.Join('\n', copy.Tail(20)));
        _program = Run(
            $"{Programs}/postgres", "-D", data, "-p", $"{_port}", "-c", "listen_addresses=127.0.0.1", "-c",
            $"unix_socket_directories={_folder}", "-c", "fsync=off", "-c", "max_connections=200");
        for (var tries = 0; ; tries++)
        {
            try
            {
                await AskAsync<int>(Connection, "SELECT 1");
                return;
            }
            catch (NpgsqlException e) when (tries == 200 || _program.HasExited)
            {
                throw new InvalidOperationException("The standby did not come up:\n" + string.Join('\n', _program.Tail(20)), e);
            }
            catch (NpgsqlException)
            {
                await Task.Delay(50);
            }
        }
    }

    private static string Programs => Directory.GetDirectories("/usr/lib/postgresql").Select(version => version + "/bin").Order().Last();

    /// <summary>PostgreSQL refuses to run as root; Debian's package brings this user.</summary>
    private ChildProgram Run(params string[] command)
    {
        if (Environment.IsPrivilegedProcess)
        {
            using var own = Process.Start("chown", ["postgres", _folder]);
            own.WaitForExit();
            command = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--init-groups", .. command];
        }
        return new ChildProgram("PostgreSQL", "/", command, new Dictionary<string, string>());
    }

    private static async Task<T?> AskAsync<T>(string connection, string sql)
    {
        await using var database = new NpgsqlConnection(connection + ";Pooling=false");
        await database.OpenAsync();
        await using var command = new NpgsqlCommand(sql, database);
        return await command.ExecuteScalarAsync() is T answer ? answer : default;
    }
}
