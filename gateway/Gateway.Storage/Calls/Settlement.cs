using Dapper;
using Gateway.Calls;
using Gateway.Calls.Rating;
using Gateway.Calls.Records;
using Gateway.Calls.Rules;
using Gateway.Storage.Events;
using Media.Protocols.Primitives;
using Npgsql;

namespace Gateway.Storage.Calls;

/// <summary>
/// The end of a call as one transaction: the row completed, the account charged, the volume counted, the hold released, the events added.
/// It may be repeated at any time and from anywhere; the first completion is final. An answered call that is billed has exactly one ledger
/// entry, with the key <c>call:ID</c>, also where the price is zero; no other call has any.
/// </summary>
internal sealed class Settlement(
    NpgsqlConnection connection, NpgsqlTransaction transaction, CallRecord record, CancellationToken cancellation)
{
    /// <summary>One completion of a call at a time; then the account, as everywhere. What is read after these locks stays true.</summary>
    private const string Open =
        """
        SELECT 1 FROM pg_advisory_xact_lock(hashtextextended(@Id, 0));
        SELECT id AS Id, balance, greatest(minimum_inbound, minimum_outbound) AS Minimum FROM accounts
        WHERE id = @Account OR id = (SELECT account FROM holds WHERE call_id = @Id) ORDER BY id FOR NO KEY UPDATE;
        SELECT EXISTS (SELECT FROM calls WHERE started_at = @StartedAt AND id = @Id AND ended_at IS NOT NULL) OR (@IsLate AND EXISTS (
                   SELECT FROM calls WHERE channel = @Channel AND whatsapp_call_id = @WhatsAppCallId AND ended_at IS NOT NULL
                       AND direction = 'inbound'
                       AND started_at BETWEEN @StartedAt - interval '2 hours' AND @StartedAt + interval '2 hours')) AS IsCompleted,
               coalesce((SELECT seconds FROM volumes WHERE account = @Account AND direction = @Direction AND month = @Month),
               0) AS VolumeSeconds,
               (SELECT id FROM contacts WHERE channel = @Channel AND (phone = ANY(@ContactPhones) OR user_id = @UserId)
                ORDER BY user_id = @UserId DESC NULLS LAST LIMIT 1) AS Contact;
        """;

    private const string Complete =
        """
        INSERT INTO calls (
            id, whatsapp_call_id, direction, channel, user_phone, user_id, user_parent_id, user_name, user_username, trunk, agent,
            agent_since, earlier_agents, started_at, ringing_at, answered_at, ended_at, cause, media_fault, media_fault_leg, sip_status,
            whatsapp_error_code,
            whatsapp_error_message, whatsapp_error_details, whatsapp_quality, pbx_quality, node, node_start, account, currency, rate_id,
            rate_card, rate_prefix, price_per_minute, connection_fee, pulse_seconds, minimum_seconds, pulses, price,
            agent_id, flow, flow_version, agent_group, waited_from, agent_answered_at)
        VALUES (
            @Id, @WhatsAppCallId, @Direction, @Channel, @UserPhone, @UserId, @UserParentId, @UserName, @UserUsername, @Trunk, @Agent,
            @AgentSince, @EarlierAgents::jsonb, @StartedAt, @RingingAt, @AnsweredAt, @EndedAt, @Cause, @MediaFault, @MediaFaultLeg,
            @SipStatus, @WhatsAppErrorCode,
            @WhatsAppErrorMessage, @WhatsAppErrorDetails, @WhatsAppQuality::jsonb, @PbxQuality::jsonb, @Node, @NodeStart, @Account,
            @Currency,
            @RateId, @RateCard, @RatePrefix, @PricePerMinute, @ConnectionFee, @PulseSeconds, @MinimumSeconds, @Pulses, @Price,
            @AgentId, @Flow, @FlowVersion, @AgentGroup, @WaitedFrom, @AgentAnsweredAt)
        ON CONFLICT (started_at, id) DO UPDATE SET
            whatsapp_call_id = excluded.whatsapp_call_id, trunk = excluded.trunk, agent = excluded.agent,
            agent_since = excluded.agent_since, earlier_agents = excluded.earlier_agents, ringing_at = excluded.ringing_at,
            answered_at = excluded.answered_at,
            ended_at = excluded.ended_at, cause = excluded.cause, media_fault = excluded.media_fault,
            media_fault_leg = excluded.media_fault_leg, sip_status = excluded.sip_status,
            whatsapp_error_code = excluded.whatsapp_error_code, whatsapp_error_message = excluded.whatsapp_error_message,
            whatsapp_error_details = excluded.whatsapp_error_details, whatsapp_quality = excluded.whatsapp_quality,
            pbx_quality = excluded.pbx_quality, account = excluded.account, currency = excluded.currency, rate_id = excluded.rate_id,
            rate_card = excluded.rate_card, rate_prefix = excluded.rate_prefix, price_per_minute = excluded.price_per_minute,
            connection_fee = excluded.connection_fee, pulse_seconds = excluded.pulse_seconds, minimum_seconds = excluded.minimum_seconds,
            pulses = excluded.pulses, price = excluded.price, agent_id = excluded.agent_id, flow = excluded.flow,
            flow_version = excluded.flow_version, agent_group = excluded.agent_group, waited_from = excluded.waited_from,
            agent_answered_at = excluded.agent_answered_at
        WHERE calls.ended_at IS NULL;
        """;

    /// <summary>
    /// The charge, where there is a price, and the release of the hold, in one update of the account. An existing key means that the call
    /// was already charged: its record was sent again after its partition had been dropped.
    /// </summary>
    private const string Pay =
        """
        WITH entry AS (
            INSERT INTO ledger_entries (account, kind, amount, balance_after, call_id, idempotency_key, actor)
            SELECT id, 'charge', -@Price, balance - @Price, @Id, 'call:' || @Id, 'node:' || @Node FROM accounts WHERE id = @Account
                AND @Price IS NOT NULL
            ON CONFLICT (idempotency_key) DO NOTHING
            RETURNING account, amount
        ), volume AS (
            INSERT INTO volumes (account, direction, month, seconds)
            SELECT account, @Direction, @Month, @BilledSeconds FROM entry
            ON CONFLICT (account, direction, month) DO UPDATE SET seconds = volumes.seconds + excluded.seconds
        ), gone AS (
            DELETE FROM holds WHERE call_id = @Id RETURNING account, amount
        )
        UPDATE accounts a SET balance = a.balance + moved.charged, held = a.held - moved.released
        FROM (
            SELECT account, sum(charged) AS charged, sum(released) AS released
            FROM (SELECT account, amount AS charged, 0 AS released FROM entry UNION ALL SELECT account, 0, amount FROM gone) both_ways
            GROUP BY account) moved
        WHERE a.id = moved.account;
        """;

    private const string Miss =
        """
        INSERT INTO missed_calls (call_id, channel, contact, user_handle, user_name, missed_at, cause, agent_group, waited_from)
        VALUES (@Id, @Channel, @Contact, @UserHandle, @UserName, @EndedAt, @Cause, @AgentGroup, @WaitedFrom)
        ON CONFLICT (call_id) DO NOTHING;
        """;

    /// <summary>Closes the missed calls of a user with whom the business has talked since.</summary>
    private const string CloseMissed =
        """
        WITH closed AS (
            UPDATE missed_calls SET state = 'closed', closed_at = now(), version = version + 1
            WHERE channel = @Channel AND state <> 'closed' AND missed_at <= @AnsweredAt
                AND (user_handle = ANY(@Handles) OR contact = @Contact)
            RETURNING call_id
        )
        INSERT INTO audit_entries (actor, action, subject, after)
        SELECT 'node:' || @Node, 'missed_call.close', 'missed_call:' || call_id, jsonb_build_object('talkedIn', @Id) FROM closed;
        """;

    /// <summary>Notes whom the contact talked to, unless a later call has been settled before this one.</summary>
    private const string NoteAgent =
        """
        UPDATE contacts SET last_agent = @AgentId, last_agent_at = @EndedAt
        WHERE id = @Contact AND coalesce(last_agent_at <= @EndedAt, true);
        """;

    /// <summary>False: the call was already completed, and nothing was changed.</summary>
    public async Task<bool> RunAsync()
    {
        var found = await OpenAsync();
        if (found.IsCompleted)
            return false;

        var priced = record with { Price = PriceOf(TimeSpan.FromSeconds(found.VolumeSeconds)) };
        var outcome = CallOutcomes.Of(record);
        var parameters = new DynamicParameters(CallRow.Of(priced));
        parameters.AddDynamicParams(new
        {
            Month,
            found.Contact,
            UserHandle = CallRow.Clean(record.User.Handle),
            Handles = (string[])[.. Phones, CallRow.Clean(record.User.Handle)!],
            BilledSeconds = (long)(priced.Price?.BilledTime.TotalSeconds ?? 0),
        });
        parameters.AddDynamicParams(EventOutbox.Parameters(CallEvents.Of(priced, outcome, found.Contact)));
        var statements =
            Complete + Pay + (outcome == CallOutcome.Missed ? Miss : "") + (IsTalkWithCalled ? CloseMissed : "")
            + (HadAgent ? NoteAgent : "") + EventOutbox.Insert;
        await connection.ExecuteAsync(new CommandDefinition(statements, parameters, transaction, cancellationToken: cancellation));
        foreach (var happened in CallEvents.OfQueue(record, outcome, found.Contact).Concat(CallEvents.OfMoney(priced, found.Payer)))
            await EventOutbox.AppendAsync(connection, transaction, happened, cancellation);
        return true;
    }

    private bool IsTalkWithCalled => record is { Direction: CallDirection.Outbound, AnsweredAt: not null };

    private bool HadAgent => record is { AgentId: not null, AnsweredAt: not null }
        && (record.AgentAnsweredAt is not null || record.Flow is null);

    private string[] Phones => record.User.Phone is { } phone ? [.. NumberSpelling.Of(phone)] : [];

    /// <summary>The month whose volume includes the call.</summary>
    private DateTime Month => new(record.StartedAt.UtcDateTime.Year, record.StartedAt.UtcDateTime.Month, 1);

    private async Task<Found> OpenAsync()
    {
        var parameters = new
        {
            Id = record.Id.Value,
            record.Funding?.Account,
            StartedAt = record.StartedAt.UtcDateTime,
            Direction = WireName.Of(record.Direction),
            Month,
            Channel = record.Channel.Value,
            ContactPhones = Phones,
            UserId = record.User.UserId?.Replace("\0", "", StringComparison.Ordinal),
            WhatsAppCallId = record.WhatsAppId?.Value,
            // Meta repeats webhooks for days: the call may have been taken on the first one
            IsLate = record.Cause == HangupCause.OfferedTooLate,
        };
        await using var results = await connection.QueryMultipleAsync(
            new CommandDefinition(Open, parameters, transaction, cancellationToken: cancellation));
        await results.ReadAsync<int>();
        var accounts = await results.ReadAsync<PayingAccount>();
        return (await results.ReadSingleAsync<Found>())
            with { Payer = accounts.SingleOrDefault(account => account.Id == record.Funding?.Account) };
    }

    private Price? PriceOf(TimeSpan volume) => record is { AnsweredAt: { } answered, Funding: { } funding }
        ? RatingRules.Of(funding.Rate, record.EndedAt - answered, volume) : null;

    private sealed record Found(bool IsCompleted, long VolumeSeconds, long? Contact)
    {
        /// <summary>The account as locked; null: the call is not billed.</summary>
        public PayingAccount? Payer { get; init; }
    }
}
