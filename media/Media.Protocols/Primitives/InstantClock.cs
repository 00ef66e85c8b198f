namespace Media.Protocols.Primitives;

/// <summary>
/// Reads <see cref="Instant"/>s from a <see cref="TimeProvider"/>: its wall clock once, its monotonic timestamp ever after.
/// </summary>
public sealed class InstantClock(TimeProvider time)
{
    private readonly Instant _origin = Instant.FromDateTimeOffset(time.GetUtcNow());
    private readonly long _originTimestamp = time.GetTimestamp();

    public Instant Now => _origin + time.GetElapsedTime(_originTimestamp);
}
