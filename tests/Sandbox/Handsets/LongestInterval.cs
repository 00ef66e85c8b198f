using Media.Protocols.Primitives;

namespace Sandbox.Handsets;

/// <summary>The longest time between two events of one kind, such as packets.</summary>
internal sealed class LongestInterval
{
    private Instant? _last;

    /// <summary>Events so far.</summary>
    public long Count { get; private set; }

    /// <summary>Zero before the second event.</summary>
    public TimeSpan Longest { get; private set; }

    public void Note(Instant now)
    {
        if (_last is { } last && now - last > Longest)
            Longest = now - last;
        _last = now;
        Count++;
    }

    /// <summary>Begins anew with the interval that goes on.</summary>
    public void Forget() => Longest = TimeSpan.Zero;
}
