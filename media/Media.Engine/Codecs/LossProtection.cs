namespace Media.Engine.Codecs;

/// <summary>
/// The loss that the Opus encoders of one leg prepare for: what the peer's receiver reports say, of which the strength of error correction
/// and the bit rate follow. It rises with the first report, by a bounded step, and falls after two calm ones, by a smaller step. Pure.
/// </summary>
internal sealed class LossProtection(OpusOptions options)
{
    /// <summary>Percent: what a single report may add, and take away.</summary>
    private const int LargestRise = 10, LargestFall = 3;

    /// <summary>Below it nothing changes: a report covers some 250 packets, of which a few more or less say nothing.</summary>
    private const int Hysteresis = 2;

    /// <summary>Reports of less loss in a row before less is prepared for.</summary>
    private const int CalmReports = 2;

    /// <summary>Better copies than for this loss are not heard, but what they take from the rest is (`Benchmarks -- quality`).</summary>
    private const int Most = 15;

    /// <summary>A thin copy stays, for the loss that no report has told yet.</summary>
    private const int Least = 2;

    /// <summary>
    /// The loss whose copies the configured bit rate is meant to hold; for more of them it grows, to <see cref="MostRate"/>.
    /// </summary>
    private const int Usual = 10;

    /// <summary>Of the configured bit rate. Less is never used: below 20 kbit/s libopus may leave the copies out.</summary>
    private const double MostRate = 1.2;

    private int _calm;

    /// <summary>Percent; as configured until the peer reports.</summary>
    public int Percent { get; private set; } = options.ExpectedLossPercent;

    /// <summary>Takes a receiver report.</summary>
    /// <param name="lost">0 … 1: of what was sent since the last one.</param>
    public void Handle(double lost)
    {
        if (!options.FollowLoss)
            return;
        var target = Math.Clamp((int)Math.Round(lost * 100), Least, Most);
        var isMore = target > Percent + Hysteresis || (target > Percent && target == Most);
        var isLess = target < Percent - Hysteresis || (target < Percent && target == Least);
        _calm = isLess ? _calm + 1 : 0;
        if (isMore)
            Percent = Math.Min(target, Percent + LargestRise);
        else if (_calm >= CalmReports)
            Percent = Math.Max(target, Percent - LargestFall);
    }

    /// <summary>The loss to prepare for, percent: no more than usual where the peer leaves no bits for better copies.</summary>
    /// <param name="configured">bit/s, for <see cref="Usual"/> loss.</param>
    /// <param name="most">bit/s: what the peer asks not to be exceeded.</param>
    public int LossFor(int configured, int most) =>
        options.FollowLoss && most <= configured ? Math.Min(Percent, Math.Max(Usual, options.ExpectedLossPercent)) : Percent;

    /// <summary>The bit rate to encode at: copies for more than the usual loss would take theirs from what is heard without loss.</summary>
    /// <param name="configured">bit/s, for <see cref="Usual"/> loss.</param>
    /// <param name="most">bit/s: what the peer asks not to be exceeded.</param>
    /// <param name="fec">Copies are made.</param>
    public int RateOf(int configured, int most, bool fec)
    {
        var part = options.FollowLoss && fec ? Math.Clamp((double)(Percent - Usual) / (Most - Usual), 0, 1) : 0;
        return Math.Min(most, (int)(configured * (1 + (MostRate - 1) * part)));
    }
}
