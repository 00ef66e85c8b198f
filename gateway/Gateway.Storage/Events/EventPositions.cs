using Dapper;
using Npgsql;

namespace Gateway.Storage.Events;

/// <summary>
/// Gives committed events their positions. Ids show the order of writing, and a transaction that began early may commit late. Positions are
/// given under a lock that is held until they are committed, so nothing ever appears before what a reader has already seen.
/// </summary>
public sealed class EventPositions(NpgsqlDataSource database)
{
    /// <summary>Any constant will do, as long as nothing else in the database uses it.</summary>
    private const long AdvisoryLock = 0x5741_6576_656e_7473;

    private const string TryLock = "SELECT pg_try_advisory_xact_lock(@AdvisoryLock)";

    /// <summary>A separate statement, so that it sees what was committed until the lock was taken.</summary>
    private const string Number =
        """
        UPDATE events e
        SET position = base.last + added.number
        FROM (SELECT id, row_number() OVER (ORDER BY id) AS number FROM events WHERE position IS NULL ORDER BY id LIMIT 1000) added,
             (SELECT coalesce(max(position), 0) AS last FROM events) base
        WHERE e.id = added.id
        """;

    private const string Look =
        "SELECT coalesce(max(position), 0) AS Last, EXISTS (SELECT FROM events WHERE position IS NULL) AS IsWaiting FROM events";

    /// <summary>The last position, and true where events are waiting for one.</summary>
    public async Task<(long Last, bool IsWaiting)> LookAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleAsync<(long, bool)>(new CommandDefinition(Look, cancellationToken: cancellation));
    }

    /// <summary>Gives positions to waiting events. False where another node is doing so.</summary>
    public async Task<bool> NumberAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (!await connection.ExecuteScalarAsync<bool>(
            new CommandDefinition(TryLock, new { AdvisoryLock }, transaction, cancellationToken: cancellation)))
            return false;
        await connection.ExecuteAsync(new CommandDefinition(Number, transaction: transaction, cancellationToken: cancellation));
        await transaction.CommitAsync(cancellation);
        return true;
    }
}
