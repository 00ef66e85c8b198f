using Media.Protocols.Primitives;
using Media.Protocols.Rtp;

namespace Media.Protocols.Dtmf;

/// <summary>
/// Turns one peer's telephone-event packets into key presses (RFC 4733 §2.5): however many packets repeat an event and whichever of
/// them are lost, a press is reported once, and its release once.
/// </summary>
/// <remarks>
/// An event is identified by its timestamp. Some senders give each packet of a press, or each repetition of its end, a timestamp of its
/// own: a packet without marker that would begin before the key could be down again belongs to the press before. Packets may come
/// before or after reordering. Drain with <see cref="TryPollEvent"/> after every call.
/// </remarks>
/// <param name="clockRate">Units per second of the payload type's clock: durations are in these.</param>
/// <param name="timestampRate">Units per second of the stream's timestamps: see <see cref="TelephoneEventWriter"/>.</param>
public sealed class TelephoneEventReader(int clockRate, int timestampRate)
{
    /// <summary>Updates come every 20 to 50 ms: after this silence the end was lost (RFC 4733 §2.5.2.2: three update intervals).</summary>
    private static readonly TimeSpan LostEndTimeout = TimeSpan.FromMilliseconds(200);

    /// <summary>One packet yields at most three: the release of an event whose end was lost, a press, and its release.</summary>
    private const int QueueLength = 4;

    private const int MaxSegmentUnits = ushort.MaxValue;

    /// <summary>
    /// The shortest pause between two presses of a key: half of the pause that receivers need between two (ITU-T Q.24: 40 ms).
    /// </summary>
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(30);

    /// <summary>The longest interval between two packets of one press, in timestamps that advance with each.</summary>
    private const int PacketIntervalMs = 60;

    /// <summary>A timestamp further back than this begins a new time base.</summary>
    private const int StaleSeconds = 10;

    private readonly TelephoneEvent[] _queue = new TelephoneEvent[QueueLength];
    private int _queued;

    private bool _hasEvent;
    private bool _isDown;
    private Ssrc _ssrc;
    private RtpTimestamp _segmentStart;
    private long _earlierSegments; // units
    private TelephoneEventPayload _latest;
    private char _digit;
    private RtpTimestamp _latestTimestamp;
    private Instant _latestAt;

    /// <summary>The time at which a press whose end is missing counts as released.</summary>
    public Instant NextDeadline { get; private set; } = Instant.Never;

    /// <summary>Takes in one packet of the telephone-event payload type.</summary>
    /// <returns>False when it is malformed or its event is no key.</returns>
    public bool Handle(in RtpPacketReader packet, Instant now)
    {
        if (!TelephoneEventPayload.TryRead(packet.Payload, out var payload) || !TelephoneDigit.TryGetDigit(payload.Event, out var digit))
            return false;

        var age = _hasEvent && packet.Ssrc == _ssrc ? packet.Timestamp.DistanceFrom(_segmentStart) : int.MinValue;
        if (age == 0 && payload.Event == _latest.Event)
        {
            Continue(packet, payload, now);
            return true;
        }
        if (age < 0 && age > -StaleSeconds * timestampRate)
            return true; // a late packet of an event that is over
        if (IsNextSegment(packet, payload, age))
        {
            _earlierSegments += (long)age * clockRate / timestampRate;
            _segmentStart = packet.Timestamp;
            _latest = payload;
            Continue(packet, payload, now);
            return true;
        }
        if (IsSamePress(packet, payload, age, now))
        {
            if (_isDown && payload.Duration <= _latest.Duration) // counted from this packet's own timestamp
                (_earlierSegments, _latest) = ((long)age * clockRate / timestampRate, payload);
            Continue(packet, payload, now);
            return true;
        }

        Release();
        _hasEvent = true;
        _isDown = true;
        _ssrc = packet.Ssrc;
        _segmentStart = packet.Timestamp;
        _earlierSegments = 0;
        _latest = payload;
        _digit = digit;
        Report(TelephoneEventPhase.Pressed);
        Continue(packet, payload, now);
        return true;
    }

    /// <summary>To be called when <see cref="NextDeadline"/> has come.</summary>
    public void HandleDeadline(Instant now)
    {
        if (now >= NextDeadline)
            Release();
    }

    public bool TryPollEvent(out TelephoneEvent telephoneEvent)
    {
        telephoneEvent = _queue[0];
        if (_queued == 0)
            return false;
        _queued--;
        Array.Copy(_queue, 1, _queue, 0, _queued);
        return true;
    }

    /// <summary>
    /// RFC 4733 §2.5.1.3: an event longer than the duration field goes on in a packet without marker, its timestamp later by the
    /// whole of the field's range (senders that split at an update are a little under it).
    /// </summary>
    private bool IsNextSegment(in RtpPacketReader packet, in TelephoneEventPayload payload, int age)
    {
        var range = (long)MaxSegmentUnits * timestampRate / clockRate;
        return _isDown && !packet.Marker && payload.Event == _latest.Event && age <= range && age >= range - timestampRate / 10;
    }

    /// <summary>
    /// A packet of the latest press although it has a timestamp of its own: while the key is down, or another end of it, without marker,
    /// and either one packet interval after the last one or of a press that would have begun before this one was over.
    /// </summary>
    private bool IsSamePress(in RtpPacketReader packet, in TelephoneEventPayload payload, int age, Instant now)
    {
        if (age <= 0 || packet.Marker || payload.Event != _latest.Event || !(_isDown || payload.IsEnd))
            return false;
        var step = packet.Timestamp.DistanceFrom(_latestTimestamp);
        var began = now - TimeSpan.FromSeconds((double)payload.Duration / clockRate);
        return step >= 0 && step <= PacketIntervalMs * timestampRate / 1000 || began < _latestAt + ShortestPause;
    }

    private void Continue(in RtpPacketReader packet, in TelephoneEventPayload payload, Instant now)
    {
        (_latestTimestamp, _latestAt) = (packet.Timestamp, now);
        if (!_isDown)
            return;
        if (payload.Duration > _latest.Duration)
            _latest = payload;
        NextDeadline = now + LostEndTimeout;
        if (payload.IsEnd)
            Release();
    }

    private void Release()
    {
        NextDeadline = Instant.Never;
        if (!_isDown)
            return;
        _isDown = false;
        Report(TelephoneEventPhase.Released);
    }

    private void Report(TelephoneEventPhase phase)
    {
        if (_queued == QueueLength)
            return;
        var duration = TimeSpan.FromSeconds((double)(_earlierSegments + _latest.Duration) / clockRate);
        _queue[_queued++] = new TelephoneEvent(phase, _digit, duration, _latest.Volume);
    }
}
