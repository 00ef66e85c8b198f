using Gateway.Calls;
using Gateway.Calls.Agents;

namespace Gateway.Worker.Agents;

/// <summary>
/// The agents who are this node's to take while the nodes cannot agree in Redis: each agent is one node's, by a hash that all of them
/// compute alike, so that none is rung by two. A node that comes or goes changes only its own share (rendezvous hashing).
/// </summary>
/// <param name="node">This node's id.</param>
/// <param name="witness">Tells whether the others are without Redis too; null: no other node is ever asked about.</param>
/// <param name="time">The node's clock.</param>
internal sealed class NodeShares(string node, IRedisWitness? witness, TimeProvider time)
{
    /// <summary>After an outage, until all nodes have restored what their calls took meanwhile.</summary>
    private static readonly TimeSpan Apart = AgentLeases.Renewal * 3;

    private readonly TaskCompletionSource _hasMet = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string[] _others = [];
    private long _apartUntil;

    /// <summary>Redis is back, and does not have yet what some nodes took meanwhile.</summary>
    public bool IsApart => time.GetTimestamp() < Volatile.Read(ref _apartUntil);

    public void StayApart() =>
        Volatile.Write(ref _apartUntil, time.GetTimestamp() + (long)(Apart.TotalSeconds * time.TimestampFrequency));

    /// <summary>This node has just started, and others are yet to restore in Redis, which was empty, what their calls hold.</summary>
    public bool IsMeeting => !_hasMet.Task.IsCompleted;

    /// <summary>
    /// Waits until this node knows what the others hold: at its start Redis may be empty, and it remembers nothing itself. Redis may fail
    /// meanwhile, so not for ever.
    /// </summary>
    public async Task MeetAsync(CancellationToken cancellation)
    {
        if (witness is null || !IsMeeting)
            return;
        try
        {
            await _hasMet.Task.WaitAsync(Apart, time, cancellation);
        }
        catch (TimeoutException)
        {
            // as if nobody else were there
        }
    }

    /// <summary>Redis has answered. All are met when those that live have renewed there, or have had the time for it.</summary>
    public async Task MeetAsync(KeepResult kept)
    {
        if (!IsMeeting)
            return;
        string[] missing = witness is null || kept.Age >= Apart ? []
            : [.. (await witness.LivingAsync()).Except(kept.Nodes).Where(other => other != node)];
        if (missing.Length == 0)
        {
            _hasMet.TrySetResult();
            return;
        }
        _others = [.. _others.Union(missing)];
        StayApart();
    }

    /// <summary>To be called every <see cref="AgentLeases.Renewal"/>: while Redis is away for another node, that is not over.</summary>
    public async Task KeepApartAsync()
    {
        if (IsApart && witness is not null && await witness.IsAwayForAnyAsync(_others))
            StayApart();
    }

    /// <summary>
    /// Redis does not answer. False: it answers another node, or did after this one, which then does not know whom that has taken.
    /// </summary>
    public async Task<bool> CanTakeAsync() => witness is null || await witness.IsAwayForAllAsync(_others);

    /// <summary>The nodes that renew together.</summary>
    /// <param name="nodes">Their ids.</param>
    /// <param name="areAll">False: after an outage some may have to come back yet, so that none is forgotten.</param>
    public void Know(IEnumerable<string> nodes, bool areAll) =>
        _others = [.. nodes.Where(other => other != node).Union(areAll ? [] : _others)];

    /// <summary>Redis does not answer: what the others say of it now is remembered, in case that PostgreSQL is away next.</summary>
    public Task LookAsync() => witness?.LookAsync(_others) ?? Task.CompletedTask;

    public bool IsOurs(AgentId agent)
    {
        var own = Weight(node, agent);
        foreach (var other in _others)
        {
            var weight = Weight(other, agent);
            if (weight > own || weight == own && string.CompareOrdinal(other, node) > 0)
                return false;
        }
        return true;
    }

    /// <summary>
    /// FNV-1a, and then SplitMix64's last steps, without which names that differ in their last letter have similar weights.
    /// </summary>
    private static ulong Weight(string node, AgentId agent)
    {
        var hash = 14695981039346656037ul;
        foreach (var c in node)
            hash = (hash ^ c) * 1099511628211ul;
        hash = (hash ^ '\n') * 1099511628211ul;
        foreach (var c in agent.Value)
            hash = (hash ^ c) * 1099511628211ul;
        hash = (hash ^ hash >> 30) * 0xbf58476d1ce4e5b9ul;
        hash = (hash ^ hash >> 27) * 0x94d049bb133111ebul;
        return hash ^ hash >> 31;
    }
}
