using System.Reflection;
using Dapper;
using Npgsql;

namespace Gateway.Storage;

/// <summary>
/// Brings a database to the newest schema: ordered, forward-only files, each in a transaction, one migrator at a time. A database that is
/// newer serves too, as long as nothing was taken away that this program reads: so two adjacent versions run side by side.
/// </summary>
public static class Migrator
{
    /// <summary>Any constant will do, as long as nothing else in the database uses it.</summary>
    private const long AdvisoryLock = 0x5741_6361_6c6c_7331;

    private const string CreateLedger =
        "CREATE TABLE IF NOT EXISTS schema_migrations (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())";

    /// <summary>
    /// Applies what is missing and returns the names applied. Takes as long as the tables need: neither a statement nor the wait for
    /// another migrator has a timeout. Throws what PostgreSQL throws; nothing is half applied.
    /// </summary>
    /// <exception cref="InvalidOperationException">The database is too new: this program reads what it has not any more.</exception>
    public static async Task<IReadOnlyList<string>> MigrateAsync(NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        if (await connection.QuerySingleAsync<bool>("SELECT to_regclass('schema_migrations') IS NOT NULL")
            && await MissingAsync(connection, null, cancellation) is [])
            return []; // needs no right to change anything
        var applied = new List<string>();
        while (await ApplyNextAsync(connection, cancellation) is { } name)
            applied.Add(name);
        return applied;
    }

    /// <summary>The names of what <see cref="MigrateAsync"/> would apply to a database that has been migrated before.</summary>
    /// <inheritdoc cref="MigrateAsync" path="/exception"/>
    public static async Task<IReadOnlyList<string>> MissingAsync(NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return [.. (await MissingAsync(connection, null, cancellation)).Select(missing => missing.Name)];
    }

    /// <summary>
    /// One migration in one transaction, which also holds the lock: a pooler may give every transaction another session. Null: none is
    /// missing.
    /// </summary>
    private static async Task<string?> ApplyNextAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await ExecuteAsync("SELECT pg_advisory_xact_lock(@AdvisoryLock)", new { AdvisoryLock });
        await ExecuteAsync(CreateLedger);
        var missing = await MissingAsync(connection, transaction, cancellation);
        if (missing is [])
            return null;
        await ExecuteAsync(missing[0].Sql);
        await ExecuteAsync("INSERT INTO schema_migrations (name) VALUES (@Name)", new { missing[0].Name });
        await transaction.CommitAsync(cancellation);
        return missing[0].Name;

        Task ExecuteAsync(string sql, object? parameters = null) =>
            connection.ExecuteAsync(
                new CommandDefinition(sql, parameters, transaction, commandTimeout: 0, cancellationToken: cancellation));
    }

    private static async Task<(string Name, string Sql)[]> MissingAsync(
        NpgsqlConnection connection, NpgsqlTransaction? transaction, CancellationToken cancellation)
    {
        var applied = (await connection.QueryAsync<string>(
            new CommandDefinition("SELECT name FROM schema_migrations", transaction: transaction, cancellationToken: cancellation)))
                .ToHashSet();
        var known = Migrations().ToArray();
        var last = MigrationName.NumberOf(known[^1].Name);
        var breaking = applied.Where(name => MigrationName.ContractOf(name) > last).Order(StringComparer.Ordinal).ToArray();
        return breaking.Length == 0
            ? [.. known.Where(m => !applied.Contains(m.Name))]
            : throw new InvalidOperationException(
                $"The database was migrated by a version too new for this one, and lacks what it reads: {string.Join(", ", breaking)}.");
    }

    private static IEnumerable<(string Name, string Sql)> Migrations()
    {
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var resource in assembly.GetManifestResourceNames().Where(n => n.EndsWith(".sql", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
            yield return (resource.Split('.')[^2], reader.ReadToEnd());
        }
    }
}
