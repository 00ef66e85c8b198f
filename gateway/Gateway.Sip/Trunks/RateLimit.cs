using Media.Protocols.Primitives;

namespace Gateway.Sip.Trunks;

/// <summary>A token bucket: so many at once, and then so many a second. Not thread-safe.</summary>
/// <param name="perSecond">Tokens that come back.</param>
/// <param name="burst">Tokens at the start and at most.</param>
public sealed class RateLimit(double perSecond, double burst)
{
    private readonly double _burst = burst;
    private double _tokens = burst;
    private Instant _at;

    /// <summary>A token is there; it is not taken.</summary>
    public bool HasRoom(Instant now)
    {
        if (now > _at)
        {
            _tokens = Math.Min(_burst, _tokens + (now - _at).TotalSeconds * perSecond);
            _at = now;
        }
        return _tokens >= 1;
    }

    /// <summary>False: there was none. More may be taken than there are: the next one waits for those too.</summary>
    public bool TryTake(Instant now, int count = 1)
    {
        if (!HasRoom(now))
            return false;
        _tokens -= count;
        return true;
    }
}
