namespace Gateway.Calls.Agents;

/// <summary>The state of an agent, as it is shown. It is derived from what the agent has chosen and what the calls do.</summary>
public enum AgentState
{
    /// <summary>The agent does not work, or has no phone that can be reached.</summary>
    Offline,

    /// <summary>May be rung.</summary>
    Available,

    /// <summary>Rung for one call, and for no other.</summary>
    Ringing,

    /// <summary>In a call, of the gateway or of the PBX alone.</summary>
    Busy,

    /// <summary>A call is over, and its work is not.</summary>
    WrapUp,

    /// <summary>At work and not to be rung; there is a reason.</summary>
    Away,
}

/// <summary>What the agent has chosen: lasts over calls.</summary>
public enum AgentPresence
{
    Offline,
    Available,
    Away,
}

/// <summary>What a call of the gateway does with the agent.</summary>
public enum AgentActivity
{
    None,
    Ringing,
    Busy,
    WrapUp,
}

/// <summary>An agent at one moment.</summary>
/// <param name="Agent">Whose.</param>
/// <param name="Presence">What the agent has chosen.</param>
/// <param name="Reason">The reason for being away.</param>
/// <param name="Activity">What a call does with the agent.</param>
/// <param name="BusyAtPbx">The PBX reports a call that the gateway does not carry.</param>
/// <param name="Call">The call that rings the agent, or that the agent is in.</param>
/// <param name="Since">From when on the state, and the reason shown with it, is the one it is: of two states of an agent the later one has
/// the later time, even where a clock was set back.</param>
public sealed record AgentStatus(
    AgentId Agent, AgentPresence Presence, string? Reason, AgentActivity Activity, bool BusyAtPbx, CallId? Call, DateTimeOffset Since)
{
    /// <summary>The last token given for the agent; 0: never taken.</summary>
    public long Token { get; init; }

    /// <summary>The end of the wrap-up; null: there is none.</summary>
    public DateTimeOffset? WrapUpUntil { get; init; }

    /// <summary>The reason that is shown with the state: only that of being away.</summary>
    public string? ShownReason => State == AgentState.Away ? Reason : null;

    public AgentState State => Activity switch
    {
        AgentActivity.Ringing => AgentState.Ringing,
        AgentActivity.Busy => AgentState.Busy,
        _ when BusyAtPbx => AgentState.Busy,
        AgentActivity.WrapUp => AgentState.WrapUp,
        _ => Presence switch
        {
            AgentPresence.Available => AgentState.Available,
            AgentPresence.Away => AgentState.Away,
            _ => AgentState.Offline,
        },
    };
}
