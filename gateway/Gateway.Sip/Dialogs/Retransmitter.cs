using Gateway.Sip.Transactions;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Dialogs;

/// <summary>
/// The timer behind a response that the user agent itself repeats until it is acknowledged: a 2xx to INVITE until its ACK
/// (RFC 3261 §13.3.1.4, intervals capped by T2) or a reliable 1xx until its PRACK (RFC 3262 §3, uncapped). Gives up after 64·T1.
/// Both are repeated over TCP as well, since the acknowledgement is end to end.
/// </summary>
/// <param name="timers">T1 and 64·T1.</param>
/// <param name="longestInterval">Null: it doubles without end.</param>
/// <param name="deadlines">The session's.</param>
/// <param name="repeat">When it is sent again.</param>
/// <param name="giveUp">When it is acknowledged at last.</param>
public sealed class Retransmitter(
    TransactionTimers timers, TimeSpan? longestInterval, DeadlineTable<SessionDeadline> deadlines, SessionDeadline repeat,
    SessionDeadline giveUp)
{
    private TimeSpan _interval;

    public bool IsRunning => deadlines.IsSet(giveUp);

    public void Start(Instant now)
    {
        _interval = timers.T1;
        deadlines[repeat] = now + _interval;
        deadlines[giveUp] = now + timers.TransactionTimeout;
    }

    public void Stop()
    {
        deadlines.Clear(repeat);
        deadlines.Clear(giveUp);
    }

    /// <summary>True: repeat now. <paramref name="gaveUp"/>: nobody will acknowledge; the retransmitter has stopped.</summary>
    public bool HandleDeadline(Instant now, out bool gaveUp)
    {
        gaveUp = deadlines.IsDue(giveUp, now);
        if (gaveUp)
            Stop();
        if (!deadlines.IsDue(repeat, now))
            return false;
        _interval = longestInterval is { } longest && _interval * 2 > longest ? longest : _interval * 2;
        deadlines[repeat] = now + _interval;
        return true;
    }
}
