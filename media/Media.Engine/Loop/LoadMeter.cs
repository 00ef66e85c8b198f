using Media.Protocols.Primitives;

namespace Media.Engine.Loop;

/// <summary>The load of a loop over the last second.</summary>
/// <param name="Processor">The part of a processor that its thread used, 0 … 1.</param>
/// <param name="Wait">The mean time that what comes to the loop waits until it is dealt with.</param>
/// <param name="Longest">The longest that anything waited in the last five seconds: for the loop's work, a collection, or the machine.
/// </param>
public readonly record struct LoopLoad(double Processor, TimeSpan Wait, TimeSpan Longest = default);

/// <summary>
/// Measures a loop round by round: a round begins when the loop wakes, or should have woken, and ends when all that was there is dealt
/// with and sent. Pure; two readings of the clock a round are its cost.
/// </summary>
/// <remarks>
/// What comes while a round lasts waits for the rest of it and for its turn in the next: on average as long as a round. So the mean wait
/// is the sum of the rounds' squares over the time. A machine that gives the loop no processor makes long rounds too.
/// </remarks>
internal sealed class LoadMeter(Instant start)
{
    /// <summary>The interval at which the load is read anew.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMilliseconds(250);

    /// <summary>The reading is the mean of so many windows.</summary>
    private const int Windows = 4;

    /// <summary>A single stall (of a collection, or of the machine) is no lasting load: it counts as rounds of this.</summary>
    private const long LongestRound = 50 * TimeSpan.TicksPerMillisecond;

    /// <summary>Windows in the five seconds of <see cref="LoopLoad.Longest"/>.</summary>
    private const int LongestWindows = 20;

    private readonly long[] _longest = new long[LongestWindows];
    private int _window;
    private readonly (long Length, long Processor, double Waited)[] _windows = new (long, long, double)[Windows];
    private int _next;
    private Instant _began = start;
    private Instant _roundEnd = start;
    private TimeSpan _processor;
    private double _waited;

    /// <summary>The time at which to call <see cref="Read"/>.</summary>
    public Instant NextReading => _began + Window;

    /// <summary>A round has ended.</summary>
    /// <param name="due">When the loop was to wake; later than <paramref name="woke"/> where something woke it before.</param>
    /// <param name="woke">When it did.</param>
    /// <param name="now">The end.</param>
    public void EndRound(Instant due, Instant woke, Instant now)
    {
        var from = Math.Max(Math.Min(due.Ticks, woke.Ticks), _roundEnd.Ticks);
        var length = now.Ticks - from;
        _longest[_window] = Math.Max(_longest[_window], length);
        _waited += (double)length * Math.Min(length, LongestRound);
        _roundEnd = now;
    }

    /// <summary>The load of the last second.</summary>
    /// <param name="processor">All that the thread has used so far.</param>
    /// <param name="now">The time.</param>
    public LoopLoad Read(TimeSpan processor, Instant now)
    {
        _windows[_next] = (Math.Max(1, (now - _began).Ticks), (processor - _processor).Ticks, _waited);
        _next = (_next + 1) % Windows;
        (_began, _processor, _waited) = (now, processor, 0);
        var (length, used, waited) = (0L, 0L, 0.0);
        foreach (var window in _windows)
            (length, used, waited) = (length + window.Length, used + window.Processor, waited + window.Waited);
        var longest = new TimeSpan(_longest.Max());
        _window = (_window + 1) % LongestWindows;
        _longest[_window] = 0;
        return new LoopLoad((double)used / length, new TimeSpan((long)(waited / length)), longest);
    }
}
