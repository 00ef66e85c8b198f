namespace Media.Protocols.Jitter;

/// <summary>
/// Counts, since it was made, of the packets a <see cref="JitterBuffer"/> was given by outcome, and of those that never came.
/// </summary>
/// <remarks>
/// Late: after its loss was reported. Duplicate: seen before. Unproven: of another stream, or far off, and not yet confirmed by a
/// successor. Rejected: too large, or the buffer was not drained.
/// </remarks>
public readonly record struct JitterStatistics(
    long Delivered, long Lost, long Late, long Duplicate, long Unproven, long Rejected, long Restarts);
