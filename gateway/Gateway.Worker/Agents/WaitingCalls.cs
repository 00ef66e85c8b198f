using System.Collections.Concurrent;
using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Lifecycle;

namespace Gateway.Worker.Agents;

/// <summary>
/// This node's calls that wait in queues. Each hears when an agent of its group becomes available anywhere.
/// </summary>
internal sealed partial class WaitingCalls(
    IAgentRegistry registry, TimeProvider time, ILogger<WaitingCalls> logger) : BackgroundService
{
    private readonly ConcurrentDictionary<GroupId, ConcurrentDictionary<CallId, Waiter>> _waiting = new();
    private readonly ConcurrentDictionary<GroupId, Pace> _paces = new();

    /// <summary>This node's calls that wait, by group and since when.</summary>
    public IEnumerable<(GroupId Group, DateTimeOffset Since)> All =>
        _waiting.SelectMany(pair => pair.Value.Values, (pair, waiter) => (pair.Key, waiter.Since));

    /// <param name="call">The call, and where it waits.</param>
    /// <param name="post">Takes an input of it.</param>
    public void Add(WaitingCall call, Func<CallInput, bool> post) =>
        _waiting.GetOrAdd(call.Group, _ => new ConcurrentDictionary<CallId, Waiter>())[call.Call] = new Waiter(call.Since, post);

    public void Remove(GroupId group, CallId call)
    {
        if (_waiting.TryGetValue(group, out var calls) && calls.TryRemove(call, out _))
            _paces.GetOrAdd(group, _ => new Pace()).Note(time.GetUtcNow());
    }

    /// <summary>The place of a call in its group's queue, of all nodes' calls, from 1; null: it does not wait there.</summary>
    public async Task<int?> PlaceOfAsync(GroupId group, CallId call)
    {
        var line = await registry.WaitingAsync(group, CancellationToken.None);
        for (var i = 0; i < line.Count; i++)
            if (line[i].Call == call)
                return i + 1;
        return null;
    }

    /// <summary>The wait at this place, by how often calls have left the queue lately; null: not known yet.</summary>
    public TimeSpan? ExpectedWait(GroupId group, int place) =>
        _paces.TryGetValue(group, out var pace) && pace.Interval is { } interval ? interval * place : null;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await foreach (var change in registry.ChangesAsync(stoppingToken))
                    Pass(change);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested) // Calls look again by themselves meanwhile.
            {
                LogNotListening(e.Message);
            }
            await Task.Delay(AgentLeases.Renewal, time, stoppingToken);
        }
    }

    private void Pass(AgentsChange change)
    {
        if (change is AgentsChange.OfGroup { Group: var group } && _waiting.TryGetValue(group, out var calls))
            foreach (var waiter in calls.Values)
                waiter.Post(new CallInput.GroupChanged(group));
        else if (change is AgentsChange.Missed)
            foreach (var (every, waiting) in _waiting)
                foreach (var waiter in waiting.Values)
                    waiter.Post(new CallInput.GroupChanged(every));
    }

    private sealed record Waiter(DateTimeOffset Since, Func<CallInput, bool> Post);

    /// <summary>The time between two calls that leave a queue, weighted so that the last ten count most.</summary>
    private sealed class Pace
    {
        private const double Weight = 0.1;

        private readonly Lock _gate = new();
        private DateTimeOffset? _last;
        private TimeSpan? _interval;

        public TimeSpan? Interval
        {
            get
            {
                lock (_gate)
                    return _interval;
            }
        }

        public void Note(DateTimeOffset now)
        {
            lock (_gate)
            {
                if (_last is { } last)
                    _interval = _interval is { } known ? known * (1 - Weight) + (now - last) * Weight : now - last;
                _last = now;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Changes of agents cannot be followed: {Reason}")]
    private partial void LogNotListening(string reason);
}
