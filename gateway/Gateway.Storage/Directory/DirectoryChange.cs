using Dapper;
using Gateway.Calls.Flows;
using Npgsql;

namespace Gateway.Storage.Directory;

/// <summary>
/// A change of the directory within its transaction. One at a time: what it refers to is still there when it is committed.
/// </summary>
internal static class DirectoryChange
{
    private const string Lock = "SELECT version FROM directory FOR UPDATE";

    /// <summary>The current version of every flow that is not deleted.</summary>
    private const string Flows =
        """
        SELECT v.flow, v.version, v.document::text AS Document FROM flows f JOIN flow_versions v ON (v.flow, v.version) = (f.id, f.version)
        WHERE f.deleted_at IS NULL ORDER BY f.id
        """;

    /// <summary>Runs a change under the lock of the directory; what it returns without a value has changed nothing.</summary>
    public static Task<Outcome<T>> ChangeDirectoryAsync<T>(
        this NpgsqlDataSource database, Func<NpgsqlTransaction, Task<Outcome<T>>> change, CancellationToken cancellation)
        where T : class => Repeating.OnConflictAsync(
        async () =>
        {
            await using var connection = await database.OpenConnectionAsync(cancellation);
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            await transaction.ExecuteAsync(Lock, null, cancellation);
            var outcome = await change(transaction);
            if (outcome.Refusal is null)
                await transaction.CommitAsync(cancellation);
            return outcome;
        },
        cancellation);

    /// <summary>The refusal to delete what flows name; null: none does.</summary>
    public static async Task<Outcome<T>?> UseAsync<T>(
        NpgsqlTransaction transaction, string what, Func<Flow, bool> names, CancellationToken cancellation) where T : class
    {
        var rows = await transaction.QueryAsync<FlowRow>(Flows, null, cancellation);
        string[] users = [.. rows.Select(row => row.ToFlow()).Where(names).Select(flow => flow.Id.Value)];
        return users.Length == 0
            ? null
            : new Outcome<T>(null, StoreRefusal.InUse, $"{what} is named by the flows {string.Join(", ", users)}.")
            {
                Problems = [.. users.Select(user => $"flow: {user}")],
            };
    }

    public static Task<int> ExecuteAsync(
        this NpgsqlTransaction transaction, string sql, object? parameters, CancellationToken cancellation) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(sql, parameters, transaction, cancellationToken: cancellation));

    public static Task<IEnumerable<T>> QueryAsync<T>(
        this NpgsqlTransaction transaction, string sql, object? parameters, CancellationToken cancellation) =>
        transaction.Connection!.QueryAsync<T>(new CommandDefinition(sql, parameters, transaction, cancellationToken: cancellation));
}
