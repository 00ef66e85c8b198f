namespace Load.Streams;

/// <summary>Delays of packets in steps of 10 µs up to a second. One thread records.</summary>
internal sealed class DelayHistogram
{
    private static readonly TimeSpan Step = TimeSpan.FromMicroseconds(10);

    private readonly long[] _counts = new long[100_000];

    public void Record(TimeSpan delay) => _counts[Math.Clamp((int)(delay / Step), 0, _counts.Length - 1)]++;

    public long Count => _counts.Sum();

    /// <summary>Those of another one too, in which nothing is recorded any more.</summary>
    public void Add(DelayHistogram other)
    {
        for (var i = 0; i < _counts.Length; i++)
            _counts[i] += other._counts[i];
    }

    /// <summary>How many were this long or longer.</summary>
    public long CountFrom(TimeSpan delay) => _counts.Skip((int)(delay / Step)).Sum();

    /// <summary>Zero where there is none.</summary>
    public TimeSpan Percentile(double share)
    {
        var rank = (long)(share * _counts.Sum());
        long seen = 0;
        for (var i = 0; i < _counts.Length; i++)
            if ((seen += _counts[i]) > rank)
                return Step * i;
        return TimeSpan.Zero;
    }
}
