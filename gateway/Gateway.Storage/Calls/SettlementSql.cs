namespace Gateway.Storage.Calls;

/// <summary>The statements of a <see cref="Settlement"/>. Each takes any number of calls.</summary>
internal static class SettlementSql
{
    /// <summary>One completion of a call at a time; then the accounts, as everywhere. What is read after these locks stays true.</summary>
    public const string Open =
        """
        SELECT 1 FROM unnest(@Ids) id, pg_advisory_xact_lock(hashtextextended(id, 0));

        SELECT id AS Id, balance, coalesce(low_balance, greatest(minimum_inbound, minimum_outbound)) AS Minimum FROM accounts
        WHERE id = ANY(@Accounts || ARRAY(SELECT account FROM holds WHERE call_id = ANY(@Ids))) ORDER BY id FOR NO KEY UPDATE;

        SELECT call_id FROM ledger_entries WHERE idempotency_key = ANY(@Keys);

        SELECT account, direction, month, seconds FROM volumes
        WHERE (account, direction, month) IN (SELECT * FROM unnest(@VolumeAccounts, @VolumeDirections, @VolumeMonths));

        """;

    /// <summary>The calls that were taken over by another node than their first.</summary>
    public const string Owners =
        """
        SELECT id, owner_token FROM calls WHERE started_at BETWEEN @FirstStart AND @LastStart AND id = ANY(@Ids) AND owner_token > 1;

        """;

    /// <summary>The calls that are completed already. The range of their starts keeps other partitions out of the plan.</summary>
    public const string Completed =
        """
        SELECT id FROM calls WHERE started_at BETWEEN @FirstStart AND @LastStart AND id = ANY(@Ids) AND ended_at IS NOT NULL
        """;

    /// <summary>The offers of calls that nobody answered are theirs, unless they have begun others.</summary>
    public const string Offers =
        """
        INSERT INTO call_offers (whatsapp_call_id, call_id, offered_at)
        SELECT * FROM unnest(@UnansweredWhatsAppIds, @UnansweredIds, @UnansweredStarts) ORDER BY 1
        ON CONFLICT (whatsapp_call_id) DO NOTHING;

        """;

    /// <summary>Of calls that nobody answered, those whose offer has begun another call, at another node.</summary>
    public const string BegunElsewhere =
        """

        UNION ALL
        SELECT unanswered.id FROM unnest(@UnansweredIds, @UnansweredWhatsAppIds) unanswered (id, whatsapp_call_id)
        JOIN call_offers o USING (whatsapp_call_id) WHERE o.call_id <> unanswered.id
        """;

    /// <summary>Of calls that were offered too late, those that were taken on an earlier offer, under other ids of ours.</summary>
    public const string TakenBefore =
        """

        UNION ALL
        SELECT late.id FROM unnest(@LateIds, @LateStarts, @LateChannels, @LateWhatsAppIds) late (id, started_at, channel, whatsapp_call_id)
        WHERE EXISTS (
            SELECT FROM calls c WHERE c.channel = late.channel AND c.whatsapp_call_id = late.whatsapp_call_id
                AND c.ended_at IS NOT NULL AND c.direction = 'inbound'
                AND c.started_at BETWEEN late.started_at - interval '2 hours' AND late.started_at + interval '2 hours')
        """;

    public const string Complete =
        """
        INSERT INTO calls (
            id, whatsapp_call_id, direction, channel, user_phone, user_id, user_parent_id, user_name, user_username, trunk, agent,
            agent_since, earlier_agents, started_at, ringing_at, answered_at, ended_at, cause, media_fault, media_fault_leg, sip_status,
            whatsapp_error_code, whatsapp_error_message, whatsapp_error_details, whatsapp_quality, pbx_quality, node, node_start,
            account, currency, rate_id, rate_card, rate_prefix, price_per_minute, connection_fee, pulse_seconds, minimum_seconds, pulses,
            price, agent_id, flow, flow_version, agent_group, waited_from, agent_answered_at)
        SELECT
            id, whatsapp_call_id, direction, channel, user_phone, user_id, user_parent_id, user_name, user_username, trunk, agent,
            agent_since, earlier_agents, started_at, ringing_at, answered_at, ended_at, cause, media_fault, media_fault_leg, sip_status,
            whatsapp_error_code, whatsapp_error_message, whatsapp_error_details, whatsapp_quality, pbx_quality, node, node_start,
            account, currency, rate_id, rate_card, rate_prefix, price_per_minute, connection_fee, pulse_seconds, minimum_seconds, pulses,
            price, agent_id, flow, flow_version, agent_group, waited_from, agent_answered_at
        FROM jsonb_populate_recordset(NULL::calls, @Calls::jsonb)
        ON CONFLICT (started_at, id) DO UPDATE SET
            whatsapp_call_id = excluded.whatsapp_call_id, trunk = excluded.trunk, agent = excluded.agent,
            agent_since = excluded.agent_since, earlier_agents = excluded.earlier_agents, ringing_at = excluded.ringing_at,
            answered_at = excluded.answered_at, ended_at = excluded.ended_at, cause = excluded.cause,
            media_fault = excluded.media_fault, media_fault_leg = excluded.media_fault_leg, sip_status = excluded.sip_status,
            whatsapp_error_code = excluded.whatsapp_error_code, whatsapp_error_message = excluded.whatsapp_error_message,
            whatsapp_error_details = excluded.whatsapp_error_details, whatsapp_quality = excluded.whatsapp_quality,
            pbx_quality = excluded.pbx_quality, account = excluded.account, currency = excluded.currency, rate_id = excluded.rate_id,
            rate_card = excluded.rate_card, rate_prefix = excluded.rate_prefix, price_per_minute = excluded.price_per_minute,
            connection_fee = excluded.connection_fee, pulse_seconds = excluded.pulse_seconds, minimum_seconds = excluded.minimum_seconds,
            pulses = excluded.pulses, price = excluded.price, agent_id = excluded.agent_id, flow = excluded.flow,
            flow_version = excluded.flow_version, agent_group = excluded.agent_group, waited_from = excluded.waited_from,
            agent_answered_at = excluded.agent_answered_at, dialogs = NULL
        WHERE calls.ended_at IS NULL;

        """;

    /// <summary>A key that exists aborts the transaction: each call is charged once, whatever was read before.</summary>
    public const string Charge =
        """
        INSERT INTO ledger_entries (
            account, kind, amount, balance_after, call_id, idempotency_key, actor, direction, country, billed_seconds)
        SELECT account, 'charge', amount, balance_after, call_id, 'call:' || call_id, actor, direction, country, billed_seconds
        FROM jsonb_populate_recordset(NULL::ledger_entries, @Charges::jsonb);

        INSERT INTO volumes (account, direction, month, seconds)
        SELECT account, direction, month, sum(seconds) FROM jsonb_populate_recordset(NULL::volumes, @Volumes::jsonb)
        GROUP BY account, direction, month
        ON CONFLICT (account, direction, month) DO UPDATE SET seconds = volumes.seconds + excluded.seconds;

        """;

    /// <summary>The charges and the release of the holds in one update of each account.</summary>
    public const string Pay =
        """
        WITH gone AS (
            DELETE FROM holds WHERE call_id = ANY(@Completed) RETURNING account, amount
        )
        UPDATE accounts a SET balance = a.balance + moved.charged, held = a.held - moved.released
        FROM (
            SELECT account, sum(charged) AS charged, sum(released) AS released
            FROM (
                SELECT account, amount AS charged, 0 AS released FROM jsonb_populate_recordset(NULL::ledger_entries, @Charges::jsonb)
                UNION ALL SELECT account, 0, amount FROM gone) both_ways
            GROUP BY account) moved
        WHERE a.id = moved.account;

        """;

    /// <summary>
    /// The missed calls of a user are one entry of the work list, the newest, with the marks that people made at those before. One
    /// settlement of a user's missed calls at a time, so that each sees what the others stored.
    /// </summary>
    public const string Miss =
        """
        SELECT 1 FROM unnest(@MissedUsers) missed, pg_advisory_xact_lock(hashtextextended('missed:' || missed, 0));

        INSERT INTO missed_calls (call_id, channel, contact, user_handle, user_name, missed_at, cause, agent_group, waited_from)
        SELECT call_id, channel, contact, user_handle, user_name, missed_at, cause, agent_group, waited_from
        FROM jsonb_populate_recordset(NULL::missed_calls, @Missed::jsonb)
        ON CONFLICT (call_id) DO NOTHING;

        SELECT 1 FROM missed_calls WHERE call_id IN (
            SELECT m.call_id FROM jsonb_to_recordset(@Missed::jsonb) u (channel text, contact bigint, handles text[])
            JOIN missed_calls m ON m.channel = u.channel AND m.state <> 'closed'
                AND (m.user_handle = ANY(u.handles) OR m.contact = u.contact))
        ORDER BY call_id FOR UPDATE;

        WITH entry AS (
            SELECT DISTINCT u.missed_user, m.*
            FROM jsonb_to_recordset(@Missed::jsonb) u (missed_user text, channel text, contact bigint, handles text[])
            JOIN missed_calls m ON m.channel = u.channel AND m.state <> 'closed'
                AND (m.user_handle = ANY(u.handles) OR m.contact = u.contact)
        ), merged AS (
            SELECT missed_user, (array_agg(call_id ORDER BY missed_at DESC, call_id))[1] AS newest, sum(calls)::int AS calls,
                min(coalesce(first_missed_at, missed_at)) AS first_missed_at, bool_or(state = 'assigned') AS is_assigned,
                (array_agg(assignee ORDER BY missed_at DESC) FILTER (WHERE assignee IS NOT NULL))[1] AS assignee,
                (array_agg(note ORDER BY missed_at DESC) FILTER (WHERE note IS NOT NULL))[1] AS note
            FROM entry GROUP BY missed_user HAVING count(*) > 1
        ), older AS (
            UPDATE missed_calls m SET state = 'closed', closed_at = now(), merged_into = merged.newest, version = m.version + 1
            FROM entry JOIN merged USING (missed_user) WHERE m.call_id = entry.call_id AND entry.call_id <> merged.newest
        )
        UPDATE missed_calls m
        SET calls = merged.calls, first_missed_at = merged.first_missed_at, assignee = merged.assignee, note = merged.note,
            state = CASE WHEN merged.is_assigned THEN 'assigned' ELSE 'open' END, version = m.version + 1
        FROM merged WHERE m.call_id = merged.newest;

        """;

    /// <summary>Closes the missed calls of users with whom the business has talked since, whoever called.</summary>
    public const string CloseMissed =
        """
        WITH closed AS (
            UPDATE missed_calls m SET state = 'closed', closed_at = now(), version = m.version + 1
            FROM jsonb_to_recordset(@Talks::jsonb)
                talk (id text, node text, channel text, contact bigint, handles text[], answered_at timestamptz)
            WHERE m.channel = talk.channel AND m.state <> 'closed' AND m.missed_at <= talk.answered_at
                AND (m.user_handle = ANY(talk.handles) OR m.contact = talk.contact)
            RETURNING m.call_id, talk.id, talk.node
        )
        INSERT INTO audit_entries (actor, action, subject, after)
        SELECT 'node:' || node, 'missed_call.close', 'missed_call:' || call_id, jsonb_build_object('talkedIn', id) FROM closed;

        """;

    /// <summary>Notes whom contacts talked to, unless a later call has been settled before.</summary>
    public const string NoteAgents =
        """
        UPDATE contacts c SET last_agent = talk.last_agent, last_agent_at = talk.last_agent_at
        FROM (
            SELECT DISTINCT ON (id) id, last_agent, last_agent_at
            FROM jsonb_populate_recordset(NULL::contacts, @LastAgents::jsonb) ORDER BY id, last_agent_at DESC) talk
        WHERE c.id = talk.id AND coalesce(c.last_agent_at <= talk.last_agent_at, true);

        """;
}
