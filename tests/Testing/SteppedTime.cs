namespace Testing;

/// <summary>A host's two clocks, controlled by a test: time passes on both, and the wall clock alone can be set.</summary>
public sealed class SteppedTime : TimeProvider
{
    private DateTimeOffset _wall = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private long _ticks = 1;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => _wall;

    public override long GetTimestamp() => _ticks;

    public void Pass(TimeSpan time)
    {
        _ticks += time.Ticks;
        _wall += time;
    }

    /// <summary>Sets the wall clock, or suspends the machine, during which the monotonic clock stands still.</summary>
    public void Step(TimeSpan by) => _wall += by;
}
