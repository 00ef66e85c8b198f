using Media.Protocols.Primitives;

namespace Gateway.Sip.Transport;

/// <summary>
/// Lets one log line of a kind pass in each interval and counts the others; for lines that a peer can trigger. Safe for use from several
/// threads.
/// </summary>
public sealed class LogLimit(TimeSpan interval)
{
    private readonly Lock _lock = new();
    private Instant _next;
    private long _suppressed;

    /// <summary>True: write the line, and say that <paramref name="suppressed"/> like it were left out since the last one.</summary>
    public bool TryPass(Instant now, out long suppressed)
    {
        lock (_lock)
        {
            suppressed = _suppressed;
            if (now < _next)
            {
                _suppressed++;
                return false;
            }
            _next = now + interval;
            _suppressed = 0;
            return true;
        }
    }
}
