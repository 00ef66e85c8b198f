using Dapper;
using Npgsql;

namespace Gateway.Storage.Statistics;

/// <summary>
/// Keeps call_summaries and their sums: follows the events that end calls by their positions, and counts each call once, whoever
/// runs it and however often it is interrupted. A day whose prices were changed is counted anew from its calls.
/// </summary>
public sealed class CallSummaries(NpgsqlDataSource database)
{
    /// <summary>Positions that one transaction takes.</summary>
    private const int Batch = 5000;

    private const string Ends = "('call.ended', 'call.missed', 'call.refused')";

    /// <summary>One instance at a time; the others have nothing to do then.</summary>
    private const string Lock =
        """
        SELECT position, totals_position = position AND keys_position = position AS HasSums FROM call_summary_progress
        FOR UPDATE SKIP LOCKED
        """;

    private const string Head = "SELECT least(coalesce(max(position), 0), @position + @Batch) FROM events";

    /// <summary>The start in an event may have more decimals than that of the row.</summary>
    private const string Ended =
        $"""
        SELECT e.kind, {CallFacts.Columns}
        FROM (
            SELECT kind, call_id, (data->>'startedAt')::timestamptz AS started_at FROM events
            WHERE position > @position AND position <= @until AND kind IN {Ends}) e
        JOIN calls c ON c.id = e.call_id AND c.ended_at IS NOT NULL
            AND c.started_at BETWEEN e.started_at - interval '1 ms' AND e.started_at + interval '1 ms'
        LEFT JOIN agent_groups g ON g.id = c.agent_group
        """;

    private const string Advance =
        "UPDATE call_summary_progress SET position = @until, totals_position = @until, keys_position = @until";

    private const string StaleDay = "SELECT day::timestamp AS Day FROM call_summary_days ORDER BY day LIMIT 1";

    private const string Forget =
        """
        DELETE FROM call_summary_days WHERE day = @day::date;
        DELETE FROM call_summaries WHERE at >= @from AND at < @to;
        """;

    /// <summary>The calls of a day whose end is counted already. The events of old ones may be deleted.</summary>
    private const string OfDay =
        $"""
        SELECT e.kind, {CallFacts.Columns}
        FROM calls c LEFT JOIN agent_groups g ON g.id = c.agent_group
        LEFT JOIN LATERAL (SELECT kind, position FROM events WHERE call_id = c.id AND kind IN {Ends} LIMIT 1) e ON true
        WHERE c.started_at >= @from AND c.started_at < @to AND c.ended_at IS NOT NULL
            AND (e.kind IS NULL OR e.position <= @position)
        """;

    private const string Values =
        """
        AS s SELECT * FROM jsonb_populate_recordset(NULL::call_summaries, @rows::jsonb)
        ON CONFLICT (dimension, at, channel, direction, key, currency) DO UPDATE SET
            calls = s.calls + excluded.calls, answered = s.answered + excluded.answered, missed = s.missed + excluded.missed,
            refused = s.refused + excluded.refused, talk_seconds = s.talk_seconds + excluded.talk_seconds,
            waited = s.waited + excluded.waited, agent_answered = s.agent_answered + excluded.agent_answered,
            in_time = s.in_time + excluded.in_time, wait_seconds = s.wait_seconds + excluded.wait_seconds,
            handling_seconds = s.handling_seconds + excluded.handling_seconds,
            whatsapp_scored = s.whatsapp_scored + excluded.whatsapp_scored, whatsapp_mos = s.whatsapp_mos + excluded.whatsapp_mos,
            pbx_scored = s.pbx_scored + excluded.pbx_scored, pbx_mos = s.pbx_mos + excluded.pbx_mos,
            whatsapp_packets = s.whatsapp_packets + excluded.whatsapp_packets,
            whatsapp_lost = s.whatsapp_lost + excluded.whatsapp_lost, pbx_packets = s.pbx_packets + excluded.pbx_packets,
            pbx_lost = s.pbx_lost + excluded.pbx_lost, cost = s.cost + excluded.cost
        """;

    /// <summary>Counts the next calls, or a day anew. False: there is nothing to count, or another instance counts.</summary>
    public Task<bool> AdvanceAsync(CancellationToken cancellation) => database.InTransactionAsync(
        async transaction =>
        {
            if (await QueryOneAsync<Progress>(transaction, Lock, null, cancellation) is not var (position, hasSums))
                return false;
            if (!hasSums)
            {
                // They are new, or a program that does not know them has counted.
                await RebuildAsync(transaction, CallTotals.Everything, cancellation);
                await ExecuteAsync(transaction, Advance, new { until = position }, cancellation);
                return true;
            }
            var until = await QueryOneAsync<long>(transaction, Head, new { position, Batch = (long)Batch }, cancellation);
            if (until > position)
            {
                var calls = await ReadAsync(transaction, Ended, new { position, until }, cancellation);
                await AddAsync(transaction, "call_summaries", Rows(calls, call => call.Keys()), cancellation);
                await AddAsync(transaction, "call_totals", Rows(calls, call => call.TotalKeys()), cancellation);
                await AddAsync(transaction, "call_key_days", Rows(calls, call => call.DayKeys()), cancellation);
                await AddAsync(transaction, "call_key_months", Rows(calls, call => call.MonthKeys()), cancellation);
                await ExecuteAsync(transaction, Advance, new { until }, cancellation);
                return true;
            }
            if (await QueryOneAsync<DateTime?>(transaction, StaleDay, null, cancellation) is not { } day)
                return false;
            var from = DateTime.SpecifyKind(day, DateTimeKind.Utc);
            var period = new { day, from, to = from.AddDays(1), position };
            await ExecuteAsync(transaction, Forget, period, cancellation);
            var ofDay = await ReadAsync(transaction, OfDay, period, cancellation);
            await AddAsync(transaction, "call_summaries", Rows(ofDay, call => call.Keys()), cancellation);
            await RebuildAsync(transaction, CallTotals.Around(from), cancellation);
            return true;
        },
        cancellation);

    private static async Task<IReadOnlyList<CallFacts>> ReadAsync(
        NpgsqlTransaction transaction, string sql, object parameters, CancellationToken cancellation) =>
        (await transaction.Connection!.QueryAsync<CallFacts>(
            new CommandDefinition(sql, parameters, transaction, cancellationToken: cancellation))).AsList();

    private static SummaryRow[] Rows(IReadOnlyList<CallFacts> calls, Func<CallFacts, IEnumerable<SummaryKey>> keys) =>
        [.. calls.SelectMany(call => keys(call).Select(key => (Key: key, Call: call))).GroupBy(one => one.Key, one => one.Call)
            .Select(group => SummaryRow.Of(group.Key, [.. group]))];

    private static async Task AddAsync(NpgsqlTransaction transaction, string table, SummaryRow[] rows, CancellationToken cancellation)
    {
        if (rows.Length > 0)
            await ExecuteAsync(transaction, $"INSERT INTO {table} {Values}", new { rows = StoredRows.Json(rows) }, cancellation);
    }

    private static Task<int> RebuildAsync(NpgsqlTransaction transaction, object period, CancellationToken cancellation) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(
            CallTotals.Rebuild, period, transaction, (int)CallTotals.Timeout.TotalSeconds, cancellationToken: cancellation));

    private static Task<T?> QueryOneAsync<T>(
        NpgsqlTransaction transaction, string sql, object? parameters, CancellationToken cancellation) =>
        transaction.Connection!.QuerySingleOrDefaultAsync<T>(
            new CommandDefinition(sql, parameters, transaction, cancellationToken: cancellation));

    private static Task<int> ExecuteAsync(NpgsqlTransaction transaction, string sql, object parameters, CancellationToken cancellation) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(sql, parameters, transaction, cancellationToken: cancellation));

    private sealed record Progress(long Position, bool HasSums);
}
