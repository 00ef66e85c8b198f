using Gateway.Calls;

namespace Gateway.Worker.Agents;

/// <summary>
/// The agents who are this node's to take while the nodes cannot agree in Redis: each agent is one node's, by a hash that all of them
/// compute alike, so that none is rung by two. A node that comes or goes changes only its own share (rendezvous hashing).
/// </summary>
internal sealed class NodeShares(string node)
{
    private volatile string[] _others = [];

    /// <summary>The other nodes that were last seen together with this one.</summary>
    public IReadOnlyCollection<string> Others => _others;

    /// <summary>The nodes that were last seen together.</summary>
    public void Know(IEnumerable<string> nodes) => _others = [.. nodes.Where(other => other != node)];

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
