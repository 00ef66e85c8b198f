namespace Gateway.Worker.Tests.ContactCentre;

/// <summary>What a call record says of agents, as PostgreSQL has it.</summary>
internal sealed record CentreRow
{
    public const string Sql =
        """
        SELECT id, cause, agent, agent_id AS AgentId, flow, flow_version AS FlowVersion, agent_group AS AgentGroup, started_at AS StartedAt,
            ARRAY(SELECT earlier->>'agent' FROM jsonb_array_elements(coalesce(earlier_agents, '[]')) earlier) AS EarlierAgents,
            waited_from AS WaitedFrom, answered_at AS AnsweredAt, agent_answered_at AS AgentAnsweredAt, ended_at AS EndedAt, trunk
        FROM calls WHERE whatsapp_call_id = @Id
        """;

    public string Id { get; init; } = "";
    public string? Cause { get; init; }
    public string? Trunk { get; init; }
    public string? Agent { get; init; }
    public string? AgentId { get; init; }
    public string[] EarlierAgents { get; init; } = [];
    public string? Flow { get; init; }
    public long? FlowVersion { get; init; }
    public string? AgentGroup { get; init; }
    public DateTime StartedAt { get; init; }
    public DateTime? WaitedFrom { get; init; }
    public DateTime? AnsweredAt { get; init; }
    public DateTime? AgentAnsweredAt { get; init; }
    public DateTime? EndedAt { get; init; }

    /// <summary>Who had the call, by which way.</summary>
    public (string? Agent, string? Flow, string? Group) Way => (AgentId, Flow, AgentGroup);
}
