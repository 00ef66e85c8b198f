using Media.Protocols.Dtmf;
using Media.Protocols.Primitives;
using Media.Protocols.Rtp;

namespace Media.Engine.Legs;

/// <summary>
/// Key presses from one peer, whichever of its telephone-event payload types it uses: a reader for each clock. Or by their tones, where
/// that is switched on, until the first event comes.
/// </summary>
/// <param name="timestampRate">Units per second of the stream's timestamps.</param>
internal sealed class DigitReaders(int timestampRate)
{
    private readonly List<(int ClockRate, TelephoneEventReader Reader)> _readers = new(2);

    /// <summary>Listens to the audio; null: it is not wanted, or the peer sends events.</summary>
    public ToneKeyDetector? Tones { get; set; }

    /// <summary>The time at which a press whose end is missing counts as released.</summary>
    public Instant NextDeadline
    {
        get
        {
            var next = Tones?.NextDeadline ?? Instant.Never;
            foreach (var (_, reader) in _readers)
                next = Instant.Min(next, reader.NextDeadline);
            return next;
        }
    }

    /// <summary>Takes in one packet of a telephone-event payload type; drain <see cref="TryPollEvent"/> after it.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="clockRate">Of its payload type.</param>
    /// <param name="now">When it arrived.</param>
    public void Handle(in RtpPacketReader packet, int clockRate, Instant now)
    {
        Tones = null; // a gateway before the peer may leave the tones in the audio
        Of(clockRate).Handle(packet, now);
    }

    public void HandleDeadline(Instant now)
    {
        Tones?.HandleDeadline(now);
        foreach (var (_, reader) in _readers)
            reader.HandleDeadline(now);
    }

    public bool TryPollEvent(out TelephoneEvent telephoneEvent)
    {
        foreach (var (_, reader) in _readers)
            if (reader.TryPollEvent(out telephoneEvent))
                return true;
        telephoneEvent = default;
        return Tones is { } tones && tones.TryPollEvent(out telephoneEvent);
    }

    /// <summary>One is made at the first packet of a clock; there are no more clocks than the peer named.</summary>
    private TelephoneEventReader Of(int clockRate)
    {
        foreach (var (rate, reader) in _readers)
            if (rate == clockRate)
                return reader;
        var made = new TelephoneEventReader(clockRate, timestampRate);
        _readers.Add((clockRate, made));
        return made;
    }
}
