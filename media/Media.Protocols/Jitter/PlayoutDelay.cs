namespace Media.Protocols.Jitter;

/// <summary>
/// The delay that lets nearly all packets of a recent window come in time: the 99.5th percentile of their lateness, within bounds. All in
/// milliseconds; a transit time is arrival minus the sender's clock, so it has a constant of its own and moves with the skew of the clocks.
/// </summary>
public sealed class PlayoutDelay
{
    /// <summary>A packet this far from where its clock says it belongs has another clock.</summary>
    public const double MaxJumpMs = 1000;

    /// <summary>Packets: 10 s of 20 ms. What was late is remembered so long, and so slowly the delay comes down.</summary>
    private const int Window = 500;

    private const double BucketMs = 5;

    /// <summary>In a circle of 2.5 s, of which one second is in use.</summary>
    private const int Buckets = 512;

    private const double LateShare = 0.005;

    private readonly ushort[] _counts = new ushort[Buckets];
    private readonly ushort[] _recent = new ushort[Window];
    private int _filled;
    private int _at;
    private double _leastBefore = double.MaxValue; // of the half window before
    private double _least = double.MaxValue;

    /// <summary>The fastest packet's transit time; valid once one was added.</summary>
    public double Fastest => Math.Min(_least, _leastBefore);

    public bool IsEmpty => _filled == 0;

    /// <summary>The longest lateness of nearly all packets, after the fastest.</summary>
    public double Lateness { get; private set; }

    /// <summary>Restarts with one packet.</summary>
    public void Restart(double transit)
    {
        Array.Clear(_counts);
        (_filled, _at, _least, _leastBefore) = (0, 0, double.MaxValue, double.MaxValue);
        Add(transit);
    }

    /// <summary>Takes in one packet, which lies within a second of <see cref="Fastest"/>.</summary>
    public void Add(double transit)
    {
        if (_at is 0 or Window / 2)
            (_leastBefore, _least) = (_least, transit);
        _least = Math.Min(_least, transit);
        if (_filled == Window)
            _counts[_recent[_at]]--;
        var bucket = BucketOf(transit);
        _counts[bucket]++;
        _recent[_at] = (ushort)bucket;
        _filled = Math.Min(_filled + 1, Window);
        _at = (_at + 1) % Window;
        Lateness = Measure();
    }

    private double Measure()
    {
        var (first, later) = (BucketOf(Fastest), 0);
        for (var above = (int)(MaxJumpMs / BucketMs); above >= 0; above--)
        {
            later += _counts[(first + above) % Buckets];
            if (later > LateShare * _filled)
                return above * BucketMs + BucketMs - (Fastest - Math.Floor(Fastest / BucketMs) * BucketMs);
        }
        return 0;
    }

    private static int BucketOf(double transit) => (int)((long)Math.Floor(transit / BucketMs) & (Buckets - 1));
}
