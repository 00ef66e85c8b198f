using System.Reflection;
using Dapper;
using Npgsql;

namespace Gateway.Storage;

/// <summary>Brings a database to the newest schema: ordered, forward-only files, each in a transaction, one migrator at a time.</summary>
public static class Migrator
{
    /// <summary>Any constant will do, as long as nothing else in the database uses it.</summary>
    private const long AdvisoryLock = 0x5741_6361_6c6c_7331;

    private const string CreateLedger =
        "CREATE TABLE IF NOT EXISTS schema_migrations (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())";

    /// <summary>Applies what is missing and returns the names applied. Throws what PostgreSQL throws; nothing is half applied.</summary>
    /// <exception cref="InvalidOperationException">The database is newer than this program.</exception>
    public static async Task<IReadOnlyList<string>> MigrateAsync(NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        if (await connection.QuerySingleAsync<bool>("SELECT to_regclass('schema_migrations') IS NOT NULL") && await MissingAsync(connection) is [])
            return []; // which takes no right to change anything
        await connection.ExecuteAsync("SELECT pg_advisory_lock(@AdvisoryLock)", new { AdvisoryLock });
        try
        {
            await connection.ExecuteAsync(CreateLedger);
            var missing = await MissingAsync(connection);
            foreach (var (name, sql) in missing)
            {
                await using var transaction = await connection.BeginTransactionAsync(cancellation);
                await connection.ExecuteAsync(sql, transaction: transaction);
                await connection.ExecuteAsync("INSERT INTO schema_migrations (name) VALUES (@name)", new { name }, transaction);
                await transaction.CommitAsync(cancellation);
            }
            return [.. missing.Select(m => m.Name)];
        }
        finally
        {
            await connection.ExecuteAsync("SELECT pg_advisory_unlock(@AdvisoryLock)", new { AdvisoryLock });
        }
    }

    private static async Task<(string Name, string Sql)[]> MissingAsync(NpgsqlConnection connection)
    {
        var applied = (await connection.QueryAsync<string>("SELECT name FROM schema_migrations")).ToHashSet();
        var known = Migrations().ToArray();
        var unknown = applied.Except(known.Select(m => m.Name)).ToArray();
        return unknown.Length == 0
            ? [.. known.Where(m => !applied.Contains(m.Name))]
            : throw new InvalidOperationException($"The database was migrated by a newer version: {string.Join(", ", unknown)}.");
    }

    private static IEnumerable<(string Name, string Sql)> Migrations()
    {
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var resource in assembly.GetManifestResourceNames().Where(n => n.EndsWith(".sql", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
            yield return (resource.Split('.')[^2], reader.ReadToEnd());
        }
    }
}
