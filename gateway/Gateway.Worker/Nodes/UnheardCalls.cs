using Gateway.Calls;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Nodes;

/// <summary>
/// Finds calls that another node has taken over without this one knowing: the node is cut off from both stores, and neither side of the
/// call is heard any more, for both have followed the other node. Looked at again and again.
/// </summary>
internal sealed class UnheardCalls
{
    /// <summary>Far above any pause of both sides at once, far below the minutes that keep SRTP indexes of two owners apart.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private Dictionary<CallId, (long Packets, Instant Since)> _before = [];

    /// <param name="calls">Those that others could take over, each with the packets that have come from both sides.</param>
    /// <param name="isCutOff">Neither store takes a sign of life of this node.</param>
    /// <param name="now">The time.</param>
    public IReadOnlyList<CallId> Find(IEnumerable<(CallId Call, long Packets)> calls, bool isCutOff, Instant now)
    {
        var seen = new Dictionary<CallId, (long Packets, Instant Since)>();
        if (isCutOff)
            foreach (var (call, packets) in calls)
                seen[call] = _before.TryGetValue(call, out var before) && before.Packets == packets ? before : (packets, now);
        _before = seen;
        return [.. seen.Where(one => now - one.Value.Since >= Limit).Select(one => one.Key)];
    }
}
