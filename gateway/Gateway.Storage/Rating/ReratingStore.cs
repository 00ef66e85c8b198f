using Dapper;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Rating;
using Gateway.Storage.Admin;
using Media.Protocols.Primitives;
using Npgsql;

namespace Gateway.Storage.Rating;

/// <summary>
/// Runs that rate a past period anew. An interrupted run continues where it stopped; a call is never corrected twice by one run, and a
/// repeated run finds nothing left to correct.
/// </summary>
public sealed class ReratingStore(NpgsqlDataSource database)
{
    private const int Batch = 500;

    private const string Insert =
        """
        INSERT INTO rerating_runs (actor, idempotency_key, note, card, account, channel, period_from, period_until)
        VALUES (@actor, @key, @Note, @Card, @Account, @Channel, @from, @until)
        ON CONFLICT (actor, idempotency_key) DO NOTHING
        RETURNING id
        """;

    private const string Advance =
        """
        UPDATE rerating_runs SET calls = calls + @Calls, changed = changed + @Changed, unrated = unrated + @Unrated,
        refund = trim_scale(refund + @Refund),
            done_account = @Account, done_direction = @Direction, done_started_at = @StartedAt, done_call = @Call,
            done_volume_seconds = @volume
        WHERE id = @run
        """;

    private const string Finish = "UPDATE rerating_runs SET state = 'finished', finished_at = clock_timestamp() WHERE id = @run";

    /// <summary>Runs, the newest first, before a given one.</summary>
    public async Task<IReadOnlyList<ReratingRun>> ListAsync(long? before, int rows, CancellationToken cancellation)
    {
        const string sql =
            $"SELECT {ReratingRunRow.Columns} FROM rerating_runs WHERE @before::bigint IS NULL OR id < @before ORDER BY id DESC LIMIT " +
            $"@rows";
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var found = await connection.QueryAsync<ReratingRunRow>(
            new CommandDefinition(sql, new { before, rows }, cancellationToken: cancellation));
        return [.. found.Select(row => row.ToRun())];
    }

    public async Task<ReratingRun?> FindAsync(long id, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return (await FindAsync(connection, null, id, cancellation))?.ToRun();
    }

    /// <summary>The totals that a run would have, with nothing changed. Refused like <see cref="StartAsync"/>.</summary>
    public async Task<Outcome<ReratingTotals>> PreviewAsync(ReratingRequest request, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellation);
        if (await RefusalAsync(connection, transaction, request, now, cancellation) is var (why, detail))
            return (why, detail);
        var rerating = Rerate(await CardAsync(connection, transaction, request, cancellation), request, null);
        var totals = new ReratingTotals(0, 0, 0, 0);
        ReratingPosition? done = null;
        while (await ReratingCalls.NextAsync(
            connection, transaction, request, done, Batch, mayWrite: false, cancellation) is { Count: > 0 } calls)
        {
            totals = Add(totals, calls.Select(rerating.Handle).OfType<ReratedCall>());
            done = ReratingPosition.Of(calls[^1]);
        }
        return totals;
    }

    /// <summary>
    /// Stores a new run, of which nothing is done yet; the same key of the same actor finds the run that it started. Refused:
    /// <see cref="StoreRefusal.UnknownRateCard"/>, <see cref="StoreRefusal.UnknownAccount"/>, <see cref="StoreRefusal.CurrencyMismatch"/>,
    /// <see cref="StoreRefusal.PeriodNotOver"/>, <see cref="StoreRefusal.IdempotencyKeyReused"/>.
    /// </summary>
    public async Task<Outcome<ReratingRun>> StartAsync(
        ReratingRequest request, string actor, string key, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (await RefusalAsync(connection, transaction, request, now, cancellation) is var (why, detail))
            return (why, detail);
        var parameters = new { actor, key, request.Note, request.Card, request.Account, request.Channel, from =
            request.From.UtcDateTime, until = request.Until.UtcDateTime };
        if (await connection.QuerySingleOrDefaultAsync<long?>(
            new CommandDefinition(Insert, parameters, transaction, cancellationToken: cancellation)) is not { } id)
            return await RepeatedAsync(connection, transaction, request, actor, key, cancellation);
        var run = (await FindAsync(connection, transaction, id, cancellation))!.ToRun();
        await AuditTrail.WriteAsync(transaction, actor, "rerating.start", Subject(id), null, run, cancellation);
        await transaction.CommitAsync(cancellation);
        return run;
    }

    /// <summary>Continues a run until it is finished or <paramref name="mayGoOn"/>, called after
    /// each batch, returns false. Null: no such run.</summary>
    public async Task<ReratingRun?> ContinueAsync(long id, Func<bool> mayGoOn, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        Card? card = null;
        while (true)
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            if (await FindAsync(connection, transaction, id, cancellation, forUpdate: true) is not { } row)
                return null;
            if (row.FinishedAt is not null)
                return row.ToRun();
            card ??= await CardAsync(connection, transaction, row.ToRun().Request, cancellation);
            var isFinished = await StepAsync(connection, transaction, row, card, cancellation);
            await transaction.CommitAsync(cancellation);
            if (!isFinished && !mayGoOn())
                return (await FindAsync(connection, null, id, cancellation))!.ToRun();
        }
    }

    /// <summary>Does one batch, or finishes. True where it finished.</summary>
    private static async Task<bool> StepAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, ReratingRunRow row, Card card, CancellationToken cancellation)
    {
        var run = row.ToRun();
        var calls = await ReratingCalls.NextAsync(connection, transaction, run.Request, row.Done, Batch, mayWrite: true, cancellation);
        if (calls.Count == 0)
        {
            await connection.ExecuteAsync(
                new CommandDefinition(Finish, new { run = run.Id }, transaction, cancellationToken: cancellation));
            await AuditTrail.WriteAsync(transaction, run.Actor, "rerating.finish", Subject(run.Id), null, run.Totals, cancellation);
            return true;
        }
        var rerating = Rerate(card, run.Request, row);
        var rerated = calls.Select(rerating.Handle).OfType<ReratedCall>().ToArray();
        await ReratingCalls.WriteAsync(connection, transaction, run, rerated, cancellation);
        var totals = Add(new ReratingTotals(0, 0, 0, 0), rerated);
        var done = ReratingPosition.Of(calls[^1]);
        var volume = (long)rerating.Volume!.Value.Volume.TotalSeconds;
        await connection.ExecuteAsync(new CommandDefinition(
            Advance,
            new { run = run.Id, totals.Calls, totals.Changed, totals.Unrated, totals.Refund, done.Account, done.Direction, done.StartedAt,
                done.Call, volume },
            transaction, cancellationToken: cancellation));
        return false;
    }

    /// <summary>A rerating that continues after the calls that the row marks as done.</summary>
    private static Rerating Rerate(Card card, ReratingRequest request, ReratingRunRow? row)
    {
        ReplayedVolume? volume = row?.Done is { } done
            ? new ReplayedVolume(
                done.Account, WireName.Parse<CallDirection>(done.Direction), new DateOnly(done.StartedAt.Year, done.StartedAt.Month, 1),
                TimeSpan.FromSeconds(row.DoneVolumeSeconds))
            : null;
        return new Rerating(
            card.Rates, card.Currency,
            call => call.StartedAt >= request.From && (request.Channel is null || call.Channel.Value == request.Channel), volume);
    }

    private static async Task<Card> CardAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, ReratingRequest request, CancellationToken cancellation)
    {
        var sql =
            $"{RateSql.Select} WHERE r.card = @Card AND r.valid_from < @until AND (r.valid_until IS NULL OR r.valid_until > @from)";
        var rates = await connection.QueryAsync<RateRow>(new CommandDefinition(
            sql, new { request.Card, from = request.From.UtcDateTime, until = request.Until.UtcDateTime }, transaction,
            cancellationToken: cancellation));
        var card = (await RateCardStore.FindAsync(connection, transaction, request.Card, cancellation))!;
        return new Card(new RateTable(rates.Select(r => r.ToRate())), card.Currency);
    }

    private static async Task<(StoreRefusal Why, string Detail)?> RefusalAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, ReratingRequest request, DateTimeOffset now,
        CancellationToken cancellation)
    {
        if (request.Until > now)
            return (StoreRefusal.PeriodNotOver, "The period ends in the future.");
        if (await RateCardStore.FindAsync(connection, transaction, request.Card, cancellation) is not { } card)
            return (StoreRefusal.UnknownRateCard, $"There is no rate card '{request.Card}'.");
        if (request.Account is null)
            return null;
        var currency = await connection.QuerySingleOrDefaultAsync<string?>(new CommandDefinition(
            "SELECT currency FROM accounts WHERE id = @Account", new { request.Account }, transaction, cancellationToken: cancellation));
        if (currency is null)
            return (StoreRefusal.UnknownAccount, $"There is no account '{request.Account}'.");
        return currency == card.Currency
            ? null
            : (StoreRefusal.CurrencyMismatch, $"The account is in {currency}, the card in {card.Currency}.");
    }

    private static async Task<Outcome<ReratingRun>> RepeatedAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, ReratingRequest request, string actor, string key,
        CancellationToken cancellation)
    {
        const string sql = $"SELECT {ReratingRunRow.Columns} FROM rerating_runs WHERE actor = @actor AND idempotency_key = @key";
        var earlier = (await connection.QuerySingleAsync<ReratingRunRow>(
            new CommandDefinition(sql, new { actor, key }, transaction, cancellationToken: cancellation))).ToRun();
        return earlier.Request == request ? earlier : (StoreRefusal.IdempotencyKeyReused, "This key was already used for another run.");
    }

    private static ReratingTotals Add(ReratingTotals totals, IEnumerable<ReratedCall> rerated) =>
        rerated.Aggregate(totals, (sum, call) => new ReratingTotals(
        sum.Calls + 1, sum.Changed + (call.Refund != 0 ? 1 : 0), sum.Unrated + (call.Rate is null ? 1 : 0), sum.Refund + call.Refund));

    private static Task<ReratingRunRow?> FindAsync(
        NpgsqlConnection connection, NpgsqlTransaction? transaction, long id, CancellationToken cancellation, bool forUpdate = false) =>
        connection.QuerySingleOrDefaultAsync<ReratingRunRow?>(new CommandDefinition(
            $"SELECT {ReratingRunRow.Columns} FROM rerating_runs WHERE id = @id {(forUpdate ? "FOR UPDATE" : "")}", new { id }, transaction,
            cancellationToken: cancellation));

    private static string Subject(long id) => $"rerating:{id}";

    /// <summary>The rates of the period; read once, since rates that were in force do not change.</summary>
    private sealed record Card(RateTable Rates, string Currency);
}
