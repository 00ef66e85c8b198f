using System.Diagnostics;
using Npgsql;
using Testing.Peers;

namespace Testing;

/// <summary>
/// PgBouncer in transaction mode before a PostgreSQL: each transaction may meet another server connection. Ends with this object.
/// </summary>
public sealed class PgBouncer : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-pgbouncer-").FullName;
    private readonly string[] _command;
    private ChildProgram _program;

    private PgBouncer(NpgsqlConnectionStringBuilder server, int port, int poolSize, params string[] settings)
    {
        var file = Path.Combine(_folder, "pgbouncer.ini");
        File.WriteAllText(file, $"""
            [databases]
            * = host={server.Host} port={server.Port} user={server.Username}
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {port}
            unix_socket_dir =
            auth_type = any
            pool_mode = transaction
            default_pool_size = {poolSize}
            max_client_conn = 200
            {string.Join('\n', settings)}
            """);
        // It refuses to run as root; Debian's PostgreSQL brings this user.
        _command = Environment.IsPrivilegedProcess
            ? ["sh", "-c", "chmod 755 \"$1\" && exec setpriv --reuid postgres --regid postgres --init-groups pgbouncer \"$2\"", "sh",
                _folder, file]
            : ["pgbouncer", file];
        _program = Launch();
        Connection = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Host = "127.0.0.1", Port = port }.ConnectionString;
    }

    /// <summary>The connection string through it.</summary>
    public string Connection { get; }

    /// <param name="server">The connection string of the server.</param>
    /// <param name="poolSize">Server connections of one database and user; fewer than clients, so that they have to share.</param>
    /// <param name="settings">Lines of its configuration.</param>
    public static async Task<PgBouncer> StartAsync(string server, int poolSize = 3, params string[] settings)
    {
        var pool = new PgBouncer(new NpgsqlConnectionStringBuilder(server), LoopbackPorts.Take(), poolSize, settings);
        try
        {
            await pool.AnswersAsync();
            return pool;
        }
        catch
        {
            await pool.DisposeAsync();
            throw;
        }
    }

    /// <summary>Its version.</summary>
    public static Version ReadVersion()
    {
        using var process = Process.Start(new ProcessStartInfo("pgbouncer", ["--version"]) { RedirectStandardOutput = true })!;
        var line = process.StandardOutput.ReadLine() ?? "";
        process.WaitForExit();
        return Version.Parse(line.Split(' ')[1]);
    }

    /// <summary>Ends it without a word to its clients.</summary>
    public Task KillAsync() => _program.KillAsync();

    /// <summary>Starts it again, on its port.</summary>
    public async Task ReviveAsync()
    {
        await _program.DisposeAsync();
        _program = Launch();
        await AnswersAsync();
    }

    private ChildProgram Launch() => new("PgBouncer", "/", _command, new Dictionary<string, string>());

    private async Task AnswersAsync()
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                await using var connection = new NpgsqlConnection(Connection + ";Pooling=false");
                await connection.OpenAsync();
                return;
            }
            catch (NpgsqlException) when (tries < 200 && !_program.HasExited)
            {
                await Task.Delay(50);
            }
            catch (NpgsqlException e)
            {
                throw new InvalidOperationException("PgBouncer did not come up:\n" + string.Join('\n', _program.Tail(20)), e);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _program.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
