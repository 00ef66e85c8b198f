using Gateway.Sip.Transactions;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Dialogs;

/// <summary>
/// The timer behind a response that the user agent itself repeats until it is acknowledged: a 2xx to INVITE until its ACK
/// (RFC 3261 §13.3.1.4, intervals capped by T2) or a reliable 1xx until its PRACK (RFC 3262 §3, uncapped). Gives up after 64·T1.
/// Both are repeated over TCP as well, since the acknowledgement is end to end.
/// </summary>
public sealed class Retransmitter(TransactionTimers timers, TimeSpan? longestInterval)
{
    private Instant _repeatAt = Instant.Never;
    private Instant _giveUpAt = Instant.Never;
    private TimeSpan _interval;

    public Instant NextDeadline => Instant.Min(_repeatAt, _giveUpAt);

    public bool IsRunning => _giveUpAt != Instant.Never;

    public void Start(Instant now)
    {
        _interval = timers.T1;
        _repeatAt = now + _interval;
        _giveUpAt = now + timers.TransactionTimeout;
    }

    public void Stop() => _repeatAt = _giveUpAt = Instant.Never;

    /// <summary>True: repeat now. <paramref name="gaveUp"/>: nobody will acknowledge; the retransmitter has stopped.</summary>
    public bool HandleDeadline(Instant now, out bool gaveUp)
    {
        gaveUp = now >= _giveUpAt;
        if (gaveUp)
            Stop();
        if (now < _repeatAt)
            return false;
        _interval = longestInterval is { } longest && _interval * 2 > longest ? longest : _interval * 2;
        _repeatAt = now + _interval;
        return true;
    }
}
