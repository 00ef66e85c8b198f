using Media.Engine.Codecs;
using Media.Protocols.Primitives;

namespace Media.Engine.Loop;

/// <summary>
/// Decides the effort that a loop's Opus encoders make: a step less for each second in which the loop is short of time, a step more once it
/// has had plenty for long. A step up that had to be taken back makes the next one wait twice as long, so that a load that comes and goes
/// does not make it swing. Pure.
/// </summary>
internal sealed class EffortGovernor
{
    /// <summary>Of a processor; and below the limit at which new calls are refused: quality goes first.</summary>
    private const double MaxProcessor = 0.75;

    /// <summary>A step up costs a third more at most: from here it does not lead above <see cref="MaxProcessor"/>.</summary>
    private const double EasyProcessor = 0.55;

    /// <summary>A loop that is late and uses less is kept waiting by others: less effort would be heard, and help nobody.</summary>
    private const double LeastProcessor = 0.2;

    /// <summary>On average. One packet in a hundred waits two or three times as long, and 5 ms are what it may.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan EasyWait = TimeSpan.FromMilliseconds(1);

    /// <summary>A reading covers a second: only then does it show what the last step did.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan ShortestCalm = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestCalm = TimeSpan.FromMinutes(5);

    private TimeSpan _calm = ShortestCalm;
    private Instant _changedAt = new(long.MinValue / 2);
    private Instant _calmSince = Instant.Never;
    private bool _wasRaised;

    public OpusEffort Level { get; private set; }

    /// <summary>Takes a reading. True: <see cref="Level"/> is another from now on.</summary>
    public bool Handle(LoopLoad load, Instant now)
    {
        var wait = load.Processor < LeastProcessor ? TimeSpan.Zero : load.Wait;
        if (load.Processor > MaxProcessor || wait > MaxWait)
            return Lower(now);
        if (load.Processor > EasyProcessor || wait > EasyWait || Level == OpusEffort.Full)
        {
            _calmSince = Instant.Never;
            return false;
        }
        _calmSince = Instant.Min(_calmSince, now);
        return now - _calmSince >= _calm && Raise(now);
    }

    private bool Lower(Instant now)
    {
        _calmSince = Instant.Never;
        if (Level == OpusEffort.Least || now - _changedAt < Settling)
            return false;
        if (_wasRaised) // too early, if it was not long ago
            _calm = now - _changedAt < _calm ? TimeSpan.FromTicks(Math.Min(_calm.Ticks * 2, LongestCalm.Ticks)) : ShortestCalm;
        _wasRaised = false;
        return Change(Level + 1, now);
    }

    private bool Raise(Instant now)
    {
        _wasRaised = true;
        _calmSince = Instant.Never;
        return Change(Level - 1, now);
    }

    private bool Change(OpusEffort level, Instant now)
    {
        (Level, _changedAt) = (level, now);
        return true;
    }
}
