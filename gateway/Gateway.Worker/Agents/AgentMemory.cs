using Gateway.Calls;
using Gateway.Calls.Agents;

namespace Gateway.Worker.Agents;

/// <summary>
/// What a node knows by itself: the agents defined, what its own calls hold, and the last that Redis said of everybody. Under one lock.
/// </summary>
internal sealed class AgentMemory(TimeProvider time)
{
    /// <summary>The most operations kept for Redis; beyond this the oldest are forgotten.</summary>
    private const int MaxLater = 20_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<AgentId, Agent> _definitions = [];
    private readonly Dictionary<TakenAgent, HeldAgent> _held = [];
    private readonly Dictionary<(CallId, GroupId), WaitingCall> _waiting = [];
    private readonly Dictionary<TakenAgent, GivenBack> _givenBack = [];
    private readonly Queue<Func<Task>> _later = [];
    private AgentPool _pool = new();
    private long _version;

    /// <summary>An operation by the rules of a single node. Others' agents who were last seen ringing or busy are not taken.</summary>
    public (T Result, IReadOnlyList<AgentsChange> Changes) Do<T>(Func<AgentPool, DateTimeOffset, T> operation)
    {
        lock (_gate)
        {
            _version++;
            var now = time.GetUtcNow();
            _pool.Keep([.. _held.Values], [.. _waiting.Values], now);
            var result = operation(_pool, now);
            return (result, _pool.TakeChanges());
        }
    }

    /// <summary>Notes what Redis has done and publishes itself.</summary>
    public void Note(Action<AgentPool, DateTimeOffset> operation)
    {
        lock (_gate)
        {
            operation(_pool, time.GetUtcNow());
            _pool.TakeChanges();
        }
    }

    public void Define(Agent agent)
    {
        lock (_gate)
        {
            _definitions[agent.Id] = agent;
            _pool.Define(agent, time.GetUtcNow());
            _pool.TakeChanges();
        }
    }

    public void Forget(AgentId agent)
    {
        lock (_gate)
            _definitions.Remove(agent);
    }

    public void Hold(IEnumerable<HeldAgent> agents)
    {
        lock (_gate)
            foreach (var held in agents)
                _held[held.Agent] = held;
    }

    public void Answer(TakenAgent agent)
    {
        lock (_gate)
            if (_held.TryGetValue(agent, out var held))
                _held[agent] = held with { IsBusy = true };
    }

    public HeldAgent? Drop(TakenAgent agent)
    {
        lock (_gate)
            return _held.Remove(agent, out var held) ? held : null;
    }

    /// <summary>False: the agent talks, or is not held any more.</summary>
    public bool DropRinging(TakenAgent agent)
    {
        lock (_gate)
            return _held.TryGetValue(agent, out var held) && !held.IsBusy && _held.Remove(agent);
    }

    /// <summary>Who rings for a call of this node while another call talks with the agent, and is held no more; null: nobody.</summary>
    public HeldAgent? DropTaken(AgentStatus status)
    {
        if (status is not { Activity: AgentActivity.Busy, Call: { } call })
            return null;
        lock (_gate)
        {
            // What was published before this node took the agent has an earlier token.
            var lost = _held.Values.FirstOrDefault(held =>
                held.Agent.Agent == status.Agent && held.Call != call && !held.IsBusy && held.Agent.Token <= status.Token);
            return lost is not null && _held.Remove(lost.Agent) ? lost : null;
        }
    }

    public void Join(WaitingCall call)
    {
        lock (_gate)
            _waiting[(call.Call, call.Group)] = call;
    }

    public void Leave(CallId call, GroupId group)
    {
        lock (_gate)
            _waiting.Remove((call, group));
    }

    /// <summary>Redis is to hear of it when it answers: the agent talked, and is given back until the end of the wrap-up.</summary>
    public void GiveBackLater(HeldAgent held, TimeSpan wrapUp)
    {
        lock (_gate)
            _givenBack[held.Agent] = new GivenBack(held with { IsBusy = true }, time.GetUtcNow() + wrapUp);
    }

    public void DoLater(Func<Task> operation)
    {
        lock (_gate)
        {
            if (_later.Count == MaxLater)
                _later.Dequeue();
            _later.Enqueue(operation);
        }
    }

    public Holdings Snapshot()
    {
        lock (_gate)
            return new Holdings(_version, [.. _held.Values], [.. _waiting.Values], [.. _givenBack.Values]);
    }

    public Func<Task>? NextLater()
    {
        lock (_gate)
            return _later.TryPeek(out var operation) ? operation : null;
    }

    public void DoneLater(Func<Task> operation)
    {
        lock (_gate)
            if (_later.TryPeek(out var first) && first == operation)
                _later.Dequeue();
    }

    public void Reported(GivenBack givenBack)
    {
        lock (_gate)
            _givenBack.Remove(givenBack.Held.Agent);
    }

    /// <summary>Those defined, each as last known; null: never heard of.</summary>
    public IReadOnlyList<(Agent Agent, AgentStatus? Known)> Definitions()
    {
        lock (_gate)
        {
            var known = _pool.List(time.GetUtcNow()).ToDictionary(status => status.Agent);
            return [.. _definitions.Values.Select(agent => (agent, known.GetValueOrDefault(agent.Id)))];
        }
    }

    /// <summary>Those whom other nodes may take meanwhile, and those whom this node's calls hold, whatever Redis says of them.</summary>
    public IReadOnlyList<AgentId> NotToTake(NodeShares shares)
    {
        lock (_gate)
            return [.. _held.Keys.Select(held => held.Agent), .. _definitions.Keys.Where(agent => !shares.IsOurs(agent))];
    }

    /// <summary>Takes over all that Redis knows.</summary>
    public void See(IReadOnlyList<AgentStatus> statuses)
    {
        lock (_gate)
        {
            var pool = new AgentPool();
            foreach (var agent in _definitions.Values)
                pool.Define(agent, time.GetUtcNow());
            foreach (var status in statuses)
                pool.See(status);
            pool.Keep([.. _held.Values], [.. _waiting.Values], time.GetUtcNow());
            pool.TakeChanges();
            _pool = pool;
        }
    }

    public void See(AgentStatus status)
    {
        lock (_gate)
            _pool.See(status);
    }

    /// <summary>Calls <paramref name="act"/> unless something was done from memory since <paramref name="version"/>.</summary>
    /// <returns>False: something was.</returns>
    public bool IfUnchanged(long version, Action act)
    {
        lock (_gate)
        {
            if (_version != version)
                return false;
            act();
            return true;
        }
    }

    /// <summary>What this node's calls hold at one moment.</summary>
    internal sealed record Holdings(
        long Version, IReadOnlyList<HeldAgent> Held, IReadOnlyList<WaitingCall> Waiting, IReadOnlyList<GivenBack> GivenBack);

    /// <summary>An agent given back while Redis was unavailable.</summary>
    internal sealed record GivenBack(HeldAgent Held, DateTimeOffset WrapUpUntil);
}
