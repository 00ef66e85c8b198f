using Media.Protocols.Primitives;

namespace Testing;

/// <summary>Time that moves only when a test advances it.</summary>
public sealed class VirtualClock
{
    public Instant Now { get; private set; } = Instant.FromDateTimeOffset(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public Instant Advance(TimeSpan by) => Now += by;

    public Instant AdvanceTo(Instant to)
    {
        if (to < Now)
            throw new ArgumentOutOfRangeException(nameof(to), "Time does not run backwards.");
        return Now = to;
    }
}
