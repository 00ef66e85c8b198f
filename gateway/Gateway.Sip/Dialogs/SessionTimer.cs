using Gateway.Sip.Messages;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Dialogs;

/// <summary>What a session timer wants done.</summary>
public enum SessionTimerAction
{
    None,

    /// <summary>Half the interval is over and refreshing is our part.</summary>
    Refresh,

    /// <summary>No refresh came: BYE (RFC 4028 §10).</summary>
    Expire,
}

/// <summary>The session timer of one call (RFC 4028): how long a session lives without a refresh, and whose part refreshing is.</summary>
public sealed class SessionTimer
{
    private Instant _refreshAt = Instant.Never;
    private Instant _expireAt = Instant.Never;

    public Instant NextDeadline => Instant.Min(_refreshAt, _expireAt);

    /// <summary>RFC 4028 §10: 32 s, or a third of a short interval.</summary>
    private TimeSpan Margin => Interval / 3 < TimeSpan.FromSeconds(32) ? Interval / 3 : TimeSpan.FromSeconds(32);

    /// <summary>Zero while the session has no timer.</summary>
    public TimeSpan Interval { get; private set; }

    public bool WeRefresh { get; private set; }

    public void Start(TimeSpan interval, bool weRefresh, Instant now)
    {
        Interval = interval;
        WeRefresh = weRefresh;
        _refreshAt = weRefresh ? now + interval / 2 : Instant.Never;
        // The peer gets a BYE shortly before the end, so that both sides notice together (§10).
        _expireAt = now + interval - (weRefresh ? TimeSpan.Zero : Margin);
    }

    /// <summary>From here on a refresh may find its answer too late.</summary>
    public Instant LastChance => _expireAt - Margin;

    /// <summary>The peer wants a longer interval (422): what the next refresh asks for. The running session still ends when it would have.</summary>
    public void Lengthen(TimeSpan interval) => Interval = interval;

    /// <summary>Session-Expires in a refresh of ours: the roles stay as they are, told as this request's roles (RFC 4028 §7.4).</summary>
    public string ToHeader() => new SessionExpires((uint)Interval.TotalSeconds, WeRefresh ? SessionRefresher.Uac : SessionRefresher.Uas).ToString();

    public void Stop()
    {
        Interval = TimeSpan.Zero;
        _refreshAt = _expireAt = Instant.Never;
    }

    public SessionTimerAction HandleDeadline(Instant now)
    {
        if (now >= _expireAt)
        {
            Stop();
            return SessionTimerAction.Expire;
        }
        if (now < _refreshAt)
            return SessionTimerAction.None;
        _refreshAt = Instant.Never;
        return SessionTimerAction.Refresh;
    }
}
