namespace Gateway.Calls.Agents;

/// <summary>
/// The state of agents and waiting calls in memory, with the rules of <see cref="IAgentRegistry"/>: what a node goes by while the shared
/// registry is unavailable, and the model that the shared one is tested against. One owner; time is an argument.
/// </summary>
/// <remarks>
/// Invariants: an agent rings for or talks in one call at most; a token is given once and only rises; a call waits once in a group.
/// </remarks>
public sealed class AgentPool
{
    private readonly Dictionary<AgentId, Entry> _agents = [];
    private readonly Dictionary<(GroupId Group, CallId Call), Waiting> _waiting = [];
    private long _offers;

    public void Define(Agent agent, DateTimeOffset now)
    {
        if (!_agents.TryGetValue(agent.Id, out var entry))
            _agents[agent.Id] = entry = new Entry(agent.Id) { Since = now, IdleSince = now };
        entry.Groups = agent.Groups.ToDictionary(group => group.Group);
    }

    public void Forget(AgentId agent) => _agents.Remove(agent);

    public TakeResult Take(TakeRequest request, DateTimeOffset now)
    {
        Expire(now);
        Entry[] members = [.. request.Group is { } group
            ? _agents.Values.Where(agent => agent.Groups.ContainsKey(group))
            : request.Agents.Distinct().Select(_agents.GetValueOrDefault).OfType<Entry>()];
        var signedIn = members.Count(agent => agent.Presence != AgentPresence.Offline || agent.Activity != AgentActivity.None);
        Entry[] available = [.. members.Where(agent => agent.State == AgentState.Available)];
        var isEarly = request is { InTurn: true, Group: { } queue }
            && (Place(queue, request.Call) is not { } place || place >= available.Length);
        if (isEarly)
            return new TakeResult([], signedIn);
        var chosen = Ordered(available, request).Where(agent => !request.Except.Contains(agent.Id)).Take(request.Count).ToArray();
        foreach (var agent in chosen)
            Take(agent, request.Call, request.Node, AgentActivity.Ringing, now);
        return new TakeResult([.. chosen.Select(agent => new TakenAgent(agent.Id, agent.Token))], signedIn);
    }

    public TakenAgent? TakeBusy(AgentId id, CallId call, string node, DateTimeOffset now)
    {
        Expire(now);
        if (!_agents.TryGetValue(id, out var agent) || agent.Activity is AgentActivity.Ringing or AgentActivity.Busy)
            return null;
        Take(agent, call, node, AgentActivity.Busy, now);
        return new TakenAgent(id, agent.Token);
    }

    public bool Answer(AgentId id, long token, DateTimeOffset now)
    {
        if (Held(id, token, now) is not { Activity: AgentActivity.Ringing } agent)
            return false;
        agent.Enter(AgentActivity.Busy, now);
        return true;
    }

    public bool Release(AgentId id, long token, TimeSpan wrapUp, DateTimeOffset now)
    {
        if (Held(id, token, now) is not { Activity: AgentActivity.Ringing or AgentActivity.Busy } agent)
            return false;
        agent.Free(wrapUp, now);
        return true;
    }

    public void EndWrapUp(AgentId id, DateTimeOffset now)
    {
        if (_agents.TryGetValue(id, out var agent) && agent.Activity == AgentActivity.WrapUp)
            agent.Free(TimeSpan.Zero, now);
    }

    public bool SetPresence(AgentId id, AgentPresence presence, string? reason, DateTimeOffset now)
    {
        Expire(now);
        if (!_agents.TryGetValue(id, out var agent))
            return false;
        var before = agent.State;
        (agent.Presence, agent.Reason) = (presence, presence == AgentPresence.Away ? reason : null);
        agent.Note(before, now);
        return true;
    }

    public void SetBusyAtPbx(AgentId id, bool isBusy, DateTimeOffset now)
    {
        Expire(now);
        if (!_agents.TryGetValue(id, out var agent))
            return;
        var before = agent.State;
        agent.BusyAtPbx = isBusy;
        agent.Note(before, now);
    }

    public void Keep(string node, IReadOnlyList<HeldAgent> held, IReadOnlyList<WaitingCall> waiting, DateTimeOffset now)
    {
        Expire(now);
        foreach (var (taken, call, isBusy) in held)
            if (_agents.TryGetValue(taken.Agent, out var agent))
                Restore(agent, taken.Token, call, isBusy, node, now);
        foreach (var call in waiting)
            Join(call, now);
    }

    public void Join(WaitingCall call, DateTimeOffset now) =>
        _waiting[(call.Group, call.Call)] = new Waiting(call, now + AgentLeases.Length);

    public void Leave(CallId call, GroupId group) => _waiting.Remove((group, call));

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

    /// <summary>The number of calls that are served before this one; null: it does not wait there.</summary>
    private int? Place(GroupId group, CallId call) =>
        _waiting.ContainsKey((group, call)) ? Line(group).TakeWhile(waiting => waiting.Call != call).Count() : null;

    private IEnumerable<WaitingCall> Line(GroupId group) => _waiting.Values.Select(waiting => waiting.Call)
        .Where(call => call.Group == group)
        .OrderByDescending(call => call.Priority).ThenBy(call => call.Since).ThenBy(call => call.Call.Value, StringComparer.Ordinal);

    private static IEnumerable<Entry> Ordered(Entry[] available, TakeRequest request)
    {
        var list = request.Agents.ToList();
        AgentMembership In(Entry agent) =>
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

    private void Take(Entry agent, CallId call, string node, AgentActivity activity, DateTimeOffset now)
    {
        agent.Token++;
        agent.Offer = ++_offers;
        (agent.Call, agent.Node, agent.Until) = (call, node, now + AgentLeases.Length);
        agent.Enter(activity, now);
    }

    private Entry? Held(AgentId id, long token, DateTimeOffset now)
    {
        Expire(now);
        return _agents.TryGetValue(id, out var agent) && agent.Token == token ? agent : null;
    }

    private static void Restore(Entry agent, long token, CallId call, bool isBusy, string node, DateTimeOffset now)
    {
        if (token < agent.Token || agent.Activity is AgentActivity.Ringing or AgentActivity.Busy && agent.Token != token)
            return; // lost to another call
        if (agent.Token == token && agent.Activity == AgentActivity.WrapUp)
            return; // given back meanwhile
        (agent.Token, agent.Call, agent.Node, agent.Until) = (token, call, node, now + AgentLeases.Length);
        agent.Enter(isBusy ? AgentActivity.Busy : AgentActivity.Ringing, now);
    }

    /// <summary>What was not renewed in time is free, and a wrap-up that is over is over.</summary>
    private void Expire(DateTimeOffset now)
    {
        foreach (var agent in _agents.Values)
            if (agent.Activity != AgentActivity.None && agent.Until <= now)
                agent.Free(TimeSpan.Zero, agent.Until);
        foreach (var (key, waiting) in _waiting)
            if (waiting.Until <= now)
                _waiting.Remove(key);
    }

    private sealed record Waiting(WaitingCall Call, DateTimeOffset Until);

    private sealed class Entry(AgentId id)
    {
        public AgentId Id => id;

        public Dictionary<GroupId, AgentMembership> Groups { get; set; } = [];

        public AgentPresence Presence { get; set; }

        public string? Reason { get; set; }

        public AgentActivity Activity { get; private set; }

        public bool BusyAtPbx { get; set; }

        public long Token { get; set; }

        public long Offer { get; set; }

        public CallId? Call { get; set; }

        public string Node { get; set; } = "";

        public DateTimeOffset Since { get; set; }

        public DateTimeOffset IdleSince { get; set; }

        /// <summary>The end of the lease, or of the wrap-up.</summary>
        public DateTimeOffset Until { get; set; }

        public AgentStatus Status => new(id, Presence, Reason, Activity, BusyAtPbx, Call, Since);

        public AgentState State => Status.State;

        public void Enter(AgentActivity activity, DateTimeOffset now)
        {
            var before = State;
            Activity = activity;
            Note(before, now);
        }

        public void Free(TimeSpan wrapUp, DateTimeOffset now)
        {
            Call = null;
            Until = now + wrapUp;
            Enter(wrapUp > TimeSpan.Zero ? AgentActivity.WrapUp : AgentActivity.None, now);
        }

        public void Note(AgentState before, DateTimeOffset now)
        {
            if (State == before)
                return;
            Since = now;
            if (State == AgentState.Available)
                IdleSince = now;
        }
    }
}
