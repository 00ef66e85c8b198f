using Media.Protocols.Primitives;
using Media.Protocols.Rtp;

namespace Media.Protocols.Jitter;

/// <summary>
/// The place of a peer's audio on the outgoing timeline: the timestamps of both advance with the peer's sampling clock
/// (RFC 3550 §5.1), whatever the network does to the packets. Generated audio takes a place on the same timeline. All in milliseconds; no
/// I/O.
/// <code>
/// if (line.TryPlace(timestamp, rate, now, out var gap)) { skip gap; send; line.Write(length); } else { too late: its place is taken }
/// </code>
/// </summary>
public sealed class PlayoutTimeline
{
    /// <summary>A timestamp this far ahead of what passing time explains is another time base, not a pause of the sender.</summary>
    private const int MaxJump = 2000;

    /// <summary>Generated audio stays this far behind the peer's clock, so that the peer's next packet finds its place free.</summary>
    private const int Lag = 60;

    /// <summary>
    /// Packets that overlap generated audio for longer than this, and come at their usual pace, are of a clock that stood still.
    /// </summary>
    private const int MaxOverlap = 200;

    private bool _isAnchored;
    private RtpTimestamp _anchor; // stands at _anchorAt
    private long _anchorAt;
    private long _end;
    private bool _endsGenerated; // what lies directly before _end is not the peer's
    private bool _hasHeard;
    private long _last;
    private Instant _lastArrival;
    private bool _isOverdue;
    private long _overdueFrom;
    private Instant _overdueSince;

    /// <summary>The place of a packet that is next in sequence.</summary>
    /// <param name="timestamp">The packet's own.</param>
    /// <param name="clockRate">Of its codec.</param>
    /// <param name="now">The time.</param>
    /// <param name="gap">
    /// Milliseconds between what was written and this packet: a pause of the sender, or a loss that was not concealed.
    /// </param>
    /// <returns>False: generated audio has been sent in its place.</returns>
    public bool TryPlace(RtpTimestamp timestamp, int clockRate, Instant now, out int gap)
    {
        gap = 0;
        if (!_isAnchored)
        {
            Anchor(timestamp, Resume(now));
        }
        else
        {
            var at = Locate(timestamp, clockRate);
            if (at > _end + MaxJump + Elapsed(now) || (at < _end && !_endsGenerated) || (at < _end && IsStandingClock(at, now)))
                Anchor(timestamp, Resume(now));
            else if (at < _end)
                return false;
        }
        var place = Locate(timestamp, clockRate);
        gap = (int)(place - _end);
        _endsGenerated = false;
        Heard(place, now);
        return true;
    }

    /// <summary>A packet came that is not to be sent; the clock is followed all the same.</summary>
    public void Follow(RtpTimestamp timestamp, int clockRate, Instant now)
    {
        if (_isAnchored)
            Heard(Locate(timestamp, clockRate), now);
    }

    /// <summary>Milliseconds free between what was written and a packet that has come: what lost packets may fill.</summary>
    public int RoomBefore(RtpTimestamp timestamp, int clockRate) =>
        _isAnchored ? (int)Math.Clamp(Locate(timestamp, clockRate) - _end, 0, int.MaxValue) : 0;

    /// <summary>The peer is silent or muted: generated audio follows.</summary>
    /// <returns>Milliseconds to leave out before it.</returns>
    public int BeginGenerated(Instant now)
    {
        _endsGenerated = true;
        return _hasHeard ? (int)Math.Max(0, _last + Elapsed(now) - Lag - _end) : 0;
    }

    /// <summary>Records this much audio, or pause, as sent.</summary>
    public void Write(int milliseconds) => _end += milliseconds;

    /// <summary>The peer's next packet has another time base: another source, another codec.</summary>
    public void Rebase()
    {
        _isAnchored = false;
        _isOverdue = false;
    }

    /// <summary>
    /// The start of a new time base: directly after what was written, unless more time has passed than a network may swallow.
    /// </summary>
    private long Resume(Instant now) => _hasHeard && _last + Elapsed(now) - _end > Lag ? _last + Elapsed(now) : _end;

    private long Elapsed(Instant now) => (now - _lastArrival).Ticks / TimeSpan.TicksPerMillisecond;

    private void Heard(long at, Instant now)
    {
        (_last, _lastArrival, _hasHeard, _isOverdue) = (at, now, true, false);
    }

    /// <summary>
    /// After a freeze of the network the packets of that time come faster than they were made. Where they come at the pace of their clock,
    /// and go on doing so, that clock stood still while generated audio was sent.
    /// </summary>
    private bool IsStandingClock(long at, Instant now)
    {
        if (!_isOverdue)
            (_isOverdue, _overdueFrom, _overdueSince) = (true, at, now);
        var made = at - _overdueFrom;
        return _end - at > MaxOverlap && made >= 40 && (now - _overdueSince).TotalMilliseconds >= 0.9 * made;
    }

    private void Anchor(RtpTimestamp timestamp, long at) => (_isAnchored, _anchor, _anchorAt) = (true, timestamp, at);

    private long Locate(RtpTimestamp timestamp, int clockRate)
    {
        var unitsPerMs = clockRate / 1000;
        var milliseconds = (int)Math.Floor((double)timestamp.DistanceFrom(_anchor) / unitsPerMs);
        if (Math.Abs(milliseconds) > 60_000) // a 48 kHz timestamp wraps every 24 hours
        {
            _anchor += milliseconds * unitsPerMs;
            _anchorAt += milliseconds;
            return _anchorAt;
        }
        return _anchorAt + milliseconds;
    }
}
