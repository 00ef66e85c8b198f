namespace Gateway.Calls.Quality;

/// <summary>The limits of a conversation's quality: a leg beyond one of them is degraded. See <see cref="QualityWatch"/>.</summary>
public sealed record QualityOptions
{
    /// <summary>The lowest mean opinion score, 1 … 4.5: below 3.1 nearly all listeners are dissatisfied (ITU-T G.107 annex B).</summary>
    public double MinMos { get; init; } = 3.1;

    /// <summary>The greatest part of the packets that is not heard, 0 … 1; also of ours, as the peer reports it.</summary>
    public double MaxLoss { get; init; } = 0.05;

    /// <summary>The greatest interarrival jitter (RFC 3550 §6.4.1).</summary>
    public TimeSpan MaxJitter { get; init; } = TimeSpan.FromMilliseconds(60);

    /// <summary>The longest round trip.</summary>
    public TimeSpan MaxRoundTrip { get; init; } = TimeSpan.FromMilliseconds(600);

    /// <summary>Every error in these values, in words for an operator; empty when they can be used.</summary>
    public IEnumerable<string> Validate()
    {
        if (MinMos is not (>= 1 and <= 4))
            yield return "minMos: must be between 1 and 4.";
        if (MaxLoss is not (> 0 and <= 1))
            yield return "maxLoss: must be above 0 and at most 1.";
        if (MaxJitter < TimeSpan.FromMilliseconds(5) || MaxJitter > TimeSpan.FromSeconds(1))
            yield return "maxJitter: must be between 5 ms and 1 s.";
        if (MaxRoundTrip < TimeSpan.FromMilliseconds(50) || MaxRoundTrip > TimeSpan.FromSeconds(10))
            yield return "maxRoundTrip: must be between 50 ms and 10 s.";
    }
}
