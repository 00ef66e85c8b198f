using System.Globalization;

namespace Media.Protocols.Primitives;

/// <summary>
/// A point on the process's monotonic timeline, in 100 ns ticks since the Unix epoch as the host's clock read when the process started.
/// It never jumps when the host's clock is set; shells read it from <see cref="InstantClock"/>, pure code receives it as an argument.
/// </summary>
public readonly record struct Instant(long Ticks) : IComparable<Instant>
{
    /// <summary>Later than every real instant: "no deadline".</summary>
    public static readonly Instant Never = new(long.MaxValue);

    public static Instant operator +(Instant at, TimeSpan span) => new(at.Ticks + span.Ticks);

    public static Instant operator -(Instant at, TimeSpan span) => new(at.Ticks - span.Ticks);

    public static TimeSpan operator -(Instant later, Instant earlier) => new(later.Ticks - earlier.Ticks);

    public static bool operator <(Instant left, Instant right) => left.Ticks < right.Ticks;

    public static bool operator >(Instant left, Instant right) => left.Ticks > right.Ticks;

    public static bool operator <=(Instant left, Instant right) => left.Ticks <= right.Ticks;

    public static bool operator >=(Instant left, Instant right) => left.Ticks >= right.Ticks;

    public static Instant Min(Instant a, Instant b) => a.Ticks <= b.Ticks ? a : b;

    public static Instant FromDateTimeOffset(DateTimeOffset time) => new(time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks);

    /// <summary>The wall-clock time of this instant, for records and for NTP timestamps.</summary>
    public DateTimeOffset ToDateTimeOffset() => DateTimeOffset.UnixEpoch.AddTicks(Ticks);

    public int CompareTo(Instant other) => Ticks.CompareTo(other.Ticks);

    public override string ToString() =>
        this == Never ? "never" : ToDateTimeOffset().ToString("yyyy-MM-ddTHH:mm:ss.fffffffZ", CultureInfo.InvariantCulture);
}
