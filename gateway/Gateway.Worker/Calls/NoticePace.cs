using Gateway.Calls;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Calls;

/// <summary>Lets each agent be told something at most once in an interval. One owner.</summary>
internal sealed class NoticePace(TimeSpan interval)
{
    private readonly Dictionary<AgentId, Instant> _nextAt = [];

    /// <summary>True, and the interval begins; false: the agent was told a short while ago.</summary>
    public bool TryPass(AgentId agent, Instant now)
    {
        foreach (var (over, at) in _nextAt)
            if (at <= now)
                _nextAt.Remove(over);
        return _nextAt.TryAdd(agent, now + interval);
    }
}
