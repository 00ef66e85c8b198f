using Npgsql;

namespace Gateway.Storage;

/// <summary>Opens PostgreSQL with the product's settings.</summary>
public static class Database
{
    /// <summary>Statements that are used often are planned once per connection; more than there are.</summary>
    private const int MaxPrepared = 100;

    private const int ProbeSeconds = 2;

    /// <param name="connection">An Npgsql connection string. Its own setting of automatic preparation applies; without one, statements are
    /// prepared on a direct connection and not behind a pooler, which may give each transaction another server connection.</param>
    /// <exception cref="ArgumentException">The connection string is invalid.</exception>
    public static NpgsqlDataSource Open(string connection)
    {
        var settings = new NpgsqlConnectionStringBuilder(connection);
        // No statement here leaves anything behind in its session, and behind a pooler a reset would go to another server connection.
        settings.NoResetOnClose = true;
        if (!connection.Contains("Auto Prepare", StringComparison.OrdinalIgnoreCase) && IsDirect(connection))
            (settings.MaxAutoPrepare, settings.AutoPrepareMinUsages) = (MaxPrepared, 2);
        return NpgsqlDataSource.Create(settings.ConnectionString);
    }

    /// <summary>
    /// True when the session's process at the server is the one that was announced to the connection: poolers (PgBouncer, Odyssey, RDS
    /// Proxy) announce a key of their own. An unavailable server counts as a pooler, which is slower and never wrong.
    /// </summary>
    private static bool IsDirect(string connection)
    {
        var settings = new NpgsqlConnectionStringBuilder(
            connection) { Pooling = false, Timeout = ProbeSeconds, CommandTimeout = ProbeSeconds };
        try
        {
            using var probe = new NpgsqlConnection(settings.ConnectionString);
            probe.Open();
            using var command = new NpgsqlCommand("SELECT pg_backend_pid()", probe);
            return (int)command.ExecuteScalar()! == probe.ProcessID;
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            return false;
        }
    }
}
