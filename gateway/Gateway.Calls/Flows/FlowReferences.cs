namespace Gateway.Calls.Flows;

/// <summary>The names that a flow may use: what the store and the node's configuration have.</summary>
/// <param name="Groups">All groups.</param>
/// <param name="Agents">All agents.</param>
/// <param name="Audio">All audio files, in whatever language.</param>
/// <param name="Trunks">The node's trunks; null: they are not known, and none is refused.</param>
/// <param name="MayRecord">The node records messages.</param>
public sealed record FlowReferences(
    IReadOnlySet<GroupId> Groups, IReadOnlySet<AgentId> Agents, IReadOnlySet<string> Audio, IReadOnlySet<string>? Trunks, bool MayRecord);
