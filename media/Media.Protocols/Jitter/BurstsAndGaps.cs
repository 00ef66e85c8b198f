namespace Media.Protocols.Jitter;

/// <summary>Losses as bursts with gaps between them (RFC 3611 §4.7.2).</summary>
/// <param name="BurstDensity">0 … 1: the part of a burst's packets that was lost.</param>
/// <param name="GapDensity">0 … 1: the part of a gap's packets that was lost.</param>
/// <param name="BurstMs">The mean length of a burst, milliseconds; 0: there was none.</param>
/// <param name="GapMs">The mean length of a gap, milliseconds.</param>
public readonly record struct BurstsAndGaps(double BurstDensity, double GapDensity, double BurstMs, double GapMs);
