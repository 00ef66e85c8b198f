namespace Gateway.Calls.Agents;

/// <summary>The order in which available agents are chosen.</summary>
public enum AgentOrder
{
    /// <summary>By their place in the group (<see cref="AgentMembership.Order"/>), or in the list.</summary>
    InOrder,

    /// <summary>The one who was rung the longest time ago.</summary>
    RoundRobin,

    /// <summary>The one whose last call, or rest, ended the longest time ago.</summary>
    LongestIdle,

    /// <summary>The highest skill; of equals the longest idle.</summary>
    MostSkilled,
}

/// <summary>A request to take agents for a call before their phones ring.</summary>
/// <param name="Call">For which call.</param>
/// <param name="Node">The node that runs the call, and that keeps the agents taken (<see cref="IAgentRegistry.KeepAsync"/>).</param>
/// <param name="Group">The group to choose from; null: from <paramref name="Agents"/>.</param>
/// <param name="Agents">Where <paramref name="Group"/> is null, the agents to choose from; otherwise empty.</param>
/// <param name="Order">The order in which they are chosen.</param>
/// <param name="Count">How many at most.</param>
/// <param name="Except">Agents who are not to be taken: those who were rung for this call.</param>
/// <param name="InTurn">Only when it is the call's turn in the group's queue: as many agents are available as calls are before it, and one
/// more. Before a call that does not wait there are all that do.</param>
public sealed record TakeRequest(
    CallId Call, string Node, GroupId? Group, IReadOnlyList<AgentId> Agents, AgentOrder Order, int Count, IReadOnlyList<AgentId> Except,
    bool InTurn = false);

/// <summary>An agent who is taken.</summary>
/// <param name="Agent">Who.</param>
/// <param name="Token">The fencing token: rises with each time the agent is taken. Whoever does not have the last one has lost the
/// agent.</param>
public readonly record struct TakenAgent(AgentId Agent, long Token);

/// <summary>The result of <see cref="IAgentRegistry.TakeAsync"/>.</summary>
/// <param name="Agents">Those taken, in the order chosen; empty: none was available, or it was not the call's turn.</param>
/// <param name="SignedIn">The number of agents of the group (or list) who are not offline: 0 means that waiting is in vain.</param>
public sealed record TakeResult(IReadOnlyList<TakenAgent> Agents, int SignedIn);

/// <summary>A call that waits for an agent of a group.</summary>
/// <param name="Call">The call.</param>
/// <param name="Group">For whom it waits.</param>
/// <param name="Priority">0 to 9; the higher is served first.</param>
/// <param name="Since">When it began to wait: of equal priority the first is served first.</param>
/// <param name="Node">The node that runs it.</param>
public sealed record WaitingCall(CallId Call, GroupId Group, int Priority, DateTimeOffset Since, string Node);

/// <summary>
/// The cluster's shared state of agents and of the calls that wait for them. Everything is one atomic step: an agent is taken before a
/// phone rings, and is in one call at most. It can be lost without losing a call: each node restores what its calls hold.
/// </summary>
public interface IAgentRegistry
{
    /// <summary>
    /// Another node has taken a call over, with what it holds: this one is not to keep that any more. Nothing is given back.
    /// </summary>
    void LetGo(CallId call) { }

    /// <summary>A call of another node goes on here, with the agent whom it keeps busy.</summary>
    void TakeOver(CallId call, TakenAgent agent) { }

    /// <summary>Makes an agent known, or changes the groups; the state stays. A new agent is offline.</summary>
    Task DefineAsync(Agent agent, CancellationToken cancellation);

    /// <summary>
    /// The same where the registry may have lost the agent: one whom it does not know is as <paramref name="known"/> says, and held for
    /// one lease by the call that had the agent, which then renews it. So is one of whom it knows an earlier token: another node may have
    /// restored the agent first, and knew less.
    /// </summary>
    Task RestoreAsync(Agent agent, AgentStatus known, CancellationToken cancellation);

    /// <summary>Forgets an agent. Who talks goes on talking, and is gone afterwards.</summary>
    Task ForgetAsync(AgentId agent, CancellationToken cancellation);

    /// <summary>Takes available agents for a call: each is ringing from then on, and no other call gets them.</summary>
    Task<TakeResult> TakeAsync(TakeRequest request, CancellationToken cancellation);

    /// <summary>
    /// Marks an agent as busy without having been rung: the agent dialled. False: another call has the agent, who is then not marked.
    /// </summary>
    Task<TakenAgent?> TakeBusyAsync(AgentId agent, CallId call, string node, CancellationToken cancellation);

    /// <summary>The agent who rings has answered. False: the token is not the last one, so the agent is not this call's any more.</summary>
    Task<bool> AnswerAsync(AgentId agent, long token, CancellationToken cancellation);

    /// <summary>Gives an agent back, after <paramref name="wrapUp"/> (zero: at once). False: the token is not the last one.</summary>
    Task<bool> ReleaseAsync(AgentId agent, long token, TimeSpan wrapUp, CancellationToken cancellation);

    /// <summary>Ends the wrap-up of an agent early; nothing where there is none.</summary>
    Task EndWrapUpAsync(AgentId agent, CancellationToken cancellation);

    /// <summary>Sets what the agent has chosen. False: there is no such agent.</summary>
    Task<bool> SetPresenceAsync(AgentId agent, AgentPresence presence, string? reason, CancellationToken cancellation);

    /// <summary>Notes whether the PBX has the agent in a call of its own.</summary>
    Task SetBusyAtPbxAsync(AgentId agent, bool isBusy, CancellationToken cancellation);

    /// <summary>
    /// Renews what this node's calls hold: agents taken and calls that wait. What is not renewed for
    /// <see cref="AgentLeases.Length"/> is free again. What the store has lost is restored. Of two calls that hold an agent the one that
    /// talks keeps the agent, else the one with the later token; the other is named in the result, and has the agent again once that one
    /// has given the agent back.
    /// </summary>
    Task<KeepResult> KeepAsync(
        string node, IReadOnlyList<HeldAgent> agents, IReadOnlyList<WaitingCall> waiting, CancellationToken cancellation);

    /// <summary>A call begins to wait, or goes on waiting with another priority.</summary>
    Task JoinAsync(WaitingCall call, CancellationToken cancellation);

    /// <summary>A call no longer waits for this group.</summary>
    Task LeaveAsync(CallId call, GroupId group, CancellationToken cancellation);

    /// <summary>All calls that wait for a group, in the order in which they are served.</summary>
    Task<IReadOnlyList<WaitingCall>> WaitingAsync(GroupId group, CancellationToken cancellation);

    /// <summary>All agents; those never heard of are not in it.</summary>
    Task<IReadOnlyList<AgentStatus>> ListAsync(CancellationToken cancellation);

    /// <summary>Null: there is no such agent.</summary>
    Task<AgentStatus?> FindAsync(AgentId agent, CancellationToken cancellation);

    /// <summary>
    /// What changes at any node, until cancelled; <see cref="AgentsChange.Missed"/> is the first, when it listens. A change may be reported
    /// twice. A wrap-up or lease that ends with nobody asking is noticed by the next operation of any node, <see cref="KeepAsync"/> at the
    /// latest.
    /// </summary>
    IAsyncEnumerable<AgentsChange> ChangesAsync(CancellationToken cancellation);
}

/// <summary>The result of <see cref="IAgentRegistry.KeepAsync"/>.</summary>
/// <param name="Lost">Those whom a later call has: an agent who rings for the earlier one is to ring no more.</param>
/// <param name="Generation">Another number than before means that the registry was emptied meanwhile.</param>
public sealed record KeepResult(IReadOnlyList<HeldAgent> Lost, long Generation)
{
    /// <summary>The nodes that have renewed within one lease, in any order.</summary>
    public IReadOnlyList<string> Nodes { get; init; } = [];

    /// <summary>The time since the registry was empty.</summary>
    public TimeSpan Age { get; init; } = TimeSpan.MaxValue;
}

/// <summary>An agent whom a call of this node holds.</summary>
/// <param name="Agent">Who, by which token.</param>
/// <param name="Call">The call.</param>
/// <param name="IsBusy">False: still ringing.</param>
public sealed record HeldAgent(TakenAgent Agent, CallId Call, bool IsBusy);

/// <summary>The time for which what a node holds lasts without being renewed.</summary>
public static class AgentLeases
{
    /// <summary>
    /// Longer than most nodes that live are cut off from the store: whom their calls hold would be rung for others. A dead node's calls are
    /// taken over, and with them their agents, long before.
    /// </summary>
    public static readonly TimeSpan Length = TimeSpan.FromSeconds(10);

    /// <summary>The time from one renewal to the next.</summary>
    public static readonly TimeSpan Renewal = TimeSpan.FromSeconds(1);
}
