using Gateway.Storage.Nodes;
using Gateway.Worker.Configuration;

namespace Gateway.Worker.Agents;

/// <summary>Asks PostgreSQL, where each node that Redis does not hear says so, and since when.</summary>
internal sealed class RedisWitness(NodeOptions node, NodeSigns signs, TimeProvider time) : IRedisWitness
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(500), Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Each node notices an outage by itself: so long it may take until all have said so.</summary>
    private const int MaxPauses = 15;

    /// <summary>Where PostgreSQL is away too, what it said holds for so long: most outages are over by then.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private long? _refusedAt;

    /// <summary>Nodes ask Redis once a heartbeat, so that the last answers before an outage are not of one moment.</summary>
    private TimeSpan Apart => node.Heartbeat * 2;

    /// <inheritdoc/>
    /// <remarks>
    /// Where PostgreSQL does not answer either, nobody can say: unless it has just said no, both stores are taken to be away for all.
    /// </remarks>
    public async Task<bool> IsAwayForAllAsync(IReadOnlyCollection<string> others)
    {
        if (others.Count == 0)
            return true;
        for (var pauses = 0; ; pauses++)
        {
            if (await AnswerAsync(others) is not { } isAway)
                return pauses == 0 && !HasJustRefused();
            if (isAway || pauses == MaxPauses)
                return isAway;
            await Task.Delay(Pause, time);
        }
    }

    /// <inheritdoc/>
    public async Task LookAsync(IReadOnlyCollection<string> others)
    {
        if (others.Count > 0)
            await AnswerAsync(others);
    }

    /// <inheritdoc/>
    /// <remarks>Where PostgreSQL does not answer, one may be.</remarks>
    public async Task<bool> IsAwayForAnyAsync(IReadOnlyCollection<string> others) =>
        others.Count > 0 && (await AskAsync(others) is not { } live || live.Any(IsUnheard));

    public async Task<IReadOnlyList<string>> LivingAsync()
    {
        try
        {
            using var timeout = new CancellationTokenSource(Timeout, time);
            return await signs.LivingAsync(node.LostAfter, timeout.Token);
        }
        catch (Exception) // PostgreSQL
        {
            return [];
        }
    }

    /// <summary>Null: PostgreSQL does not answer.</summary>
    private async Task<bool?> AnswerAsync(IReadOnlyCollection<string> others)
    {
        if (await AskAsync([.. others, node.Id]) is not { } all)
            return null;
        var isAway = IsAwayForAll(all);
        lock (_gate)
            _refusedAt = isAway ? null : time.GetTimestamp();
        return isAway;
    }

    private bool IsAwayForAll(IReadOnlyList<NodeSign> all)
    {
        var own = all.FirstOrDefault(sign => sign.Node == node.Id)?.Heard ?? TimeSpan.MaxValue;
        return all.All(IsUnheard) && all.All(sign => (sign.Heard ?? TimeSpan.MaxValue) >= own - Apart);
    }

    private bool IsUnheard(NodeSign sign) => sign.Unheard <= node.Lease;

    private bool HasJustRefused()
    {
        lock (_gate)
            return _refusedAt is { } refused && time.GetElapsedTime(refused) < Memory;
    }

    /// <summary>Those that live; null: PostgreSQL does not answer.</summary>
    private async Task<IReadOnlyList<NodeSign>?> AskAsync(IReadOnlyCollection<string> nodes)
    {
        try
        {
            using var timeout = new CancellationTokenSource(Timeout, time);
            return [.. (await signs.ListAsync(nodes, timeout.Token)).Where(sign => sign.Seen < node.LostAfter)];
        }
        catch (Exception)
        {
            return null;
        }
    }
}
