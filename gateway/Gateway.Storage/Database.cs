using Npgsql;

namespace Gateway.Storage;

/// <summary>Opens PostgreSQL as the product uses it.</summary>
public static class Database
{
    /// <summary>Statements that are used often are planned once per connection; more than we have of them.</summary>
    private const int MaxPrepared = 100;

    /// <param name="connection">An Npgsql connection string. What it says of automatic preparation stands (behind a pooler that shares server
    /// connections, say <c>Max Auto Prepare=0</c>).</param>
    public static NpgsqlDataSource Open(string connection)
    {
        var settings = new NpgsqlConnectionStringBuilder(connection);
        if (!connection.Contains("Auto Prepare", StringComparison.OrdinalIgnoreCase))
            (settings.MaxAutoPrepare, settings.AutoPrepareMinUsages) = (MaxPrepared, 2);
        return NpgsqlDataSource.Create(settings.ConnectionString);
    }
}
