namespace Gateway.Calls.Agents;

/// <summary>A change in the registry, as it is published to every node: a closed family.</summary>
public abstract record AgentsChange
{
    private AgentsChange() { }

    /// <summary>An agent of the group may be rung, or has come or gone, or the calls that wait have changed: these may try.</summary>
    public sealed record OfGroup(GroupId Group) : AgentsChange;

    /// <summary>An agent's status has changed to this one.</summary>
    public sealed record OfAgent(AgentStatus Status) : AgentsChange;

    /// <summary>Changes may have been missed (no registry, or a slow reader): everything may be different.</summary>
    public sealed record Missed : AgentsChange;
}
