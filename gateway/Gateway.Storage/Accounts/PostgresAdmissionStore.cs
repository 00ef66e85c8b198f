using Dapper;
using Gateway.Calls;
using Gateway.Calls.Admission;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Permissions;
using Gateway.Calls.Rating;
using Gateway.Storage.Channels;
using Gateway.Storage.Contacts;
using Gateway.Storage.Events;
using Media.Protocols.Primitives;
using Npgsql;

namespace Gateway.Storage.Accounts;

/// <summary>
/// Admission and holds in PostgreSQL. Each method is one round trip: its statements are sent together as one transaction, the first of
/// which locks the account's row, so that the second sees what every earlier holder of that lock has committed.
/// </summary>
/// <remarks>Locks are taken in one order everywhere: a call's offer, its settlement, its account, contacts, holds and volumes.</remarks>
/// <param name="database">PostgreSQL.</param>
/// <param name="limits">Those in force; null: calls open no windows.</param>
public sealed class PostgresAdmissionStore(NpgsqlDataSource database, Func<PermissionLimits>? limits = null) : IAdmissionStore
{
    /// <summary>
    /// The row of a call, and its event, unless its offer has begun another call, whose id is the result. Parameters: those of
    /// Calls/CallRow.cs that are known at the beginning.
    /// </summary>
    internal const string Begin =
        """
        WITH offer AS (
            INSERT INTO call_offers AS known (whatsapp_call_id, call_id, offered_at)
            SELECT @WhatsAppCallId, @Id, @StartedAt WHERE @WhatsAppCallId IS NOT NULL
            ON CONFLICT (whatsapp_call_id) DO UPDATE SET call_id = known.call_id
            RETURNING call_id
        ), begun AS (
            INSERT INTO calls (id, whatsapp_call_id, direction, channel, user_phone, user_id, user_parent_id, user_name, user_username,
            started_at, node, node_start)
            SELECT @Id, @WhatsAppCallId, @Direction, @Channel, @UserPhone, @UserId, @UserParentId, @UserName, @UserUsername,
            @StartedAt, @Node, @NodeStart
            WHERE NOT EXISTS (SELECT FROM offer WHERE call_id <> @Id)
            ON CONFLICT (started_at, id) DO NOTHING
            RETURNING *
        ), told AS (
            INSERT INTO events (kind, at, channel, call_id, data)
            SELECT 'call.started', started_at, channel, id,
                jsonb_build_object('direction', direction, 'user', coalesce(user_phone, user_id, 'anonymous'), 'node', node)
            FROM begun
        )
        SELECT call_id FROM offer WHERE call_id <> @Id;

        """;

    /// <summary>
    /// The hold covers the first talk time requested, or as many whole pulses of it as there is available money for, but never less than
    /// the least that an answered call costs. 0.0000000059 is 59 of the ledger's last decimals: see
    /// <see cref="Gateway.Calls.Balances.Credit"/>.
    /// </summary>
    private const string Admit =
        $"""
        SELECT 1 FROM accounts WHERE id = (SELECT account FROM channels WHERE id = @Channel) FOR NO KEY UPDATE;

        WITH payer AS (
            SELECT a.id, a.currency, a.rate_card, a.balance, a.held, a.is_closed,
                   CASE @Direction WHEN 'inbound' THEN a.minimum_inbound ELSE a.minimum_outbound END AS minimum
            FROM channels c JOIN accounts a ON a.id = c.account
            WHERE c.id = @Channel
        ), rate AS (
            SELECT r.* FROM payer p JOIN rates r ON r.card = p.rate_card
            WHERE r.direction = @Direction AND r.prefix = ANY(@Prefixes) AND r.valid_from <= @At
                AND (r.valid_until IS NULL OR @At < r.valid_until)
            ORDER BY length(r.prefix) DESC LIMIT 1
        ), earlier AS (
            SELECT amount FROM holds WHERE call_id = @Call
        ), pulses AS (
            SELECT greatest(ceil(minimum_seconds::numeric / pulse_seconds), 1) AS needed,
                   greatest(ceil(minimum_seconds::numeric / pulse_seconds), ceil(@FirstHold::numeric / pulse_seconds), 1) AS wanted,
                   CASE WHEN price_per_minute > 0
                       THEN div(60 * (balance - held - connection_fee) + 0.0000000059, price_per_minute * pulse_seconds) END AS affordable
            FROM rate, payer
        ), quote AS (
            SELECT needed, least(wanted, affordable) AS granted,
                   connection_fee + div(least(wanted, affordable) * price_per_minute * pulse_seconds * 10000000000,
                   60) * 0.0000000001 AS amount
            FROM pulses, rate
        ), paid AS (
            UPDATE accounts a SET held = a.held + q.amount FROM quote q, payer p
            WHERE a.id = p.id AND NOT p.is_closed AND p.balance >= p.minimum AND q.granted >= q.needed AND p.balance - p.held >= q.amount
                AND NOT EXISTS (SELECT FROM earlier)
            RETURNING a.id, q.amount
        ), taken AS (
            INSERT INTO holds (
                call_id, account, amount, node, node_start, rate_id, rate_card, rate_prefix, price_per_minute, connection_fee,
                pulse_seconds,
                minimum_seconds, tiers)
            SELECT @Call, paid.id, paid.amount, @Node, @NodeStart, r.id, r.card, r.prefix, r.price_per_minute, r.connection_fee,
            r.pulse_seconds,
                r.minimum_seconds, r.tiers
            FROM paid, rate r
            RETURNING amount
        )
        SELECT {ChannelFactsColumn.Sql} AS Channel, {ChannelFactsColumn.RoutesSql} AS Routes,
               p.id AS Account, p.currency, p.balance, p.held + coalesce((SELECT amount FROM taken), 0) AS AccountHeld, p.minimum,
               p.is_closed AS IsClosed,
               r.id AS RateId, r.card AS RateCard, r.prefix AS RatePrefix, r.price_per_minute AS PricePerMinute,
               r.connection_fee AS ConnectionFee,
               r.pulse_seconds AS PulseSeconds, r.minimum_seconds AS MinimumSeconds, r.tiers::text AS Tiers,
               coalesce((SELECT amount FROM earlier), (SELECT amount FROM taken)) AS Held
        FROM channels c LEFT JOIN payer p ON true LEFT JOIN rate r ON true
        WHERE c.id = @Channel;

        """;

    /// <summary>
    /// Opens the window of a user who calls; creates the contact of one who is new. A row that another transaction holds is left as it is:
    /// no admission waits for it, and the record of the call opens the window too.
    /// </summary>
    private const string OpenWindow =
        """
        WITH known AS (
            SELECT id, window_until FROM contacts WHERE channel = @Channel AND (phone = ANY(@Phones) OR user_id = @UserId)
            ORDER BY user_id = @UserId DESC NULLS LAST LIMIT 1 FOR UPDATE SKIP LOCKED
        ), opened AS (
            UPDATE contacts c SET window_until = @WindowUntil, version = c.version + 1 FROM known
            WHERE c.id = known.id AND coalesce(known.window_until < @WindowUntil, true)
            RETURNING c.id, known.window_until AS before
        ), created AS (
            INSERT INTO contacts (channel, phone, user_id, parent_user_id, name, username, window_until)
            SELECT @Channel, @Phone, @UserId, @UserParentId, @UserName, @UserUsername, @WindowUntil
            WHERE EXISTS (SELECT FROM channels WHERE id = @Channel)
                AND NOT EXISTS (SELECT FROM contacts WHERE channel = @Channel AND (phone = ANY(@Phones) OR user_id = @UserId))
            ON CONFLICT DO NOTHING
            RETURNING id, NULL::timestamptz AS before
        )
        INSERT INTO events (kind, at, channel, contact, call_id, data)
        SELECT @WindowOpened, @At, @Channel, id, @Call, @WindowData::jsonb
        FROM (TABLE opened UNION ALL TABLE created) window_of WHERE coalesce(before <= @At, true);

        """;

    private const string FindContact =
        $"""
        SELECT {ContactRow.Columns} FROM contacts c
        WHERE c.channel = @Channel AND (c.phone = ANY(@Phones) OR c.user_id = @UserId)
        ORDER BY c.user_id = @UserId DESC NULLS LAST LIMIT 1;
        """;

    /// <summary>What <see cref="AdmitAsync"/> sends: 1 is added for the row of the call, 2 for the user's window.</summary>
    private static readonly string[] Texts =
        [Admit + FindContact, Begin + Admit + FindContact, Admit + OpenWindow + FindContact, Begin + Admit + OpenWindow + FindContact];

    private const string Extend =
        """
        SELECT 1 FROM accounts WHERE id = (SELECT account FROM holds WHERE call_id = @Call) FOR NO KEY UPDATE;

        WITH hold AS (
            SELECT h.*, a.balance - a.held + h.amount AS available
            FROM holds h JOIN accounts a ON a.id = h.account
            WHERE h.call_id = @Call
        ), pulses AS (
            SELECT hold.*, CASE WHEN price_per_minute > 0
                       THEN div(60 * (available - connection_fee) + 0.0000000059, price_per_minute * pulse_seconds) ELSE 0 END AS affordable
            FROM hold
        ), raise AS (
            SELECT call_id, account, amount AS before, greatest(amount, CASE WHEN @UpTo <= available THEN trim_scale(@UpTo)
                       ELSE connection_fee + div(affordable * price_per_minute * pulse_seconds * 10000000000,
                       60) * 0.0000000001 END) AS after
            FROM pulses
        ), money AS (
            UPDATE accounts a SET held = a.held + r.after - r.before FROM raise r WHERE a.id = r.account AND r.after > r.before
        )
        UPDATE holds h SET amount = r.after, extended_at = clock_timestamp() FROM raise r WHERE h.call_id = r.call_id
        RETURNING h.amount;
        """;

    private const string Release =
        """
        SELECT 1 FROM accounts WHERE id = (SELECT account FROM holds WHERE call_id = @Call) FOR NO KEY UPDATE;

        WITH gone AS (DELETE FROM holds WHERE call_id = @Call RETURNING account, amount)
        UPDATE accounts a SET held = a.held - gone.amount FROM gone WHERE a.id = gone.account;
        """;

    public Task<AdmissionFacts> AdmitAsync(AdmissionRequest request, CancellationToken cancellation) => Repeating.OnConflictAsync(
        async () =>
        {
            await using var connection = await database.OpenConnectionAsync(cancellation);
            var opens = request is { IsBegin: true, Direction: CallDirection.Inbound } && limits is not null
                && (request.User.Phone ?? request.User.UserId) is not null;
            var statements = Texts[(request.IsBegin ? 1 : 0) + (opens ? 2 : 0)];
            await using var results = await connection.QueryMultipleAsync(
                new CommandDefinition(statements, Parameters(request), cancellationToken: cancellation));
            var begunAs = request.IsBegin ? await results.ReadSingleOrDefaultAsync<string?>() : null;
            await results.ReadAsync<int>();
            var money = await results.ReadSingleOrDefaultAsync<AdmissionRow>();
            var contact = await results.ReadSingleOrDefaultAsync<ContactRow>();
            var permission = contact?.ToContact([]).Permission;
            var facts = money?.ToFacts(request.Direction, permission) ?? new AdmissionFacts(null, permission, null, null, null, []);
            return facts with
            {
                LastAgent = contact?.ToLastAgent(), BegunAs = begunAs is null ? null : new CallId(begunAs),
            };
        },
        cancellation);

    public Task<HoldResult> ExtendAsync(CallId call, decimal upTo, CancellationToken cancellation) => Repeating.OnConflictAsync(
        async () =>
        {
            await using var connection = await database.OpenConnectionAsync(cancellation);
            await using var results = await connection.QueryMultipleAsync(
                new CommandDefinition(Extend, new { Call = call.Value, UpTo = upTo }, cancellationToken: cancellation));
            await results.ReadAsync<int>();
            return await results.ReadSingleOrDefaultAsync<decimal?>() switch
            {
                null => new HoldResult(HoldOutcome.Gone, 0),
                { } held => new HoldResult(held >= upTo ? HoldOutcome.Extended : HoldOutcome.LastPulses, held),
            };
        },
        cancellation);

    public Task ReleaseAsync(CallId call, CancellationToken cancellation) => Repeating.OnConflictAsync(
        async () =>
        {
            await using var connection = await database.OpenConnectionAsync(cancellation);
            return await connection.ExecuteAsync(
                new CommandDefinition(Release, new { Call = call.Value }, cancellationToken: cancellation));
        },
        cancellation);

    /// <summary>Of all statements: those of the ones that are not sent are left out by Dapper.</summary>
    private object Parameters(AdmissionRequest request)
    {
        var user = ContactIdentity.Clean(request.User);
        var until = request.At + limits?.Invoke().Window;
        return new
        {
            Call = request.Call.Value,
            Direction = WireName.Of(request.Direction),
            Channel = request.Channel.Value,
            request.Node,
            request.NodeStart,
            At = request.At.UtcDateTime,
            FirstHold = request.FirstHold.TotalSeconds,
            Prefixes = CallingCodes.PrefixesOf(request.User).ToArray(),
            Phones = request.User.Phone is { } phone ? NumberSpelling.Of(phone).ToArray() : [],
            user.UserId,
            Id = request.Call.Value,
            WhatsAppCallId = request.Offer?.Value,
            StartedAt = request.At.UtcDateTime,
            UserPhone = request.User.Phone,
            UserParentId = user.ParentUserId,
            UserName = user.Name,
            UserUsername = user.UserName,
            user.Phone,
            WindowUntil = until?.UtcDateTime,
            WindowOpened = EventKinds.NameOf(EventKind.WindowOpened),
            WindowData = JsonText.Of(new WindowOpenedData(until)),
        };
    }
}
