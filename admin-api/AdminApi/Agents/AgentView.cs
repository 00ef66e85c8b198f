using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Calls.Agents;

namespace AdminApi.Agents;

/// <summary>An agent with the state of now.</summary>
/// <param name="Id">The name in flows and records.</param>
/// <param name="Name">For people.</param>
/// <param name="Groups">The groups that the agent belongs to.</param>
/// <param name="Phones">The phones that ring together.</param>
/// <param name="Channel">The business number that the agent's own calls go out by; null: that of the trunk.</param>
/// <param name="State">What the agent does now.</param>
/// <param name="Version">The value for If-Match, in quotes.</param>
public sealed record AgentView(
    AgentId Id, string Name, IReadOnlyList<AgentMembership> Groups, IReadOnlyList<AgentPhone> Phones, ChannelId? Channel,
    AgentStateView State, long Version) : IVersioned
{
    public static AgentView Of(Agent agent, AgentStatus? status) =>
        new(agent.Id, agent.Name, agent.Groups, agent.Phones, agent.Channel, AgentStateView.Of(status), agent.Version);
}

/// <summary>What an agent does.</summary>
/// <param name="State">Derived from what the agent has chosen and what calls do.</param>
/// <param name="Presence">What the agent has chosen; lasts over calls.</param>
/// <param name="Reason">The reason for being away.</param>
/// <param name="CallId">The call that rings the agent, or that the agent is in.</param>
/// <param name="Since">From when on the state is the one it is; null: never signed in.</param>
public sealed record AgentStateView(AgentState State, AgentPresence Presence, string? Reason, string? CallId, DateTimeOffset? Since)
{
    /// <param name="status">Null: the registry has not heard of the agent, who is offline.</param>
    public static AgentStateView Of(AgentStatus? status) => status is null
        ? new AgentStateView(AgentState.Offline, AgentPresence.Offline, null, null, null)
        : new AgentStateView(status.State, status.Presence, status.Reason, status.Call?.Value, status.Since);
}
