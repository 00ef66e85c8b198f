using Dapper;
using Gateway.Calls;
using Gateway.Calls.Agents;
using Media.Protocols.Primitives;
using Npgsql;

namespace Gateway.Storage.Calls;

/// <summary>
/// Makes one event `agent.state_changed` of each change of an agent's shown state, however many nodes report it. What is known to be newer,
/// or says the same as the last event, adds none.
/// </summary>
public sealed class AgentStateStore(NpgsqlDataSource database)
{
    /// <summary>Who is seen for the first time, and is offline, has not changed.</summary>
    private const string Note =
        """
        WITH changed AS (
            INSERT INTO agent_states AS s (agent, state, reason, since) VALUES (@Agent, @State, @Reason, @Since)
            ON CONFLICT (agent) DO UPDATE
                SET state = excluded.state, reason = excluded.reason, since = excluded.since, before = s.state
                WHERE s.since < excluded.since AND (s.state, s.reason) IS DISTINCT FROM (excluded.state, excluded.reason)
            RETURNING *
        )
        INSERT INTO events (kind, at, call_id, data)
        SELECT 'agent.state_changed', since, @Call,
            jsonb_strip_nulls(jsonb_build_object('agent', agent, 'state', state, 'reason', reason, 'before', before))
        FROM changed WHERE before IS NOT NULL OR state <> 'offline'
        """;

    /// <summary>Takes changes of any agents, each agent's in the order in which they happened.</summary>
    public async Task NoteAsync(IReadOnlyList<AgentStatus> changes, CancellationToken cancellation)
    {
        // One order for all nodes, so that none waits for another that waits for it.
        var rows = changes.OrderBy(change => change.Agent.Value, StringComparer.Ordinal).ThenBy(change => change.Since).Select(change => new
        {
            Agent = change.Agent.Value,
            State = WireName.Of(change.State),
            Reason = CallRow.Clean(change.ShownReason),
            Since = change.Since.UtcDateTime,
            Call = change.Call?.Value,
        });
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(Note, rows, transaction, cancellationToken: cancellation));
        await transaction.CommitAsync(cancellation);
    }
}
