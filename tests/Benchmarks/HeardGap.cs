namespace Benchmarks;

/// <summary>When one end was heard last, and for how long it was not. One thread notes, another reads.</summary>
internal sealed class HeardGap
{
    private long _last;
    private long _longest;
    private long _afterLongest;

    /// <summary>The longest time without a packet since <see cref="Begin"/>.</summary>
    public TimeSpan Longest => TimeProvider.System.GetElapsedTime(0, Volatile.Read(ref _longest));

    /// <summary>When the packet came that ended it: a timestamp of <see cref="TimeProvider.System"/>.</summary>
    public long EndOfLongest => Volatile.Read(ref _afterLongest);

    /// <summary>Something is heard now.</summary>
    public bool IsHeard => TimeProvider.System.GetElapsedTime(Volatile.Read(ref _last)) < TimeSpan.FromSeconds(1);

    /// <summary>Begins anew.</summary>
    public void Begin() => Volatile.Write(ref _longest, 0);

    /// <summary>A packet came.</summary>
    public void Note(long at)
    {
        if (_last != 0 && at - _last > _longest)
        {
            Volatile.Write(ref _longest, at - _last);
            Volatile.Write(ref _afterLongest, at);
        }
        Volatile.Write(ref _last, at);
    }
}
