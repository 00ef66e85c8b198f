using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Gateway.Calls;
using Gateway.Calls.Agents;

namespace Gateway.Worker.Tests.Agents;

/// <summary>A registry that several nodes share, and that can be emptied.</summary>
internal sealed class SharedAgents(TimeProvider time)
{
    private readonly Lock _gate = new();
    private AgentPool _pool = new();

    public long Generation { get; private set; } = 1;

    public HashSet<string> Nodes { get; } = [];

    public DateTimeOffset EmptyAt { get; private set; }

    public Channel<AgentsChange> Changes { get; } = Channel.CreateUnbounded<AgentsChange>();

    public T Do<T>(Func<AgentPool, DateTimeOffset, T> operation)
    {
        lock (_gate)
        {
            var result = operation(_pool, time.GetUtcNow());
            foreach (var change in _pool.TakeChanges())
                Changes.Writer.TryWrite(change);
            return result;
        }
    }

    public AgentStatus? Find(AgentId agent) => Do((pool, now) => pool.Find(agent, now));

    public void Empty()
    {
        lock (_gate)
            (_pool, Generation, EmptyAt) = (new AgentPool(), Generation + 1, time.GetUtcNow());
    }
}

/// <summary>One node's way to it, which can be cut, or lose every answer.</summary>
internal sealed class AgentsWay(SharedAgents shared) : IAgentRegistry
{
    private TaskCompletionSource _answers = Done();

    public bool IsCut { get; set; }

    /// <summary>What is asked is done at once, and answered when this ends.</summary>
    public void BecomeSlow() => _answers = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void BecomeFast() => _answers.TrySetResult();

    public Task DefineAsync(Agent agent, CancellationToken cancellation) => TellAsync((pool, now) => pool.Define(agent, now));

    public Task RestoreAsync(Agent agent, AgentStatus known, CancellationToken cancellation) =>
        TellAsync((pool, now) => pool.Restore(agent, known, now));

    public Task ForgetAsync(AgentId agent, CancellationToken cancellation) => TellAsync((pool, now) => pool.Forget(agent, now));

    public Task<TakeResult> TakeAsync(TakeRequest request, CancellationToken cancellation) =>
        AskAsync((pool, now) => pool.Take(request, now));

    public Task<TakenAgent?> TakeBusyAsync(AgentId agent, CallId call, string node, CancellationToken cancellation) =>
        AskAsync((pool, now) => pool.TakeBusy(agent, call, now));

    public Task<bool> AnswerAsync(AgentId agent, long token, CancellationToken cancellation) =>
        AskAsync((pool, now) => pool.Answer(agent, token, now));

    public Task<bool> ReleaseAsync(AgentId agent, long token, TimeSpan wrapUp, CancellationToken cancellation) =>
        AskAsync((pool, now) => pool.Release(agent, token, wrapUp, now));

    public Task EndWrapUpAsync(AgentId agent, CancellationToken cancellation) => TellAsync((pool, now) => pool.EndWrapUp(agent, now));

    public Task<bool> SetPresenceAsync(AgentId agent, AgentPresence presence, string? reason, CancellationToken cancellation) =>
        AskAsync((pool, now) => pool.SetPresence(agent, presence, reason, now));

    public Task SetBusyAtPbxAsync(AgentId agent, bool isBusy, CancellationToken cancellation) =>
        TellAsync((pool, now) => pool.SetBusyAtPbx(agent, isBusy, now));

    public Task<KeepResult> KeepAsync(
        string node, IReadOnlyList<HeldAgent> agents, IReadOnlyList<WaitingCall> waiting, CancellationToken cancellation) =>
        AskAsync((pool, now) =>
        {
            shared.Nodes.Add(node);
            return pool.Keep(agents, waiting, now) with
            {
                Generation = shared.Generation, Nodes = [.. shared.Nodes], Age = now - shared.EmptyAt,
            };
        });

    public Task JoinAsync(WaitingCall call, CancellationToken cancellation) => TellAsync((pool, now) => pool.Join(call, now));

    public Task LeaveAsync(CallId call, GroupId group, CancellationToken cancellation) =>
        TellAsync((pool, now) => pool.Leave(call, group, now));

    public Task<IReadOnlyList<WaitingCall>> WaitingAsync(GroupId group, CancellationToken cancellation) =>
        AskAsync((pool, now) => pool.InLine(group, now));

    public Task<IReadOnlyList<AgentStatus>> ListAsync(CancellationToken cancellation) => AskAsync((pool, now) => pool.List(now));

    public Task<AgentStatus?> FindAsync(AgentId agent, CancellationToken cancellation) => AskAsync((pool, now) => pool.Find(agent, now));

    public async IAsyncEnumerable<AgentsChange> ChangesAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        yield return new AgentsChange.Missed();
        await foreach (var change in shared.Changes.Reader.ReadAllAsync(cancellation))
            yield return change;
    }

    private Task TellAsync(Action<AgentPool, DateTimeOffset> operation) => AskAsync((pool, now) =>
    {
        operation(pool, now);
        return true;
    });

    private async Task<T> AskAsync<T>(Func<AgentPool, DateTimeOffset, T> operation)
    {
        if (IsCut)
            throw new IOException("The way is cut.");
        var result = shared.Do(operation);
        await _answers.Task;
        return result;
    }

    private static TaskCompletionSource Done()
    {
        var done = new TaskCompletionSource();
        done.SetResult();
        return done;
    }
}
