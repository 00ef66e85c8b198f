using Dapper;
using Gateway.Calls;
using Npgsql;

namespace Gateway.Storage.Calls;

/// <summary>A call that begins to wait for an agent.</summary>
/// <param name="Call">The call.</param>
/// <param name="StartedAt">Its start.</param>
/// <param name="At">From when on it waits.</param>
/// <param name="Group">Whose queue.</param>
/// <param name="Flow">The flow that led it there.</param>
/// <param name="FlowVersion">Its version.</param>
/// <param name="Priority">0 to 9; the higher is served first.</param>
public sealed record QueuedCall(
    CallId Call, DateTimeOffset StartedAt, DateTimeOffset At, GroupId? Group, FlowId Flow, long FlowVersion, int Priority = 0);

/// <summary>Phones that begin to ring for a call.</summary>
/// <param name="Call">The call.</param>
/// <param name="StartedAt">Its start.</param>
/// <param name="At">From when on they ring.</param>
/// <param name="Agents">Whose they are; empty: a PBX knows, or it is the user's.</param>
/// <param name="Group">For which group; null: for none.</param>
public sealed record RingingCall(CallId Call, DateTimeOffset StartedAt, DateTimeOffset At, IReadOnlyList<AgentId> Agents, GroupId? Group);

/// <summary>
/// What happens between a call and agents while it runs: kept in its row, so that a call cut short by a crash shows it too, and written as
/// events. The record says all of it again when the call is settled. Everything may be repeated.
/// </summary>
public sealed class AgentCallStore(NpgsqlDataSource database)
{
    /// <summary>The first wait counts. An event for each group that the call waits for.</summary>
    private const string Queue =
        """
        WITH queued AS (
            UPDATE calls SET flow = @Flow, flow_version = @FlowVersion, agent_group = @Group, waited_from = coalesce(waited_from, @At)
            WHERE started_at = @StartedAt AND id = @Id AND ended_at IS NULL AND agent_answered_at IS NULL
                AND NOT (waited_from IS NOT NULL AND agent_group IS NOT DISTINCT FROM @Group)
            RETURNING *
        )
        INSERT INTO events (kind, at, channel, contact, call_id, data)
        SELECT 'call.queued', @At, channel,
            (SELECT c.id FROM contacts c WHERE c.channel = queued.channel AND (c.phone = queued.user_phone OR c.user_id = queued.user_id)
             ORDER BY c.user_id = queued.user_id DESC NULLS LAST LIMIT 1),
            id, jsonb_build_object('user', coalesce(user_phone, user_id, 'anonymous'), 'group', agent_group, 'flow', flow,
                'priority', @Priority)
        FROM queued
        """;

    private const string Ring =
        """
        INSERT INTO events (kind, at, channel, contact, call_id, data)
        SELECT 'call.ringing', @At, channel,
            (SELECT c.id FROM contacts c WHERE c.channel = calls.channel AND (c.phone = calls.user_phone OR c.user_id = calls.user_id)
             ORDER BY c.user_id = calls.user_id DESC NULLS LAST LIMIT 1),
            id, jsonb_build_object('direction', direction, 'user', coalesce(user_phone, user_id, 'anonymous'),
                'agents', to_jsonb(@Agents), 'group', @Group)
        FROM calls WHERE started_at = @StartedAt AND id = @Id AND ended_at IS NULL
        """;

    private const string Answer =
        """
        UPDATE calls SET agent_id = @agent, agent_answered_at = @at
        WHERE started_at = @startedAt AND id = @id AND ended_at IS NULL AND agent_answered_at IS NULL
        """;

    /// <summary>A call begins to wait for an agent; the event `call.queued` says so.</summary>
    public Task QueuedAsync(QueuedCall call, CancellationToken cancellation) => ExecuteAsync(
        Queue,
        new
        {
            Id = call.Call.Value, StartedAt = call.StartedAt.UtcDateTime, At = call.At.UtcDateTime, Group = call.Group?.Value,
            Flow = call.Flow.Value, call.FlowVersion, call.Priority,
        },
        cancellation);

    /// <summary>Phones ring; the event `call.ringing` says whose.</summary>
    public Task RingingAsync(RingingCall call, CancellationToken cancellation) => ExecuteAsync(
        Ring,
        new
        {
            Id = call.Call.Value, StartedAt = call.StartedAt.UtcDateTime, At = call.At.UtcDateTime,
            Agents = call.Agents.Select(agent => agent.Value).ToArray(), Group = call.Group?.Value,
        },
        cancellation);

    /// <summary>The first agent answers.</summary>
    public Task AnsweredAsync(CallId call, DateTimeOffset startedAt, DateTimeOffset at, AgentId agent, CancellationToken cancellation) =>
        ExecuteAsync(
            Answer, new { id = call.Value, startedAt = startedAt.UtcDateTime, at = at.UtcDateTime, agent = agent.Value }, cancellation);

    private async Task ExecuteAsync(string sql, object parameters, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(sql, parameters, cancellationToken: cancellation));
    }
}
