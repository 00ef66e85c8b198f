using Gateway.Sip.Messages;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Dialogs;

/// <summary>The action that a session timer wants.</summary>
public enum SessionTimerAction
{
    None,

    /// <summary>Half the interval is over and refreshing is our part.</summary>
    Refresh,

    /// <summary>No refresh came: BYE (RFC 4028 §10).</summary>
    Expire,
}

/// <summary>The session timer of one call (RFC 4028): how long a session lives without a refresh, and whose part refreshing is.</summary>
/// <param name="deadlines">The session's.</param>
public sealed class SessionTimer(DeadlineTable<SessionDeadline> deadlines)
{
    /// <summary>RFC 4028 §10: 32 s, or a third of a short interval.</summary>
    private TimeSpan Margin => Interval / 3 < TimeSpan.FromSeconds(32) ? Interval / 3 : TimeSpan.FromSeconds(32);

    /// <summary>Zero while the session has no timer.</summary>
    public TimeSpan Interval { get; private set; }

    public bool WeRefresh { get; private set; }

    public void Start(TimeSpan interval, bool weRefresh, Instant now)
    {
        Interval = interval;
        WeRefresh = weRefresh;
        deadlines[SessionDeadline.Refresh] = weRefresh ? now + interval / 2 : Instant.Never;
        // The peer gets a BYE shortly before the end, so that both sides notice together (§10).
        deadlines[SessionDeadline.Expiry] = now + interval - (weRefresh ? TimeSpan.Zero : Margin);
    }

    /// <summary>From here on a refresh may find its answer too late.</summary>
    public Instant LastChance => deadlines[SessionDeadline.Expiry] - Margin;

    /// <summary>
    /// The peer wants a longer interval (422): what the next refresh asks for. The running session still ends when it would have.
    /// </summary>
    public void Lengthen(TimeSpan interval) => Interval = interval;

    /// <summary>
    /// Session-Expires in a refresh of ours: the roles stay as they are, announced as this request's roles (RFC 4028 §7.4).
    /// </summary>
    public string ToHeader() =>
        new SessionExpires((uint)Interval.TotalSeconds, WeRefresh ? SessionRefresher.Uac : SessionRefresher.Uas).ToString();

    public void Stop()
    {
        Interval = TimeSpan.Zero;
        deadlines.Clear(SessionDeadline.Refresh);
        deadlines.Clear(SessionDeadline.Expiry);
    }

    public SessionTimerAction HandleDeadline(Instant now)
    {
        if (deadlines.IsDue(SessionDeadline.Expiry, now))
        {
            Stop();
            return SessionTimerAction.Expire;
        }
        return deadlines.TryTakeDue(SessionDeadline.Refresh, now) ? SessionTimerAction.Refresh : SessionTimerAction.None;
    }
}
