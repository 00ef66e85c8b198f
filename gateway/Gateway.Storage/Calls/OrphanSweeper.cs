using Dapper;
using Gateway.Calls;
using Gateway.Calls.Records;
using Npgsql;

namespace Gateway.Storage.Calls;

/// <summary>
/// Closes what lost nodes left open: their calls are completed with <see cref="HangupCause.NodeLost"/> and charged up to the last sign of
/// life, and holds without a call are released. Any number of nodes may sweep at once, and a node that was taken for lost may still
/// complete its calls: the first completion is final.
/// </summary>
/// <remarks>
/// An earlier start of this node is lost. Another node is lost once it has been silent for <paramref name="silence"/> while this one's own
/// heartbeats arrived all that time: after an outage of PostgreSQL no node counts as lost before every node had that long to report again.
/// Time is the database's. Settle the spool of an earlier start before the first sweep: it knows more than is found here.
/// </remarks>
/// <param name="database">PostgreSQL.</param>
/// <param name="complete">Completes an orphan, or leaves it to be found again.</param>
/// <param name="node">This node.</param>
/// <param name="nodeStart">Its start.</param>
/// <param name="silence">The time that a node may be silent; sweep, or beat, several times as often.</param>
public sealed class OrphanSweeper(
    NpgsqlDataSource database, Func<CallRecord, CancellationToken, Task> complete, string node, string nodeStart, TimeSpan silence)
{
    /// <summary>The most that one sweep closes; the next one finds the others.</summary>
    private const int Width = 500;

    /// <summary>Two heartbeats further apart than a third of the silence interrupt this node's steady time.</summary>
    private const string Beat =
        """
        INSERT INTO nodes (node, start, seen_at, steady_since) VALUES (@node, @nodeStart, clock_timestamp(), clock_timestamp())
        ON CONFLICT (node, start) DO UPDATE SET seen_at = excluded.seen_at,
            steady_since = CASE WHEN excluded.seen_at - nodes.seen_at <= @silence / 3 THEN nodes.steady_since ELSE excluded.seen_at END
        """;

    /// <summary>True where the row of alias o belongs to a lost start; n is that start in nodes.</summary>
    private const string IsDead =
        """
        (o.node, o.node_start) <> (@node, @nodeStart) AND (o.node = @node OR (
            coalesce(n.seen_at, o.since) < clock_timestamp() - @silence
            AND EXISTS (SELECT FROM nodes me WHERE me.node = @node AND me.start = @nodeStart AND me.seen_at - me.steady_since >= @silence)))
        """;

    private const string FindCalls =
        $"""
        SELECT {CallRow.Columns}, {OrphanRow.Columns}
        FROM (
            SELECT o.*, greatest(n.seen_at, h.extended_at, o.answered_at, o.started_at) AS last_sign,
                   CASE WHEN h.extended_at > h.taken_at + interval '1 second' THEN h.extended_at END AS hold_grown_at, a.id AS hold_account,
                   a.currency AS hold_currency,
                   h.amount AS hold_amount, h.rate_id AS hold_rate_id, h.rate_card AS hold_rate_card, h.rate_prefix AS hold_rate_prefix,
                   h.price_per_minute AS hold_price_per_minute, h.connection_fee AS hold_connection_fee,
                   h.pulse_seconds AS hold_pulse_seconds,
                   h.minimum_seconds AS hold_minimum_seconds, h.tiers AS hold_tiers
            FROM (SELECT calls.*, started_at AS since FROM calls WHERE ended_at IS NULL) o
            LEFT JOIN nodes n ON n.node = o.node AND n.start = o.node_start
            LEFT JOIN holds h ON h.call_id = o.id
            LEFT JOIN accounts a ON a.id = h.account
            WHERE @id = o.id OR (@id IS NULL AND {IsDead})
            ORDER BY o.started_at LIMIT @Width) orphan
        """;

    private const string FindHolds =
        $"""
        SELECT o.call_id
        FROM (SELECT holds.*, taken_at AS since FROM holds) o
        LEFT JOIN nodes n ON n.node = o.node AND n.start = o.node_start
        LEFT JOIN calls c ON c.id = o.call_id
        WHERE c.ended_at IS NOT NULL OR (c.id IS NULL AND {IsDead})
        LIMIT @Width
        """;

    /// <summary>Deletes starts of which nothing is left, and which have been silent for so long that nothing can follow.</summary>
    private const string Forget =
        """
        DELETE FROM nodes n WHERE seen_at < clock_timestamp() - greatest(@silence, interval '7 days')
            AND (node, start) <> (@node, @nodeStart)
            AND NOT EXISTS (SELECT FROM calls c WHERE c.node = n.node AND c.node_start = n.start AND c.ended_at IS NULL)
            AND NOT EXISTS (SELECT FROM holds h WHERE h.node = n.node AND h.node_start = n.start)
        """;

    private object Parameters => new { node, nodeStart, silence, Width };

    /// <summary>Writes this node's heartbeat.</summary>
    public async Task BeatAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(Beat, Parameters, cancellationToken: cancellation));
    }

    /// <summary>Writes this node's heartbeat, and closes what lost nodes left open. Throws what PostgreSQL throws: try again.</summary>
    public async Task<SweepResult> SweepAsync(CancellationToken cancellation)
    {
        await BeatAsync(cancellation);
        var orphans = await FindCallsAsync(null, cancellation);
        foreach (var orphan in orphans)
            await complete(orphan, cancellation);
        var holds = await FindHoldsAsync(cancellation);
        var admissions = new Accounts.PostgresAdmissionStore(database);
        foreach (var hold in holds)
            await admissions.ReleaseAsync(hold, cancellation);
        await ForgetAsync(cancellation);
        var left = orphans.Count == 0 ? 0 : (await FindCallsAsync(null, cancellation)).Count; // some are waited for
        return new SweepResult(Math.Max(0, orphans.Count - left), holds.Count);
    }

    /// <summary>The record of one open call, as far as it is known, whether its node is lost or not; null: it is completed.</summary>
    public async Task<CallRecord?> FindAsync(CallId call, CancellationToken cancellation) =>
        (await FindCallsAsync(call, cancellation)).SingleOrDefault();

    /// <param name="call">Null: all of lost nodes.</param>
    /// <param name="cancellation">The caller's token.</param>
    private async Task<IReadOnlyList<CallRecord>> FindCallsAsync(CallId? call, CancellationToken cancellation)
    {
        var parameters = new { id = call?.Value, node, nodeStart, silence, Width };
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var found = await connection.QueryAsync<CallRow, OrphanRow, CallRecord>(
            new CommandDefinition(FindCalls, parameters, cancellationToken: cancellation), (open, orphan) => orphan.Close(open),
            OrphanRow.FirstColumn);
        return found.AsList();
    }

    private async Task<IReadOnlyList<CallId>> FindHoldsAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var found = await connection.QueryAsync<string>(new CommandDefinition(FindHolds, Parameters, cancellationToken: cancellation));
        return [.. found.Select(id => new CallId(id))];
    }

    private async Task ForgetAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(Forget, Parameters, cancellationToken: cancellation));
    }
}

/// <summary>The result of a sweep.</summary>
/// <param name="Calls">Records completed for lost nodes.</param>
/// <param name="Holds">Holds released that belonged to no call.</param>
public readonly record struct SweepResult(int Calls, int Holds);
