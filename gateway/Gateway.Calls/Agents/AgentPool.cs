namespace Gateway.Calls.Agents;

/// <summary>
/// The state of agents and waiting calls in memory, with the rules of <see cref="IAgentRegistry"/>: what a node goes by while the shared
/// registry is unavailable, and the model that the shared one is tested against. One owner; time is an argument.
/// </summary>
/// <remarks>
/// Invariants: an agent rings for or talks in one call at most; a token is given once and only rises; a call waits once in a group.
/// </remarks>
/// <param name="lease">How long what is held or waits lasts without being kept; null: <see cref="AgentLeases.Length"/>.</param>
public sealed class AgentPool(TimeSpan? lease = null)
{
    private readonly TimeSpan _lease = lease ?? AgentLeases.Length;
    private readonly Dictionary<AgentId, PooledAgent> _agents = [];
    private readonly Dictionary<(GroupId Group, CallId Call), Waiting> _waiting = [];
    private readonly List<AgentStatus> _changed = [];
    private readonly HashSet<GroupId> _changedGroups = [];
    private long _offers;

    /// <summary>What has changed since this was last asked: agents in the order of their changes, each group once.</summary>
    public IReadOnlyList<AgentsChange> TakeChanges()
    {
        AgentsChange[] changes = [
            .. _changed.Select(status => new AgentsChange.OfAgent(status)),
            .. _changedGroups.Select(group => new AgentsChange.OfGroup(group))];
        _changed.Clear();
        _changedGroups.Clear();
        return changes;
    }

    public void Define(Agent agent, DateTimeOffset now)
    {
        Expire(now);
        if (!_agents.TryGetValue(agent.Id, out var entry))
            _agents[agent.Id] = entry = new PooledAgent(agent.Id, now);
        if (entry.IsSignedIn)
            _changedGroups.UnionWith(entry.Groups.Keys.Concat(agent.Groups.Select(group => group.Group)));
        entry.Groups = agent.Groups.ToDictionary(group => group.Group);
    }

    public void Restore(Agent agent, AgentStatus known, DateTimeOffset now)
    {
        var isLost = !_agents.ContainsKey(agent.Id);
        Define(agent, now);
        var entry = _agents[agent.Id];
        if (!isLost && entry.Token >= known.Token)
            return; // or who restored it first knew less
        entry.Become(known, now + _lease, isNews: !isLost);
        Note(entry, now);
        if (entry.IsSignedIn)
            _changedGroups.UnionWith(entry.Groups.Keys);
        Expire(now);
    }

    /// <summary>
    /// Takes over what the shared registry says of an agent. Who is held there is not free here until it says so; groups are not in it.
    /// </summary>
    public void See(AgentStatus status)
    {
        if (!_agents.TryGetValue(status.Agent, out var entry))
            _agents[status.Agent] = entry = new PooledAgent(status.Agent, status.Since);
        if (status.Token >= entry.Token)
            entry.Become(status, DateTimeOffset.MaxValue);
    }

    public void Forget(AgentId id, DateTimeOffset now)
    {
        Expire(now);
        if (!_agents.Remove(id, out var agent) || !agent.IsSignedIn)
            return;
        _changedGroups.UnionWith(agent.Groups.Keys);
        var since = agent.NextSince(now);
        _changed.Add(new AgentStatus(id, AgentPresence.Offline, null, AgentActivity.None, false, null, since) { Token = agent.Token });
    }

    public TakeResult Take(TakeRequest request, DateTimeOffset now)
    {
        Expire(now);
        PooledAgent[] members = [.. request.Group is { } group
            ? _agents.Values.Where(agent => agent.Groups.ContainsKey(group))
            : request.Agents.Distinct().Select(_agents.GetValueOrDefault).OfType<PooledAgent>()];
        var signedIn = members.Count(agent => agent.IsSignedIn);
        PooledAgent[] available = [.. members.Where(agent => agent.State == AgentState.Available)];
        var isEarly = request is { InTurn: true, Group: { } queue } && Before(queue, request.Call) >= available.Length;
        if (isEarly)
            return new TakeResult([], signedIn);
        var chosen = Ordered(available, request).Where(agent => !request.Except.Contains(agent.Id)).Take(request.Count).ToArray();
        foreach (var agent in chosen)
            Take(agent, request.Call, AgentActivity.Ringing, now);
        return new TakeResult([.. chosen.Select(agent => new TakenAgent(agent.Id, agent.Token))], signedIn);
    }

    public TakenAgent? TakeBusy(AgentId id, CallId call, DateTimeOffset now)
    {
        Expire(now);
        if (!_agents.TryGetValue(id, out var agent) || agent.IsHeld)
            return null;
        Take(agent, call, AgentActivity.Busy, now);
        return new TakenAgent(id, agent.Token);
    }

    public bool Answer(AgentId id, long token, DateTimeOffset now)
    {
        if (Held(id, token, now) is not { Activity: AgentActivity.Ringing } agent)
            return false;
        agent.Answer();
        Note(agent, now);
        return true;
    }

    public bool Release(AgentId id, long token, TimeSpan wrapUp, DateTimeOffset now)
    {
        if (Held(id, token, now) is not { } agent)
            return false;
        agent.Released = token;
        agent.Free(wrapUp, now);
        Note(agent, now);
        return true;
    }

    public void EndWrapUp(AgentId id, DateTimeOffset now)
    {
        Expire(now);
        if (!_agents.TryGetValue(id, out var agent) || agent.Activity != AgentActivity.WrapUp)
            return;
        agent.Free(TimeSpan.Zero, now);
        Note(agent, now);
    }

    public bool SetPresence(AgentId id, AgentPresence presence, string? reason, DateTimeOffset now)
    {
        Expire(now);
        if (!_agents.TryGetValue(id, out var agent))
            return false;
        (agent.Presence, agent.Reason) = (presence, presence == AgentPresence.Away ? reason : null);
        Note(agent, now);
        return true;
    }

    public void SetBusyAtPbx(AgentId id, bool isBusy, DateTimeOffset now)
    {
        Expire(now);
        if (!_agents.TryGetValue(id, out var agent))
            return;
        agent.BusyAtPbx = isBusy;
        Note(agent, now);
    }

    public KeepResult Keep(IReadOnlyList<HeldAgent> held, IReadOnlyList<WaitingCall> waiting, DateTimeOffset now)
    {
        Expire(now);
        var lost = new List<HeldAgent>();
        foreach (var one in held)
            if (_agents.TryGetValue(one.Agent.Agent, out var agent) && !Restore(agent, one, now))
                lost.Add(one);
        foreach (var call in waiting)
            Wait(call, now);
        return new KeepResult(lost, Generation: 0);
    }

    public void Join(WaitingCall call, DateTimeOffset now)
    {
        Expire(now);
        Wait(call, now);
    }

    public void Leave(CallId call, GroupId group, DateTimeOffset now)
    {
        Expire(now);
        if (_waiting.Remove((group, call)))
            _changedGroups.Add(group);
    }

    public IReadOnlyList<WaitingCall> InLine(GroupId group, DateTimeOffset now)
    {
        Expire(now);
        return [.. Line(group)];
    }

    public IReadOnlyList<AgentStatus> List(DateTimeOffset now)
    {
        Expire(now);
        return [.. _agents.Values.Select(agent => agent.Status)];
    }

    public AgentStatus? Find(AgentId id, DateTimeOffset now)
    {
        Expire(now);
        return _agents.GetValueOrDefault(id)?.Status;
    }

    private void Wait(WaitingCall call, DateTimeOffset now)
    {
        if (_waiting.GetValueOrDefault((call.Group, call.Call))?.Call != call)
            _changedGroups.Add(call.Group);
        _waiting[(call.Group, call.Call)] = new Waiting(call, now + _lease);
    }

    /// <summary>The number of calls that are served before this one: all, where it does not wait.</summary>
    private int Before(GroupId group, CallId call) => Line(group).TakeWhile(waiting => waiting.Call != call).Count();

    private IEnumerable<WaitingCall> Line(GroupId group) => _waiting.Values.Select(waiting => waiting.Call)
        .Where(call => call.Group == group)
        .OrderByDescending(call => call.Priority).ThenBy(call => call.Since).ThenBy(call => call.Call.Value, StringComparer.Ordinal);

    private static IEnumerable<PooledAgent> Ordered(PooledAgent[] available, TakeRequest request)
    {
        var list = request.Agents.ToList();
        AgentMembership In(PooledAgent agent) =>
            request.Group is { } group ? agent.Groups[group] : new AgentMembership(default, 1, list.IndexOf(agent.Id));
        var ordered = request.Order switch
        {
            AgentOrder.InOrder => available.OrderBy(agent => In(agent).Order),
            AgentOrder.RoundRobin => available.OrderBy(agent => agent.Offer),
            AgentOrder.LongestIdle => available.OrderBy(agent => agent.IdleSince),
            _ => available.OrderByDescending(agent => In(agent).Skill).ThenBy(agent => agent.IdleSince),
        };
        return ordered.ThenBy(agent => agent.Id.Value, StringComparer.Ordinal);
    }

    private void Take(PooledAgent agent, CallId call, AgentActivity activity, DateTimeOffset now)
    {
        agent.Offer = ++_offers;
        agent.Hold(Math.Max(agent.Token + 1, Microseconds(now)), call, activity, now + _lease);
        Note(agent, now);
    }

    /// <summary>Tokens begin here, so that they rise too over the loss of all that was stored.</summary>
    private static long Microseconds(DateTimeOffset now) => (now - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private PooledAgent? Held(AgentId id, long token, DateTimeOffset now)
    {
        Expire(now);
        return _agents.TryGetValue(id, out var agent) && agent.IsHeld && agent.Held == token ? agent : null;
    }

    /// <summary>
    /// False: a later call has the agent, or the one that talks. One who was lost and is free again is restored, since that phone rings or
    /// is in use. Who talks is taken from a later call that rings: while the shared registry stood still this could not be said there. The
    /// call that has the agent may name an earlier token: Redis took the agent too, and its answer came too late.
    /// </summary>
    private bool Restore(PooledAgent agent, HeldAgent held, DateTimeOffset now)
    {
        var token = held.Agent.Token;
        if (token == agent.Released)
            return true; // given back meanwhile
        var isSameCall = agent.Call == held.Call;
        var isLater = agent.Held >= token && !(held.IsBusy && agent.Activity == AgentActivity.Ringing);
        if (agent.IsHeld && !isSameCall && isLater)
            return false;
        var isBusy = held.IsBusy || isSameCall && agent.Activity == AgentActivity.Busy;
        agent.Hold(token, held.Call, isBusy ? AgentActivity.Busy : AgentActivity.Ringing, now + _lease);
        Note(agent, now);
        return true;
    }

    /// <summary>What was not renewed in time is free, and a wrap-up that is over is over.</summary>
    private void Expire(DateTimeOffset now)
    {
        foreach (var agent in _agents.Values)
            if (agent.Activity != AgentActivity.None && agent.Until <= now)
            {
                agent.Free(TimeSpan.Zero, agent.Until);
                Note(agent, agent.Until);
            }
        foreach (var (key, waiting) in _waiting)
            if (waiting.Until <= now)
            {
                _waiting.Remove(key);
                _changedGroups.Add(key.Group);
            }
    }

    private void Note(PooledAgent agent, DateTimeOffset now)
    {
        if (agent.Note(now) is not { } status)
            return;
        _changed.Add(status);
        var becameAvailable = status.State == AgentState.Available && agent.Was.State != AgentState.Available;
        if (becameAvailable || PooledAgent.IsSignedInAs(status) != PooledAgent.IsSignedInAs(agent.Was))
            _changedGroups.UnionWith(agent.Groups.Keys);
        agent.Publish();
    }

    private sealed record Waiting(WaitingCall Call, DateTimeOffset Until);
}
