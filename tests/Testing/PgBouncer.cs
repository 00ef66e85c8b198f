using Npgsql;
using Testing.Peers;

namespace Testing;

/// <summary>
/// PgBouncer in transaction mode before a PostgreSQL: each transaction may meet another server connection. Ends with this object.
/// </summary>
public sealed class PgBouncer : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-pgbouncer-").FullName;
    private readonly ChildProgram _program;

    private PgBouncer(NpgsqlConnectionStringBuilder server, int port, int poolSize)
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
            ignore_startup_parameters = extra_float_digits
            """);
        // It refuses to run as root; Debian's PostgreSQL brings this user.
        string[] command = ["pgbouncer", file];
        if (Environment.IsPrivilegedProcess)
        {
            command = ["sh", "-c", "chmod 755 \"$1\" && exec runuser -u postgres -- pgbouncer \"$2\"", "sh", _folder, file];
        }
        _program = new ChildProgram("PgBouncer", "/", command, new Dictionary<string, string>());
        Connection = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Host = "127.0.0.1", Port = port }.ConnectionString;
    }

    /// <summary>The connection string through it.</summary>
    public string Connection { get; }

    /// <param name="server">The connection string of the server.</param>
    /// <param name="poolSize">Server connections of one database and user; fewer than clients, so that they have to share.</param>
    public static async Task<PgBouncer> StartAsync(string server, int poolSize = 3)
    {
        var pool = new PgBouncer(new NpgsqlConnectionStringBuilder(server), LoopbackPorts.Take(), poolSize);
        for (var tries = 0; ; tries++)
        {
            try
            {
                await using var connection = new NpgsqlConnection(pool.Connection + ";Pooling=false");
                await connection.OpenAsync();
                return pool;
            }
            catch (NpgsqlException) when (tries < 200 && !pool._program.HasExited)
            {
                await Task.Delay(50);
            }
            catch (NpgsqlException e)
            {
                var log = string.Join('\n', pool._program.Tail(20));
                await pool.DisposeAsync();
                throw new InvalidOperationException("PgBouncer did not come up:\n" + log, e);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _program.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
