namespace Gateway.Calls.Flows;

/// <summary>The names that a flow may use: what the store and the node's configuration have.</summary>
public sealed record FlowReferences(
    IReadOnlySet<GroupId> Groups, IReadOnlySet<AgentId> Agents, IReadOnlySet<string> Audio, IReadOnlySet<string>? Trunks, bool MayRecord);
