using System.Threading.Channels;
using Media.Engine.Quality;
using Media.Engine.Session;
using Media.Protocols.Primitives;

namespace Media.Engine.Loop;

/// <summary>
/// A session as its loop drives it, and what other threads learn of it: events and the quality. Everything but <see cref="Events"/> and
/// <see cref="Quality"/> belongs to the loop's thread.
/// </summary>
internal sealed class LoopCall : IHasDeadline
{
    private const int EventCapacity = 256;

    /// <summary>Key presses and the like may not crowd out what a call's course depends on.</summary>
    private const int ReservedForState = 32;

    private readonly Channel<MediaEvent> _events = Channel.CreateBounded<MediaEvent>(
        new BoundedChannelOptions(EventCapacity) { SingleWriter = true });

    private readonly Lock _lock = new();
    private MediaQuality _quality;

    /// <summary>Set before the loop hears of the call: a session needs its port, and the port knows whose it is.</summary>
    public MediaSession Session { get; set; } = null!;

    public ChannelReader<MediaEvent> Events => _events.Reader;

    /// <summary>As of the last second.</summary>
    public MediaQuality Quality
    {
        get
        {
            lock (_lock)
                return _quality;
        }
    }

    public Instant NextDeadline => Session.NextDeadline;

    /// <summary>See <see cref="LoopWatch.Follow"/>.</summary>
    public bool IsCountedOpen { get; set; }

    /// <summary>Nothing is sent for it any more: another process has the call.</summary>
    public bool IsSilent { get; set; }

    public Instant ScheduledAt { get; set; } = Instant.Never;

    /// <summary>Passes on what the session has to say.</summary>
    public void Drain(MediaCounters counters)
    {
        while (Session.TryPollEvent(out var happened))
            Announce(happened, counters);
        if (Session.TryPollQuality(out var quality))
            Publish(quality);
    }

    public void Announce(MediaEvent happened, MediaCounters counters)
    {
        if (!TryWrite(happened))
            counters.LostEvents++;
    }

    /// <summary>The session has ended; nothing more is said.</summary>
    public void Complete() => _events.Writer.TryComplete();

    public void Publish(in MediaQuality quality)
    {
        lock (_lock)
            _quality = quality;
    }

    /// <summary>False: there is no room, and the event is lost.</summary>
    private bool TryWrite(MediaEvent happened)
    {
        var isState = happened is not MediaEvent.DigitReceived;
        return (isState || _events.Reader.Count < EventCapacity - ReservedForState) && _events.Writer.TryWrite(happened);
    }
}
