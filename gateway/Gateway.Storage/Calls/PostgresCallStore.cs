using Dapper;
using Gateway.Calls;
using Gateway.Calls.Permissions;
using Gateway.Calls.Quality;
using Gateway.Calls.Records;
using Gateway.Storage.Accounts;
using Media.Protocols.Primitives;
using Npgsql;

namespace Gateway.Storage.Calls;

/// <summary>Call records in PostgreSQL. Every write may be repeated: the first completion of a call is final.</summary>
public sealed class PostgresCallStore(NpgsqlDataSource database) : ICallStore
{
    private const string Answer =
        """
        WITH answered AS (
            INSERT INTO calls (
                id, direction, channel, user_phone, user_id, user_parent_id, user_name, user_username, started_at, node, node_start,
                answered_at, agent, agent_since, trunk, whatsapp_call_id, dialogs)
            SELECT
                id, direction, channel, user_phone, user_id, user_parent_id, user_name, user_username, started_at, node, node_start,
                answered_at, agent, agent_since, trunk, whatsapp_call_id, dialogs
            FROM jsonb_populate_recordset(NULL::calls, @calls::jsonb)
            ON CONFLICT (started_at, id) DO UPDATE SET
                answered_at = excluded.answered_at, agent = coalesce(excluded.agent, calls.agent),
                trunk = coalesce(excluded.trunk, calls.trunk),
                agent_since = CASE WHEN coalesce(excluded.agent, calls.agent) IS NOT NULL THEN excluded.answered_at END,
                whatsapp_call_id = coalesce(excluded.whatsapp_call_id, calls.whatsapp_call_id),
                dialogs = coalesce(excluded.dialogs, calls.dialogs)
            WHERE calls.answered_at IS NULL AND calls.ended_at IS NULL AND calls.owner_token = 1
            RETURNING *
        )
        INSERT INTO events (kind, at, channel, contact, call_id, data)
        SELECT 'call.answered', answered_at, channel,
            (SELECT c.id FROM contacts c WHERE c.channel = answered.channel
                AND (c.phone = answered.user_phone OR c.user_id = answered.user_id)
             ORDER BY c.user_id = answered.user_id DESC NULLS LAST LIMIT 1),
            id, jsonb_build_object('direction', direction, 'user', coalesce(user_phone, user_id, 'anonymous'), 'agent', agent, 'trunk',
            trunk)
        FROM answered
        """;

    private const string KeepDialogs =
        """
        WITH kept AS (
            UPDATE calls SET dialogs = @dialogs WHERE started_at = @startedAt AND id = @id AND ended_at IS NULL AND owner_token = 1
        )
        SELECT EXISTS (SELECT FROM calls WHERE started_at = @startedAt AND id = @id)
        """;

    private const string Talked =
        """
        UPDATE calls SET answered_at = greatest(started_at, @pickUp), whatsapp_call_id = coalesce(whatsapp_call_id, @whatsAppId)
        WHERE id = @id AND started_at > now() - interval '2 days' AND answered_at IS NULL AND ended_at IS NULL
        """;

    /// <summary>Of the last two days, as a claim in Redis is no older than one.</summary>
    private const string Knows = "SELECT EXISTS (SELECT FROM calls WHERE id = @Id AND started_at > now() - interval '2 days')";

    private const string Dialogs = "SELECT dialogs FROM calls WHERE id = @Id AND ended_at IS NULL";

    /// <summary>The lock that a settlement of the call takes too.</summary>
    private const string LockCall = "SELECT 1 FROM pg_advisory_xact_lock(hashtextextended(@id, 0))";

    private const string TakeOver =
        """
        WITH taken AS (
            UPDATE calls SET node = @node, node_start = @nodeStart, owner_token = @token
            WHERE started_at = @startedAt AND id = @id AND ended_at IS NULL AND owner_token < @token
            RETURNING id
        ), held AS (
            UPDATE holds SET node = @node, node_start = @nodeStart WHERE call_id IN (SELECT id FROM taken)
        )
        SELECT EXISTS (SELECT FROM taken)
        """;

    private const string Silent =
        """
        INSERT INTO events (kind, at, channel, contact, call_id, data)
        SELECT 'call.silent', @At, channel,
            (SELECT c.id FROM contacts c WHERE c.channel = calls.channel AND (c.phone = calls.user_phone OR c.user_id = calls.user_id)
             ORDER BY c.user_id = calls.user_id DESC NULLS LAST LIMIT 1),
            id, jsonb_build_object('leg', @Leg, 'trunk', trunk, 'agent', agent)
        FROM calls WHERE started_at = @StartedAt AND id = @Id
        """;

    private const string Degraded =
        """
        INSERT INTO events (kind, at, channel, contact, call_id, data)
        SELECT 'call.quality_degraded', @At, channel,
            (SELECT c.id FROM contacts c WHERE c.channel = calls.channel AND (c.phone = calls.user_phone OR c.user_id = calls.user_id)
             ORDER BY c.user_id = calls.user_id DESC NULLS LAST LIMIT 1),
            id, jsonb_build_object('leg', @Leg, 'fault', @Fault, 'cause', @Cause, 'mos', @Mos, 'lossRatio', @Loss, 'jitterMs', @Jitter,
            'roundTripMs', @RoundTrip, 'remoteLossRatio', @RemoteLoss, 'trunk', trunk, 'agent', agent)
        FROM calls WHERE started_at = @StartedAt AND id = @Id
        """;

    private const string Recovered =
        """
        INSERT INTO events (kind, at, channel, contact, call_id, data)
        SELECT 'call.quality_recovered', @At, channel,
            (SELECT c.id FROM contacts c WHERE c.channel = calls.channel AND (c.phone = calls.user_phone OR c.user_id = calls.user_id)
             ORDER BY c.user_id = calls.user_id DESC NULLS LAST LIMIT 1),
            id, jsonb_build_object('leg', @Leg, 'fault', @Fault, 'lastedMs', @LastedMs, 'mos', @Mos, 'trunk', trunk, 'agent', agent)
        FROM calls WHERE started_at = @StartedAt AND id = @Id
        """;

    /// <summary>Stores the start of an attempt by itself. With its admission, it is written there. Repeating it changes nothing.</summary>
    public Task BeginAsync(CallIdentity call, DateTimeOffset startedAt, CancellationToken cancellation) =>
        ExecuteAsync(PostgresAdmissionStore.Begin, CallRow.Of(call, startedAt), cancellation);

    public Task AnsweredAsync(IReadOnlyList<CallAnswer> answers, CancellationToken cancellation) => Repeating.OnConflictAsync(
        async () =>
        {
            var calls = StoredRows.Json(answers.DistinctBy(answer => answer.Call.Id)
                .OrderBy(answer => answer.Call.Id.Value, StringComparer.Ordinal).Select(CallRow.Of));
            await ExecuteAsync(Answer, new { calls }, cancellation);
            return answers.Count;
        },
        cancellation);

    public Task<bool> DialogsAsync(CallId call, DateTimeOffset startedAt, string dialogs, CancellationToken cancellation) =>
        ScalarAsync<bool>(KeepDialogs, new { id = call.Value, startedAt = startedAt.UtcDateTime, dialogs }, cancellation);

    public Task TalkedAsync(CallId call, WhatsAppCallId whatsAppId, DateTimeOffset pickUp, CancellationToken cancellation) => ExecuteAsync(
        Talked, new { id = call.Value, whatsAppId = whatsAppId.Value, pickUp = pickUp.UtcDateTime }, cancellation);

    /// <summary>A call of the last two days has a row, whether or not it has ended.</summary>
    public Task<bool> KnowsAsync(CallId call, CancellationToken cancellation) =>
        ScalarAsync<bool>(Knows, new { Id = call.Value }, cancellation);

    /// <summary>The dialogs of an answered call that has not ended, as its node wrote them; null: none.</summary>
    public Task<string?> FindDialogsAsync(CallId call, CancellationToken cancellation) =>
        ScalarAsync<string>(Dialogs, new { Id = call.Value }, cancellation);

    /// <summary>
    /// Makes a call, and what is held for it, another node's: records of the node that had it change nothing any more. False: it has ended,
    /// or a later owner has it.
    /// </summary>
    public Task<bool> TakeOverAsync(
        CallId call, DateTimeOffset startedAt, (string Node, string Start) by, long token, CancellationToken cancellation) =>
        database.InTransactionAsync(
            async transaction =>
            {
                var parameters = new { id = call.Value, startedAt = startedAt.UtcDateTime, node = by.Node, nodeStart = by.Start, token };
                await transaction.Connection!.ExecuteAsync(
                    new CommandDefinition(LockCall, parameters, transaction, cancellationToken: cancellation));
                return await transaction.Connection!.ExecuteScalarAsync<bool>(
                    new CommandDefinition(TakeOver, parameters, transaction, cancellationToken: cancellation));
            },
            cancellation);

    public Task SilentAsync(CallId call, DateTimeOffset startedAt, DateTimeOffset at, CallLeg leg, CancellationToken cancellation) =>
        ExecuteAsync(
            Silent, new { Id = call.Value, StartedAt = startedAt.UtcDateTime, At = at.UtcDateTime, Leg = WireName.Of(leg) }, cancellation);

    public Task DegradedAsync(
        CallId call, DateTimeOffset startedAt, DateTimeOffset at, Degradation degradation, CancellationToken cancellation)
    {
        var sample = degradation.Sample;
        return ExecuteAsync(
            Degraded,
            new
            {
                Id = call.Value, StartedAt = startedAt.UtcDateTime, At = at.UtcDateTime, Leg = WireName.Of(degradation.Leg),
                Fault = WireName.Of(degradation.Fault), Cause = WireName.Of(degradation.Cause), Mos = Rounded(sample.Mos, 2),
                Loss = Rounded(sample.LossRatio, 4), Jitter = Rounded(sample.JitterMs, 1), RoundTrip = Rounded(sample.RoundTripMs, 1),
                RemoteLoss = Rounded(sample.RemoteLossRatio, 4),
            },
            cancellation);
    }

    public Task RecoveredAsync(
        CallId call, DateTimeOffset startedAt, DateTimeOffset at, Recovery recovery, CancellationToken cancellation) => ExecuteAsync(
            Recovered,
            new
            {
                Id = call.Value, StartedAt = startedAt.UtcDateTime, At = at.UtcDateTime, Leg = WireName.Of(recovery.Leg),
                Fault = WireName.Of(recovery.Fault), LastedMs = (long)recovery.Lasted.TotalMilliseconds,
                Mos = Rounded(recovery.Sample.Mos, 2),
            },
            cancellation);

    public Task CompleteAsync(CallRecord record, CancellationToken cancellation) => CompleteAllAsync([record], null, cancellation);

    public Task CompleteAllAsync(IReadOnlyList<CallRecord> records, CancellationToken cancellation) =>
        CompleteAllAsync(records, null, cancellation);

    /// <summary>The same, with the calls' effects on the permissions of their users, whose contacts are created where missing.</summary>
    /// <param name="records">Calls that have ended.</param>
    /// <param name="limits">Null: permissions are somebody else's.</param>
    /// <param name="cancellation">The caller's token.</param>
    public Task CompleteAllAsync(IReadOnlyList<CallRecord> records, PermissionLimits? limits, CancellationToken cancellation) =>
        database.InTransactionAsync(transaction => new Settlement(transaction, records, limits, cancellation).RunAsync(), cancellation);

    public async Task<IReadOnlyList<CallRecord>> ListAsync(CallQuery query, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = await connection.QueryAsync<CallRow>(
            new CommandDefinition(CallPages.Sql(query), CallPages.Parameters(query), cancellationToken: cancellation));
        return [.. rows.Select(row => row.ToRecord())];
    }

    public async Task<CallRecord?> FindAsync(CallId call, CancellationToken cancellation)
    {
        const string find = $"SELECT {CallRow.Columns} FROM calls WHERE id = @id AND ended_at IS NOT NULL";
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var row = await connection.QueryFirstOrDefaultAsync<CallRow>(
            new CommandDefinition(find, new { id = call.Value }, cancellationToken: cancellation));
        return row?.ToRecord();
    }

    private static double? Rounded(double? value, int digits) => value is { } some ? Math.Round(some, digits) : null;

    private async Task<T?> ScalarAsync<T>(string sql, object parameters, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.ExecuteScalarAsync<T>(new CommandDefinition(sql, parameters, cancellationToken: cancellation));
    }

    private async Task ExecuteAsync(string sql, object parameters, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(sql, parameters, cancellationToken: cancellation));
    }
}
