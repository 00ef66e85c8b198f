using Dapper;
using Gateway.Calls;
using Gateway.Calls.Tracing;
using Npgsql;

namespace Gateway.Storage.Tracing;

/// <summary>The traces of calls in PostgreSQL, for as long as they are kept.</summary>
public sealed class CallTraceStore(NpgsqlDataSource database)
{
    /// <summary>Rows that one statement deletes: no lock is held for long.</summary>
    private const int DropAtOnce = 1000;

    /// <summary>Stores traces together. Repeating it changes nothing.</summary>
    public async Task AddAsync(IReadOnlyList<CallTrace> traces, CancellationToken cancellation)
    {
        const string add =
            """
            INSERT INTO call_traces SELECT * FROM jsonb_populate_recordset(NULL::call_traces, @rows::jsonb) ON CONFLICT DO NOTHING
            """;
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = StoredRows.Json(traces.Select(CallTraceRow.Of));
        await connection.ExecuteAsync(new CommandDefinition(add, new { rows }, cancellationToken: cancellation));
    }

    /// <summary>
    /// The story of a call, of all nodes that have had it, with what its account's ledger says; null: none is kept.
    /// </summary>
    /// <param name="id">The gateway's id of the call, or WhatsApp's.</param>
    /// <param name="cancellation">The caller's token.</param>
    public async Task<CallTrace?> FindAsync(string id, CancellationToken cancellation)
    {
        const string find = $"SELECT {CallTraceRow.Columns} FROM call_traces WHERE call_id = @id OR whatsapp_call_id = @id";
        await using var connection = await database.OpenConnectionAsync(cancellation);
        CallTraceRow[] rows = [.. await connection.QueryAsync<CallTraceRow>(
            new CommandDefinition(find, new { id }, cancellationToken: cancellation))];
        if (rows.Length == 0)
            return null;
        var call = rows[^1].CallId;
        var trace = CallTrace.Join([.. rows.Where(row => row.CallId == call).Select(row => row.ToTrace())]);
        var posted = await LedgerAsync(connection, call, cancellation);
        return trace with { Entries = [.. trace.Entries.Concat(posted).OrderBy(entry => entry.At)] };
    }

    /// <summary>Deletes some of the traces of calls that ended before a time. False: none is left.</summary>
    public async Task<bool> DropAsync(DateTimeOffset before, CancellationToken cancellation)
    {
        const string drop =
            """
            DELETE FROM call_traces WHERE (call_id, owner_token) IN (
                SELECT call_id, owner_token FROM call_traces WHERE ended_at < @before ORDER BY ended_at LIMIT @DropAtOnce)
            """;
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.ExecuteAsync(new CommandDefinition(
            drop, new { before = before.UtcDateTime, DropAtOnce }, cancellationToken: cancellation)) == DropAtOnce;
    }

    private static async Task<IEnumerable<TraceEntry>> LedgerAsync(
        NpgsqlConnection connection, string call, CancellationToken cancellation)
    {
        const string posted =
            """
            SELECT l.kind, l.account, l.amount, a.currency, l.created_at AS At FROM ledger_entries l JOIN accounts a ON a.id = l.account
            WHERE l.call_id = @call ORDER BY l.id
            """;
        var rows = await connection.QueryAsync<(string Kind, string Account, decimal Amount, string Currency, DateTime At)>(
            new CommandDefinition(posted, new { call }, cancellationToken: cancellation));
        return rows.Select(row => new TraceEntry(
            row.At, TraceKind.Ledger, $"{row.Kind} {JsonText.Money(row.Amount)} {row.Currency}, account {row.Account}"));
    }
}
