using System.Diagnostics.Metrics;
using Gateway.Calls;
using Gateway.Calls.Agents;

namespace Gateway.Worker.Agents;

/// <summary>
/// The registry of agents as this node's calls see it: Redis while it answers, else the rules of a single node from memory. It remembers
/// what the calls hold until they give it back, keeps it in Redis (<see cref="RenewAsync"/>), and restores it there.
/// </summary>
/// <remarks>
/// After the first answer that fails or is late everything is done from memory, until a renewal has restored all of it in Redis: so Redis
/// gives nobody away whom a call of this node took meanwhile. Never throws, but for a cancellation.
/// </remarks>
/// <param name="registry">Redis.</param>
/// <param name="node">This node's id.</param>
/// <param name="timeout">The time within which Redis has to answer.</param>
/// <param name="time">The node's clock.</param>
/// <param name="logger">Told when Redis stops to answer, and when it does again.</param>
/// <param name="witness">Tells whether the other nodes are without Redis too; null: it is away for all of them.</param>
internal sealed partial class ResilientAgentRegistry(
    IAgentRegistry registry, string node, TimeSpan timeout, TimeProvider time, ILogger logger, IRedisWitness? witness = null)
    : IAgentRegistry, IDisposable
{
    private const int MaxRounds = 5;

    private static readonly Meter Meter = new("Gateway.Agents");

    private static readonly Counter<long> Failures = Meter.CreateCounter<long>(
        "gateway_registry_agent_failures", "{operation}", "Operations on agents that Redis did not answer in time, by operation");

    private readonly AgentMemory _memory = new(time);
    private readonly AgentsBroadcast _broadcast = new();
    private readonly SemaphoreSlim _renewing = new(1);
    private readonly NodeShares _shares = new(node, witness, time);
    private long _generation;
    private volatile bool _isUnavailable;

    /// <summary>Called with an agent who rings for a call of this node, and whom another call has: that phone is to ring no more.</summary>
    public Action<HeldAgent> OnLost { get; set; } = _ => { };

    /// <summary>True while operations are done from memory.</summary>
    public bool IsUnavailable => _isUnavailable;

    /// <summary>Calls of this node, which has just started, wait until others have restored in Redis what theirs hold.</summary>
    public bool IsMeeting => _shares.IsMeeting;

    /// <summary>All agents defined, each as this node last heard; null: never.</summary>
    public IReadOnlyList<(Agent Agent, AgentStatus? Known)> Known => _memory.Definitions();

    /// <summary>The agents whom calls of this node hold.</summary>
    public IReadOnlyList<HeldAgent> Held => _memory.Snapshot().Held;

    public Task DefineAsync(Agent agent, CancellationToken cancellation)
    {
        _memory.Define(agent);
        return TellAsync("define", () => registry.DefineAsync(agent, cancellation), (pool, now) => pool.Define(agent, now), cancellation);
    }

    public Task RestoreAsync(Agent agent, AgentStatus known, CancellationToken cancellation)
    {
        _memory.Define(agent);
        return TellAsync(
            "restore", () => registry.RestoreAsync(agent, known, cancellation), (pool, now) => pool.Restore(agent, known, now),
            cancellation);
    }

    public Task ForgetAsync(AgentId agent, CancellationToken cancellation)
    {
        _memory.Forget(agent);
        return TellAsync("forget", () => registry.ForgetAsync(agent, cancellation), (pool, now) => pool.Forget(agent, now), cancellation);
    }

    public async Task<TakeResult> TakeAsync(TakeRequest request, CancellationToken cancellation)
    {
        if (!_isUnavailable)
            await _shares.MeetAsync(cancellation);
        for (var hasFailed = _isUnavailable; ; hasFailed = true)
        {
            var canTake = hasFailed && await _shares.CanTakeAsync();
            var (isRedis, result) = await AskAsync(
                "take", () => registry.TakeAsync(IsApart ? OfShare(request) : request, cancellation),
                (pool, now) => Held(pool.Take(canTake ? OfShare(request) : OfNobody(request), now)), cancellation,
                late => Task.WhenAll(late.Agents.Select(UndoAsync)));
            if (isRedis || hasFailed)
                return isRedis ? Held(result) : result;
        }

        TakeResult Held(TakeResult result)
        {
            Hold(result.Agents.Select(taken => new HeldAgent(taken, request.Call, IsBusy: false)));
            return result;
        }
    }

    public async Task<TakenAgent?> TakeBusyAsync(AgentId agent, CallId call, string node, CancellationToken cancellation)
    {
        var (isRedis, result) = await AskAsync(
            "take_busy", () => registry.TakeBusyAsync(agent, call, node, cancellation),
            (pool, now) => Held(pool.TakeBusy(agent, call, now)), cancellation,
            late => late is { } taken ? UndoAsync(taken) : Task.CompletedTask);
        return isRedis ? Held(result) : result;

        TakenAgent? Held(TakenAgent? result)
        {
            if (result is { } taken)
                Hold([new HeldAgent(taken, call, IsBusy: true)]);
            return result;
        }
    }

    public async Task<bool> AnswerAsync(AgentId agent, long token, CancellationToken cancellation)
    {
        var (isRedis, isOurs) = await AskAsync(
            "answer", () => registry.AnswerAsync(agent, token, cancellation), (pool, now) => pool.Answer(agent, token, now), cancellation);
        if (isOurs)
            _memory.Answer(new TakenAgent(agent, token));
        if (isOurs && isRedis)
            _memory.Note((pool, now) => pool.Answer(agent, token, now));
        return isOurs;
    }

    public async Task<bool> ReleaseAsync(AgentId agent, long token, TimeSpan wrapUp, CancellationToken cancellation)
    {
        var taken = new TakenAgent(agent, token);
        var held = _memory.Drop(taken);
        var (isRedis, wasOurs) = await AskAsync(
            "release", () => registry.ReleaseAsync(agent, token, wrapUp, cancellation),
            (pool, now) => pool.Release(agent, token, wrapUp, now), cancellation);
        if (isRedis)
            _memory.Note((pool, now) => pool.Release(agent, token, wrapUp, now));
        else if (held is not null)
            _memory.GiveBackLater(held, wrapUp);
        return wasOurs;
    }

    public Task EndWrapUpAsync(AgentId agent, CancellationToken cancellation) => TellAsync(
        "end_wrap_up", () => registry.EndWrapUpAsync(agent, cancellation), (pool, now) => pool.EndWrapUp(agent, now), cancellation);

    public async Task<bool> SetPresenceAsync(AgentId agent, AgentPresence presence, string? reason, CancellationToken cancellation)
    {
        var (isRedis, isKnown) = await AskAsync(
            "set_presence", () => registry.SetPresenceAsync(agent, presence, reason, cancellation),
            (pool, now) => pool.SetPresence(agent, presence, reason, now), cancellation);
        if (isRedis)
            _memory.Note((pool, now) => pool.SetPresence(agent, presence, reason, now));
        else
            _memory.DoLater(() => registry.SetPresenceAsync(agent, presence, reason, default));
        return isKnown;
    }

    public Task SetBusyAtPbxAsync(AgentId agent, bool isBusy, CancellationToken cancellation) => TellAsync(
        "set_busy_at_pbx", () => registry.SetBusyAtPbxAsync(agent, isBusy, cancellation),
        (pool, now) => pool.SetBusyAtPbx(agent, isBusy, now), cancellation);

    /// <summary>Keeps what is named besides what this node's calls hold, which <see cref="RenewAsync"/> keeps.</summary>
    public async Task<KeepResult> KeepAsync(
        string node, IReadOnlyList<HeldAgent> agents, IReadOnlyList<WaitingCall> waiting, CancellationToken cancellation) =>
        (await AskAsync(
            "keep", () => registry.KeepAsync(node, agents, waiting, cancellation), (pool, now) => pool.Keep(agents, waiting, now),
            cancellation)).Value;

    public Task JoinAsync(WaitingCall call, CancellationToken cancellation)
    {
        _memory.Join(call);
        return AskAsync(
            "join", () => Done(registry.JoinAsync(call, cancellation)), (pool, now) => Done(() => pool.Join(call, now)), cancellation);
    }

    public Task LeaveAsync(CallId call, GroupId group, CancellationToken cancellation)
    {
        _memory.Leave(call, group);
        return TellAsync(
            "leave", () => registry.LeaveAsync(call, group, cancellation), (pool, now) => pool.Leave(call, group, now), cancellation);
    }

    /// <summary>From memory: the calls of this node alone.</summary>
    public async Task<IReadOnlyList<WaitingCall>> WaitingAsync(GroupId group, CancellationToken cancellation) =>
        (await AskAsync(
            "waiting", () => registry.WaitingAsync(group, cancellation), (pool, now) => pool.InLine(group, now), cancellation)).Value;

    public async Task<IReadOnlyList<AgentStatus>> ListAsync(CancellationToken cancellation) =>
        (await AskAsync("list", () => registry.ListAsync(cancellation), (pool, now) => pool.List(now), cancellation)).Value;

    public async Task<AgentStatus?> FindAsync(AgentId agent, CancellationToken cancellation) =>
        (await AskAsync("find", () => registry.FindAsync(agent, cancellation), (pool, now) => pool.Find(agent, now), cancellation)).Value;

    /// <summary>What changes in Redis, or here while it is unavailable (<see cref="ListenAsync"/> has to run).</summary>
    public IAsyncEnumerable<AgentsChange> ChangesAsync(CancellationToken cancellation) => _broadcast.ReadAsync(cancellation);

    /// <summary>The call is over: gives back what it has not given back itself.</summary>
    public async Task EndAsync(CallId call, CancellationToken cancellation)
    {
        var holdings = _memory.Snapshot();
        foreach (var held in holdings.Held.Where(held => held.Call == call))
            await ReleaseAsync(held.Agent.Agent, held.Agent.Token, TimeSpan.Zero, cancellation);
        foreach (var waiting in holdings.Waiting.Where(waiting => waiting.Call == call))
            await LeaveAsync(call, waiting.Group, cancellation);
    }

    /// <summary>
    /// Renews what this node's calls hold. While Redis is unavailable, tries to restore everything there, and goes by Redis again once
    /// that is done. To be called every <see cref="AgentLeases.Renewal"/>, and when Redis is back.
    /// </summary>
    public async Task RenewAsync(CancellationToken cancellation)
    {
        await _renewing.WaitAsync(cancellation);
        try
        {
            for (var round = 1; !await KeepAllAsync(isLast: round == MaxRounds, cancellation); round++)
                continue;
        }
        catch (Exception) when (!cancellation.IsCancellationRequested) // Whatever keeps Redis from answering, the calls go on.
        {
            Fail("keep");
            _broadcast.Publish(_memory.Do((_, _) => true).Changes); // ends wrap-ups, which wakes waiting calls
            await _shares.LookAsync();
        }
        finally
        {
            _renewing.Release();
        }
    }

    /// <summary>Follows what Redis publishes, until it fails or is cancelled.</summary>
    public async Task ListenAsync(CancellationToken cancellation)
    {
        await foreach (var change in registry.ChangesAsync(cancellation))
        {
            if (change is AgentsChange.OfAgent { Status: var status })
            {
                _memory.See(status);
                if (_memory.DropTaken(status) is { } lost)
                    OnLost(lost);
            }
            if (change is AgentsChange.Missed && !_isUnavailable)
                _memory.See(await registry.ListAsync(cancellation).WaitAsync(timeout, time, cancellation));
            _broadcast.Publish(change);
        }
    }

    /// <summary>A call of another node goes on here, with the agent whom it keeps busy.</summary>
    public void TakeOver(CallId call, TakenAgent agent) => Hold([new HeldAgent(agent, call, IsBusy: true)]);

    public void LetGo(CallId call)
    {
        foreach (var held in Held.Where(held => held.Call == call))
            _memory.Drop(held.Agent);
    }

    public void Dispose() => _renewing.Dispose();

    /// <summary>False: something was done from memory meanwhile, so that the same is to be done again.</summary>
    private async Task<bool> KeepAllAsync(bool isLast, CancellationToken cancellation)
    {
        var holdings = _memory.Snapshot();
        var result = await KeepInRedisAsync(holdings, cancellation);
        if (result.Generation != _generation)
        {
            await Task.WhenAll(_memory.Definitions().Select(pair => pair.Known is { } known
                ? registry.RestoreAsync(pair.Agent, known, cancellation)
                : registry.DefineAsync(pair.Agent, cancellation))).WaitAsync(timeout * MaxRounds, time, cancellation);
            result = await KeepInRedisAsync(holdings, cancellation);
            if (_generation != 0)
                _shares.StayApart();
            _generation = result.Generation;
        }
        await _shares.MeetAsync(result);
        await _shares.KeepApartAsync();
        _shares.Know(result.Nodes, areAll: !IsApart);
        await ReportAsync(holdings, cancellation);
        foreach (var lost in result.Lost.Where(lost => _memory.DropRinging(lost.Agent)))
            OnLost(lost); // who talks goes on, and is kept again as soon as nobody else has the agent
        if (!_isUnavailable)
            return true;
        _memory.See(await registry.ListAsync(cancellation).WaitAsync(timeout, time, cancellation));
        _shares.StayApart();
        if (isLast)
            _isUnavailable = false;
        else if (!_memory.IfUnchanged(holdings.Version, () => _isUnavailable = false))
            return false;
        LogAvailable();
        _broadcast.Publish(new AgentsChange.Missed());
        return true;
    }

    private Task<KeepResult> KeepInRedisAsync(AgentMemory.Holdings holdings, CancellationToken cancellation) => registry.KeepAsync(
        node, [.. holdings.Held, .. holdings.GivenBack.Select(given => given.Held)], holdings.Waiting, cancellation)
        .WaitAsync(timeout, time, cancellation);

    /// <summary>Does in Redis what was done from memory alone.</summary>
    private async Task ReportAsync(AgentMemory.Holdings holdings, CancellationToken cancellation)
    {
        foreach (var given in holdings.GivenBack)
        {
            var left = given.WrapUpUntil - time.GetUtcNow();
            var wrapUp = left > TimeSpan.Zero ? left : TimeSpan.Zero;
            await registry.ReleaseAsync(given.Held.Agent.Agent, given.Held.Agent.Token, wrapUp, cancellation)
                .WaitAsync(timeout, time, cancellation);
            _memory.Reported(given);
        }
        while (_memory.NextLater() is { } operation)
        {
            await operation().WaitAsync(timeout, time, cancellation);
            _memory.DoneLater(operation);
        }
    }

    /// <summary>The nodes cannot go by Redis, or one of them does not yet: what is restored there may not be all.</summary>
    private bool IsApart => _isUnavailable || _shares.IsApart;

    private TakeRequest OfShare(TakeRequest request) => request with { Except = [.. request.Except, .. _memory.NotToTake(_shares)] };

    private TakeRequest OfNobody(TakeRequest request) =>
        request with { Except = [.. request.Except, .. Known.Select(known => known.Agent.Id)] };

    /// <summary>What is taken from memory is held before anything else can be done from it.</summary>
    private void Hold(IEnumerable<HeldAgent> agents)
    {
        HeldAgent[] held = [.. agents];
        _memory.Hold(held);
        if (!_isUnavailable)
            _memory.Note((pool, now) => pool.Keep(held, [], now));
    }

    /// <summary>Redis took an agent after its answer was no longer waited for: the call went on without.</summary>
    private Task UndoAsync(TakenAgent taken) => registry.ReleaseAsync(taken.Agent, taken.Token, TimeSpan.Zero, CancellationToken.None);

    /// <summary>An operation without an answer, which Redis is told later where it does not answer now.</summary>
    private async Task TellAsync(
        string name, Func<Task> operation, Action<AgentPool, DateTimeOffset> memory, CancellationToken cancellation)
    {
        if ((await AskAsync(name, () => Done(operation()), (pool, now) => Done(() => memory(pool, now)), cancellation)).IsRedis)
            _memory.Note(memory);
        else
            _memory.DoLater(operation);
    }

    private async Task<(bool IsRedis, T Value)> AskAsync<T>(
        string name, Func<Task<T>> operation, Func<AgentPool, DateTimeOffset, T> memory, CancellationToken cancellation,
        Func<T, Task>? undo = null)
    {
        cancellation.ThrowIfCancellationRequested();
        Task<T>? asked = null;
        try
        {
            if (!_isUnavailable)
            {
                asked = operation();
                return (true, await asked.WaitAsync(timeout, time));
            }
        }
        catch (Exception) // Whatever keeps Redis from answering, the call goes on.
        {
            _ = asked is null || undo is null ? Task.CompletedTask : UndoLateAsync(asked, undo);
        }
        Fail(name);
        var (value, changes) = _memory.Do(memory);
        _broadcast.Publish(changes);
        return (false, value);
    }

    private static async Task UndoLateAsync<T>(Task<T> asked, Func<T, Task> undo)
    {
        try
        {
            await undo(await asked);
        }
        catch (Exception)
        {
            // never done, or undone by the end of its lease
        }
    }

    private void Fail(string operation)
    {
        if (!Interlocked.Exchange(ref _isUnavailable, true))
            LogUnavailable(operation, timeout);
        Failures.Add(1, new KeyValuePair<string, object?>("operation", operation));
    }

    private static async Task<bool> Done(Task operation)
    {
        await operation;
        return true;
    }

    private static bool Done(Action operation)
    {
        operation();
        return true;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Agents are chosen from memory: Redis did not answer {Operation} in {Timeout}")]
    private partial void LogUnavailable(string operation, TimeSpan timeout);

    [LoggerMessage(Level = LogLevel.Information, Message = "Agents are chosen in Redis again")]
    private partial void LogAvailable();
}
