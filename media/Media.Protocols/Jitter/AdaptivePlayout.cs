using Media.Protocols.Primitives;
using Media.Protocols.Rtp;

namespace Media.Protocols.Jitter;

/// <summary>The kind of audio that a listener gets next.</summary>
public enum PlayoutStep
{
    /// <summary>Nothing: the sender pauses, or has not begun.</summary>
    Silence,

    /// <summary>Audio that the decoder conceals: the packet due now has not come.</summary>
    Conceal,

    /// <summary>The same, without a packet being missing: the delay grows.</summary>
    Insert,

    /// <summary>The buffer's next item: a packet, or the loss of one.</summary>
    Take,

    /// <summary>The packet that the buffer gives is to be left out: the longest delay would not suffice for it.</summary>
    Discard,
}

/// <summary>
/// Decides when each packet of a peer is played to a listener that takes one frame at a steady pace: after a delay that follows the jitter.
/// It grows at once, by concealed audio while a late packet is awaited; it shrinks in pauses and where the audio is quiet. Skew of the
/// clocks moves the measured transit times, and with them the delay. No I/O, no decoding, no allocation.
/// <code>
/// playout.HandleArrival(timestamp, rate, now);                                  each packet, as it comes
/// switch (playout.Next(buffer, rate, frame, isQuiet, now)) …; playout.Write(ms)  whenever a frame is to be filled
/// </code>
/// </summary>
/// <param name="minDelay">The shortest delay.</param>
/// <param name="maxDelay">The longest delay.</param>
public sealed class AdaptivePlayout(TimeSpan minDelay, TimeSpan maxDelay)
{
    /// <summary>
    /// The most audio that is made up in one go before silence follows (ITU-T G.711 appendix I fades over 60 ms, Opus over 100).
    /// </summary>
    private const double MaxConcealmentMs = 100;

    /// <summary>
    /// On a lossy network a packet is held until the copy of it in the next one can have come: a packet's time, and this.
    /// </summary>
    private const double CopyMarginMs = 5;

    private static readonly TimeSpan LossMemory = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MaxDiscarding = TimeSpan.FromMilliseconds(200);

    private readonly PlayoutDelay _transits = new();
    private RtpTimestamp _anchor; // of rate _rate, lies at _anchorMs
    private double _anchorMs;
    private int _rate;
    private double? _outlier;

    private bool _isPlaying;
    private double _cursor; // on the sender's clock: the end of what was filled in
    private double _head;
    private int _packetMs = 20;
    private double _delay; // of the last packet
    private double _concealed; // in a row
    private double _meanDelay;
    private int _measured;
    private Instant _lossyUntil = new(long.MinValue);
    private Instant _changed = new(long.MinValue / 2);
    private Instant? _discardingSince;

    /// <summary>The mean time that packets were held back, of the last ten seconds or so.</summary>
    public TimeSpan Delay => TimeSpan.FromMilliseconds(_meanDelay);

    private double Target(Instant now) => Math.Clamp(
        _transits.Lateness + (now < _lossyUntil ? _packetMs + CopyMarginMs : 0), minDelay.TotalMilliseconds, maxDelay.TotalMilliseconds);

    /// <summary>A packet of audio came, in time or not.</summary>
    public void HandleArrival(RtpTimestamp timestamp, int clockRate, Instant now)
    {
        var transit = Milliseconds(now) - Locate(timestamp, clockRate);
        var isOutlier = !_transits.IsEmpty && Math.Abs(transit - _transits.Fastest) >= PlayoutDelay.MaxJumpMs;
        if (isOutlier && !(_outlier is { } before && Math.Abs(transit - before) < PlayoutDelay.MaxJumpMs / 2))
        {
            _outlier = transit; // another clock, if the next packet confirms it
            return;
        }
        _outlier = null;
        if (isOutlier || _transits.IsEmpty)
            _transits.Restart(transit);
        else
            _transits.Add(transit);
    }

    /// <summary>Decides the next step, now that the listener needs another frame.</summary>
    /// <param name="buffer">The peer's packets.</param>
    /// <param name="clockRate">Of its first packet; 0: that one holds no audio.</param>
    /// <param name="frameMs">Milliseconds that the listener takes at a time.</param>
    /// <param name="isQuiet">The audio filled in last is quiet enough to be stretched unheard.</param>
    /// <param name="now">The time.</param>
    public PlayoutStep Next(JitterBuffer buffer, int clockRate, int frameMs, bool isQuiet, Instant now)
    {
        if (buffer.Count == 0)
            return Starve(frameMs, isQuiet);
        if (clockRate == 0)
            return PlayoutStep.Take;
        _head = Locate(buffer.HeadTimestamp, clockRate);
        var due = Milliseconds(now) - _transits.Fastest - Target(now);
        if (!_isPlaying || Math.Abs(_head - _cursor) > PlayoutDelay.MaxJumpMs)
            (_isPlaying, _cursor) = (true, Math.Min(_head, due));
        if (!buffer.IsNextHeld)
            return PlayoutStep.Take;
        if (_head - _cursor >= 2 * frameMs)
            _cursor = Math.Min(_head, due); // in a pause the delay is set again
        if (_head > _cursor + 1)
            return Fill(PlayoutStep.Silence, frameMs);
        _delay = Milliseconds(now) - _head - _transits.Fastest;
        if (_delay > maxDelay.TotalMilliseconds + frameMs && !IsLateForGood(now))
            return PlayoutStep.Discard;
        return Play(isQuiet, now);
    }

    /// <summary>The delay is longer than it need be, and a frame may be left out here.</summary>
    public bool TryShorten(bool isQuiet, Instant now)
    {
        var surplus = _delay - Target(now);
        var rest = now - _changed;
        if (!(isQuiet && surplus > 30 && rest > TimeSpan.FromMilliseconds(100)) && !(surplus > 60 && rest > TimeSpan.FromSeconds(1)))
            return false;
        _changed = now;
        return true;
    }

    /// <summary>Milliseconds to conceal for a loss that the buffer reports; 0: its time was filled, or it held no audio.</summary>
    public int RoomFor(in JitterItem loss, int clockRate, int packetMs, Instant now)
    {
        (_lossyUntil, _packetMs) = (now + LossMemory, packetMs);
        var room = (int)Math.Round(Locate(loss.NextTimestamp, clockRate) - _cursor);
        return room < (loss.Missing == 1 ? 1 : 2 * packetMs) ? 0 : Math.Min(packetMs, room);
    }

    /// <summary>Records this much of the peer's audio as filled in.</summary>
    public void Write(int milliseconds) => (_cursor, _concealed) = (_cursor + milliseconds, 0);

    /// <summary>Records this much of the peer's audio as left out by <see cref="PlayoutStep.Discard"/>.</summary>
    public void Skip(int milliseconds) => _cursor = Math.Max(_cursor, _head + milliseconds);

    /// <summary>Other audio is played to the listener.</summary>
    public void Stop() => _isPlaying = false;

    private PlayoutStep Play(bool isQuiet, Instant now)
    {
        _discardingSince = null;
        _meanDelay += (_delay - _meanDelay) / Math.Min(++_measured, 500);
        var missing = Target(now) - _delay;
        if (missing > (isQuiet || now < _lossyUntil ? 2 : 15) && now - _changed > TimeSpan.FromMilliseconds(60))
        {
            _changed = now;
            return PlayoutStep.Insert;
        }
        _cursor = _head; // where it was concealed before it came, the delay has grown
        return PlayoutStep.Take;
    }

    /// <summary>A decoder's concealment of near silence is the comfort noise of a sender that pauses (DTX): it may last.</summary>
    private PlayoutStep Starve(int frameMs, bool isQuiet)
    {
        if (!_isPlaying)
            return PlayoutStep.Silence;
        _concealed += frameMs;
        return Fill(_concealed > MaxConcealmentMs && !isQuiet ? PlayoutStep.Silence : PlayoutStep.Conceal, frameMs);
    }

    private PlayoutStep Fill(PlayoutStep step, int frameMs)
    {
        _cursor += frameMs;
        return step;
    }

    /// <summary>After a stall late packets come at once; if they stay late, the network has become slower.</summary>
    private bool IsLateForGood(Instant now)
    {
        _discardingSince ??= now;
        if (now - _discardingSince < MaxDiscarding)
            return false;
        _delay = minDelay.TotalMilliseconds;
        _transits.Restart(Milliseconds(now) - _head - _delay);
        return true;
    }

    private double Locate(RtpTimestamp timestamp, int clockRate)
    {
        if (clockRate != _rate)
            (_rate, _anchor) = (clockRate, timestamp); // another time base, as the transit times show
        var at = _anchorMs + timestamp.DistanceFrom(_anchor) * 1000.0 / clockRate;
        if (Math.Abs(at - _anchorMs) > 60_000) // a 48 kHz timestamp wraps every 24 hours
            (_anchor, _anchorMs) = (timestamp, at);
        return at;
    }

    private static double Milliseconds(Instant at) => (double)at.Ticks / TimeSpan.TicksPerMillisecond;
}
