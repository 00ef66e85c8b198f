using Dapper;
using Gateway.Calls;
using Gateway.Calls.Rating;
using Media.Protocols.Primitives;
using Npgsql;

namespace Gateway.Storage.Rating;

/// <summary>The calls of a re-rating: read in the order in which they are rated, and written with their new prices.</summary>
internal static class ReratingCalls
{
    private const string Page =
        """
        SELECT id AS Id, started_at AS StartedAt, account AS Account, direction AS Direction, channel AS Channel, user_phone AS UserPhone,
        user_id AS UserId,
               currency AS Currency, answered_at AS AnsweredAt, ended_at AS EndedAt, pulses AS Pulses,
               coalesce(pulse_seconds, 0) AS PulseSeconds, price AS Price
        FROM calls
        WHERE price IS NOT NULL AND started_at >= @monthStart AND started_at < @until AND (@account::text IS NULL OR account = @account)
          AND (@doneAccount::text IS NULL
              OR (account, direction, started_at, id) > (@doneAccount, @doneDirection, @doneStartedAt, @doneCall))
        ORDER BY account, direction, started_at, id
        LIMIT @rows
        """;

    private const string SetPrices =
        """
        UPDATE calls c SET rate_id = n.rate, rate_card = @card, rate_prefix = n.prefix, price_per_minute = n.per_minute,
        connection_fee = n.fee,
               pulse_seconds = n.pulse, minimum_seconds = n.minimum, pulses = n.pulses, price = n.price
        FROM unnest(@StartedAt::timestamptz[], @Id::text[], @Rate::bigint[], @Prefix::text[], @PerMinute::numeric[], @Fee::numeric[],
        @Pulse::int[],
                    @Minimum::int[], @Pulses::int[], @Price::numeric[]) AS n(started_at, id, rate, prefix, per_minute, fee, pulse, minimum,
                    pulses, price)
        WHERE c.started_at = n.started_at AND c.id = n.id
        """;

    /// <summary>Each call's entry carries the balance after it; the account's row is locked once for all of them.</summary>
    private const string PostDifferences =
        """
        WITH entry AS (
            SELECT * FROM unnest(@Id::text[], @Refund::numeric[]) WITH ORDINALITY AS e(call_id, amount, position) WHERE e.amount <> 0
        ), paid AS (
            UPDATE accounts SET balance = balance + (SELECT sum(amount) FROM entry) WHERE id = @account AND EXISTS (SELECT FROM entry)
                RETURNING balance
        )
        INSERT INTO ledger_entries (account, kind, amount, balance_after, call_id, idempotency_key, actor, note)
        SELECT @account, 'rerating', e.amount,
               trim_scale(paid.balance - sum(e.amount) OVER () + sum(e.amount) OVER (ORDER BY e.position)), e.call_id,
               'rerating:' || @run || ':' || e.call_id, @actor, @note
        FROM entry e, paid ORDER BY e.position
        """;

    private const string AddVolumes =
        """
        UPDATE volumes v SET seconds = greatest(v.seconds + d.seconds, 0)
        FROM (SELECT direction, month, sum(seconds) AS seconds
            FROM unnest(@Direction::text[], @Month::date[], @Seconds::bigint[]) AS e(direction, month, seconds)
              GROUP BY direction, month) d
        WHERE v.account = @account AND v.direction = d.direction AND v.month = d.month
        """;

    /// <summary>
    /// The next calls after the finished ones, all of one account, from the start of the period's first month on, since volumes count from
    /// there.
    /// </summary>
    public static async Task<IReadOnlyList<ChargedCall>> NextAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, ReratingRequest request, ReratingPosition? done, int rows,
        bool mayWrite, CancellationToken cancellation)
    {
        var from = request.From.UtcDateTime;
        var found = await connection.QueryAsync<ChargedRow>(new CommandDefinition(
            mayWrite ? Page + " FOR UPDATE" : Page,
            new
            {
                monthStart = new DateTime(from.Year, from.Month, 1, 0, 0, 0, DateTimeKind.Utc),
                until = request.Until.UtcDateTime,
                account = request.Account,
                doneAccount = done?.Account,
                doneDirection = done?.Direction,
                doneStartedAt = done?.StartedAt,
                doneCall = done?.Call,
                rows,
            },
            transaction, cancellationToken: cancellation));
        var calls = found.Select(row => row.ToCall()).ToArray();
        return [.. calls.TakeWhile(call => call.Account == calls[0].Account)];
    }

    /// <summary>Statistics of these days have the old prices.</summary>
    private const string CountAnew =
        """
        INSERT INTO call_summary_days (day) SELECT DISTINCT (started_at AT TIME ZONE 'UTC')::date FROM unnest(@StartedAt) started_at
        ON CONFLICT DO NOTHING
        """;

    /// <summary>Writes the new prices, posts the differences, and corrects the volumes of one account.</summary>
    public static async Task WriteAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, ReratingRun run, IReadOnlyList<ReratedCall> rerated,
        CancellationToken cancellation)
    {
        var changes = rerated.Where(r => r.Rate is not null).Select(r => (r.Call, Rate: r.Rate!, Price: r.Price!, r.Refund)).ToArray();
        if (changes.Length == 0)
            return;
        var parameters = new
        {
            account = changes[0].Call.Account,
            run = run.Id,
            card = run.Request.Card,
            actor = run.Actor,
            note = run.Request.Note,
            StartedAt = changes.Select(c => c.Call.StartedAt.UtcDateTime).ToArray(),
            Id = changes.Select(c => c.Call.Id.Value).ToArray(),
            Rate = changes.Select(c => c.Rate.Id).ToArray(),
            Prefix = changes.Select(c => c.Rate.Prefix).ToArray(),
            PerMinute = changes.Select(c => c.Price.PricePerMinute).ToArray(),
            Fee = changes.Select(c => c.Rate.ConnectionFee).ToArray(),
            Pulse = changes.Select(c => (int)c.Rate.Pulse.TotalSeconds).ToArray(),
            Minimum = changes.Select(c => (int)c.Rate.Minimum.TotalSeconds).ToArray(),
            Pulses = changes.Select(c => c.Price.Pulses).ToArray(),
            Price = changes.Select(c => c.Price.Amount).ToArray(),
            Refund = changes.Select(c => c.Refund).ToArray(),
            Direction = changes.Select(c => WireName.Of(c.Call.Direction)).ToArray(),
            Month = changes.Select(c => new DateTime(c.Call.StartedAt.Year, c.Call.StartedAt.Month, 1)).ToArray(),
            Seconds = changes.Select(c => (long)(c.Price.BilledTime - c.Call.BilledTime).TotalSeconds).ToArray(),
        };
        foreach (var sql in (string[])[SetPrices, PostDifferences, AddVolumes, CountAnew])
            await connection.ExecuteAsync(new CommandDefinition(sql, parameters, transaction, cancellationToken: cancellation));
    }

    private sealed record ChargedRow
    {
        public string Id { get; init; } = "";
        public DateTime StartedAt { get; init; }
        public string Account { get; init; } = "";
        public string Direction { get; init; } = "";
        public string Channel { get; init; } = "";
        public string? UserPhone { get; init; }
        public string? UserId { get; init; }
        public string Currency { get; init; } = "";
        public DateTime? AnsweredAt { get; init; }
        public DateTime? EndedAt { get; init; }
        public int Pulses { get; init; }
        public int PulseSeconds { get; init; }
        public decimal Price { get; init; }

        public ChargedCall ToCall() => new(
            new CallId(Id), StartedAt, Account, WireName.Parse<CallDirection>(Direction), new ChannelId(Channel),
            new WhatsAppUser(UserPhone, UserId), Currency, EndedAt - AnsweredAt ?? TimeSpan.Zero,
            TimeSpan.FromSeconds((long)Pulses * PulseSeconds), Price);
    }
}
