namespace Media.Protocols.Jitter;

/// <summary>The limits of a <see cref="JitterBuffer"/>'s wait for missing packets.</summary>
public sealed record JitterBufferOptions
{
    /// <summary>The longest a packet waits for a missing one before it. In order, nothing waits.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromMilliseconds(60);

    /// <summary>
    /// The longest that <see cref="Window"/> may become, and <see cref="MaxReordering"/> with it, while packets come after their loss was
    /// reported: on a
    /// network that reorders. The default never grows.
    /// </summary>
    public TimeSpan MaxWindow { get; init; }

    /// <summary>
    /// This many packets after a gap prove the loss, however little time has passed: 1 … <see cref="JitterBuffer.Capacity"/>.
    /// </summary>
    public int MaxReordering { get; init; } = 3;

    /// <summary>
    /// Of a longer gap only this many packets, the last ones, are reported: enough to fade out and back in. All are counted as lost.
    /// </summary>
    public int MaxConcealment { get; init; } = 5;
}
