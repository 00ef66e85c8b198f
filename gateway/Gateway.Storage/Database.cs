using System.Data.Common;
using Npgsql;

namespace Gateway.Storage;

/// <summary>
/// Opens PostgreSQL with the product's settings: one server, a pooler in transaction mode, or several hosts of which one is the primary.
/// </summary>
public static class Database
{
    /// <summary>Statements that are used often are planned once per connection; more than there are.</summary>
    private const int MaxPrepared = 100;

    private const int ProbeSeconds = 2;

    /// <summary>
    /// Of several hosts: so long one is waited for before the next is tried, which is less than a call waits for its admission; and so long
    /// the driver believes what it knows of a host: a standby that was promoted is found after it.
    /// </summary>
    private const int HostSeconds = 1, RecheckSeconds = 5;

    /// <param name="connection">An Npgsql connection string. Its own setting of automatic preparation applies; without one, statements are
    /// prepared on a direct connection and not behind a pooler, which may give each transaction another server connection.</param>
    /// <param name="password">The file with the password, where the connection string has none.</param>
    /// <exception cref="ArgumentException">The connection string is invalid.</exception>
    public static NpgsqlDataSource Open(string connection, PasswordFile? password = null)
    {
        var settings = new NpgsqlConnectionStringBuilder(connection);
        // No statement here leaves anything behind in its session, and behind a pooler a reset would go to another server connection.
        settings.NoResetOnClose = true;
        if (!connection.Contains("Auto Prepare", StringComparison.OrdinalIgnoreCase) && IsDirect(connection, password))
            (settings.MaxAutoPrepare, settings.AutoPrepareMinUsages) = (MaxPrepared, 2);
        return Build(settings, password);
    }

    /// <summary>A source of connections that live for one question, which is answered or refused soon.</summary>
    public static NpgsqlDataSource OpenProbe(string connection, PasswordFile? password = null) => Build(
        new NpgsqlConnectionStringBuilder(connection) { Pooling = false, Timeout = ProbeSeconds, CommandTimeout = ProbeSeconds },
        password);

    private static NpgsqlDataSource Build(NpgsqlConnectionStringBuilder settings, PasswordFile? password)
    {
        var hasSeveralHosts = settings.Host?.Contains(',') == true;
        var target = Target(settings.TargetSessionAttributes);
        settings.TargetSessionAttributes = null; // the driver takes it of several hosts only, and not in a connection string
        if (hasSeveralHosts)
        {
            var given = new DbConnectionStringBuilder { ConnectionString = settings.ConnectionString };
            settings.Timeout = given.ContainsKey("Timeout") ? settings.Timeout : HostSeconds;
            settings.HostRecheckSeconds = given.ContainsKey("Host Recheck Seconds") ? settings.HostRecheckSeconds : RecheckSeconds;
        }
        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString);
        if (password is not null)
            builder.UsePasswordProvider(_ => password.Read(), (_, _) => ValueTask.FromResult(password.Read()));
        return hasSeveralHosts ? builder.BuildMultiHost().WithTargetSession(target) : builder.Build();
    }

    /// <summary>The gateway writes: of several hosts it needs the one that can be written.</summary>
    private static TargetSessionAttributes Target(string? given) => given?.ToLowerInvariant() switch
    {
        null or "read-write" => TargetSessionAttributes.ReadWrite,
        "primary" => TargetSessionAttributes.Primary,
        _ => throw new ArgumentException("Target Session Attributes has to be read-write or primary."),
    };

    /// <summary>
    /// True when the session's process at the server is the one that was announced to the connection: poolers (PgBouncer, Odyssey, RDS
    /// Proxy) announce a key of their own. An unavailable server counts as a pooler, which is slower and never wrong.
    /// </summary>
    private static bool IsDirect(string connection, PasswordFile? password)
    {
        try
        {
            using var database = OpenProbe(connection, password);
            using var probe = database.OpenConnection();
            using var command = new NpgsqlCommand("SELECT pg_backend_pid()", probe);
            return (int)command.ExecuteScalar()! == probe.ProcessID;
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            return false;
        }
    }
}
