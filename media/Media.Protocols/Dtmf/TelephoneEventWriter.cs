using Media.Protocols.Primitives;
using Media.Protocols.Rtp;

namespace Media.Protocols.Dtmf;

/// <summary>The fields that the RTP header around a written telephone-event must carry.</summary>
/// <param name="Marker">The first packet of a press.</param>
/// <param name="Timestamp">The beginning of the press, or of its segment: the same in all its packets.</param>
public readonly record struct TelephoneEventHeader(bool Marker, RtpTimestamp Timestamp);

/// <summary>
/// Plays key presses as telephone-event payloads, one after another (RFC 4733 §2.5.1): a first packet with marker, an update every
/// 20 ms, the end three times. The caller sends them in its audio stream's sequence, instead of audio.
/// </summary>
/// <remarks>
/// The first packet says 20 ms already, and still the end comes no earlier after it than the press is long: receivers measure that too.
/// Asterisk plays a key anew where it was less than 80 ms.
/// </remarks>
/// <param name="clockRate">Units per second of the payload type's clock: durations are in these.</param>
/// <param name="timestampRate">
/// Units per second of the stream's timestamps. RFC 4733 §2.1 requires the same rate for both, but WhatsApp, as libwebrtc does, keeps
/// Opus's 48000 in the timestamps of telephone-event/8000.
/// </param>
public sealed class TelephoneEventWriter(int clockRate, int timestampRate)
{
    /// <summary>For a key that is still down: <see cref="Release"/> ends it.</summary>
    public static readonly TimeSpan UntilReleased = Timeout.InfiniteTimeSpan;

    /// <summary>Shorter presses are played this long: receivers may ignore less (ITU-T Q.24: 40 ms).</summary>
    public static readonly TimeSpan MinDuration = TimeSpan.FromMilliseconds(40);

    /// <summary>Longer presses, and those never released, end here.</summary>
    public static readonly TimeSpan MaxDuration = TimeSpan.FromSeconds(10);

    /// <summary>Presses waiting; a peer that sends faster than keys can be played loses the rest.</summary>
    public const int QueueLength = 64;

    private static readonly TimeSpan UpdateInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>After the last end packet, which itself comes 40 ms after the end: 100 ms from key to key.</summary>
    private static readonly TimeSpan Gap = TimeSpan.FromMilliseconds(60);

    private const int EndPackets = 3;

    /// <summary>A time line that is further behind has another time base, and not a press to wait for.</summary>
    private const int StaleSeconds = 10;

    private const byte Volume = 10; // −10 dBm0
    private const int MaxSegmentUnits = ushort.MaxValue;

    private readonly Press[] _queue = new Press[QueueLength];
    private int _head;
    private int _queued;

    private bool _isPlaying;
    private Press _current;
    private long _played; // units
    private RtpTimestamp _segmentStart;
    private long _earlierSegments; // units
    private bool _isFirst;
    private int _endsSent;
    private RtpTimestamp _ended;
    private bool _hasEnded;
    private Instant _notBefore;

    /// <summary>A press is being played or waits.</summary>
    public bool IsActive => _isPlaying || _queued > 0;

    /// <summary>The time at which the next packet is due; in the past when it is due at once.</summary>
    public Instant NextDeadline => IsActive ? _notBefore : Instant.Never;

    /// <summary>Plays <paramref name="digit"/> after those that wait.</summary>
    /// <param name="digit">One of "0123456789*#ABCD" or <see cref="TelephoneDigit.Flash"/>.</param>
    /// <param name="duration">
    /// Brought within <see cref="MinDuration"/> and <see cref="MaxDuration"/>; or <see cref="UntilReleased"/>.
    /// </param>
    /// <returns>False when it is no key, or too many wait.</returns>
    public bool TryEnqueue(char digit, TimeSpan duration)
    {
        if (_queued == QueueLength || !TelephoneDigit.TryGetCode(digit, out var code))
            return false;
        var end = duration == UntilReleased ? MaxDuration : Clamp(duration);
        _queue[(_head + _queued++) % QueueLength] = new Press(code, end);
        return true;
    }

    /// <summary>The key enqueued last was down for <paramref name="duration"/>; it ends as soon as it has been played that long.</summary>
    public void Release(TimeSpan duration)
    {
        if (_queued > 0)
        {
            ref var last = ref _queue[(_head + _queued - 1) % QueueLength];
            last = last with { Duration = Clamp(duration) };
        }
        else if (_isPlaying && _endsSent == 0)
        {
            _current = _current with { Duration = Clamp(duration) };
        }
    }

    /// <summary>Writes the payload that is due, if one is.</summary>
    /// <param name="payload">At least <see cref="TelephoneEventPayload.Length"/> bytes, which are written.</param>
    /// <param name="now">The time.</param>
    /// <param name="streamTimestamp">The timestamp that an audio packet sampled now would carry.</param>
    /// <param name="header">For the packet around it.</param>
    public bool TryPollTransmit(Span<byte> payload, Instant now, RtpTimestamp streamTimestamp, out TelephoneEventHeader header)
    {
        header = default;
        if (!IsActive || now < _notBefore || payload.Length < TelephoneEventPayload.Length)
            return false;
        if (!_isPlaying)
            Begin(streamTimestamp, now);
        var total = Units(_current.Duration);
        var isEnd = _played >= total;
        if (_endsSent == 0)
        {
            var next = Math.Min(_played + Units(UpdateInterval), _earlierSegments + MaxSegmentUnits);
            _played = Math.Max(_played, Math.Min(next, total)); // a release may come after what was played already
        }

        var units = (ushort)(_played - _earlierSegments);
        new TelephoneEventPayload(_current.Code, isEnd, Volume, units).TryWrite(payload);
        header = new TelephoneEventHeader(_isFirst, _segmentStart);
        _isFirst = false;
        if (units == MaxSegmentUnits && _played < total)
        {
            // RFC 4733 §2.5.1.3: the rest continues with a timestamp of its own.
            _segmentStart += (int)((long)MaxSegmentUnits * timestampRate / clockRate);
            _earlierSegments += MaxSegmentUnits;
        }
        Schedule(isEnd, now);
        return true;
    }

    private void Begin(RtpTimestamp streamTimestamp, Instant now)
    {
        _current = _queue[_head];
        _head = (_head + 1) % QueueLength;
        _queued--;
        _isPlaying = true;
        _isFirst = true;
        _played = 0;
        _segmentStart = After(streamTimestamp);
        _earlierSegments = 0;
        _endsSent = 0;
        _notBefore = now;
    }

    private void Schedule(bool isEnd, Instant now)
    {
        // A caller that comes late stretches the press; it gets no burst.
        var onTime = _notBefore + UpdateInterval;
        var atLeast = now + UpdateInterval / 2;
        _notBefore = onTime > atLeast ? onTime : atLeast;
        if (!isEnd || ++_endsSent < EndPackets)
            return;
        _isPlaying = false;
        _notBefore = now + Gap;
        (_ended, _hasEnded) = (_segmentStart + (int)((_played - _earlierSegments) * timestampRate / clockRate), true);
    }

    /// <summary>
    /// A press begins after the one before it, whatever the audio's time line does: receivers take an earlier one for a late packet of an
    /// event that is over.
    /// </summary>
    private RtpTimestamp After(RtpTimestamp streamTimestamp)
    {
        var behind = _hasEnded ? _ended.DistanceFrom(streamTimestamp) : 0;
        return behind > 0 && behind < StaleSeconds * timestampRate ? _ended : streamTimestamp;
    }

    private long Units(TimeSpan span) => span.Ticks * clockRate / TimeSpan.TicksPerSecond;

    private static TimeSpan Clamp(TimeSpan duration) =>
        duration < MinDuration ? MinDuration : duration > MaxDuration ? MaxDuration : duration;

    private readonly record struct Press(byte Code, TimeSpan Duration);
}
