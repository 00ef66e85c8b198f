namespace Media.Engine.Quality;

/// <summary>The resistance of a codec to loss, for the E-model.</summary>
/// <param name="Impairment">Ie: what the codec costs without loss, R points.</param>
/// <param name="LossRobustness">Bpl: the larger, the less a lost packet hurts.</param>
internal readonly record struct CodecImpairment(double Impairment, double LossRobustness)
{
    /// <summary>G.711 without concealment, ITU-T G.113 appendix I.</summary>
    public static readonly CodecImpairment G711 = new(0, 4.3);

    /// <summary>G.722 at 64 kbit/s on the narrowband scale, ITU-T G.113 appendix I.</summary>
    public static readonly CodecImpairment G722 = new(13, 4.3);

    /// <summary>
    /// Opus at 20 kbit/s with FEC and concealment. G.113 has no value for Opus; these stand between EVS and AMR-WB at that rate.
    /// </summary>
    public static readonly CodecImpairment Opus = new(6, 20);
}

/// <summary>
/// ITU-T G.107 (2015) with default values everywhere but delay, loss, its burstiness and codec: transmission rating R and from it a mean
/// opinion score.
/// </summary>
internal static class EModel
{
    /// <summary>R with every parameter at its default (G.107 §7.7).</summary>
    private const double BestRating = 93.2;

    /// <param name="codec">Of the stream that is rated.</param>
    /// <param name="lossRatio">0 … 1, after reordering, before concealment.</param>
    /// <param name="oneWayDelayMs">Mouth to ear, as far as it is known.</param>
    /// <param name="burstRatio">BurstR: the mean length of a run of losses over that of random loss; 1 and more.</param>
    /// <returns>1 … 4.5.</returns>
    public static double MeanOpinionScore(CodecImpairment codec, double lossRatio, double oneWayDelayMs, double burstRatio = 1) =>
        ToScore(Rating(codec, lossRatio, oneWayDelayMs, burstRatio));

    /// <summary>R, §7.1: 0 … 93.2 with these defaults; below 0 where nothing is understood.</summary>
    public static double Rating(CodecImpairment codec, double lossRatio, double oneWayDelayMs, double burstRatio = 1)
    {
        var loss = Math.Clamp(lossRatio, 0, 1) * 100;
        var robustness = loss / Math.Max(1, burstRatio) + codec.LossRobustness;
        var equipment = codec.Impairment + (95 - codec.Impairment) * loss / robustness; // Ie-eff, §7.5
        return BestRating - DelayImpairment(oneWayDelayMs) - equipment;
    }

    /// <summary>Idd, §7.4: nothing below 100 ms.</summary>
    private static double DelayImpairment(double delayMs)
    {
        if (!(delayMs > 100))
            return 0;
        var x = Math.Log2(delayMs / 100);
        return 25 * (Math.Pow(1 + Math.Pow(x, 6), 1 / 6.0) - 3 * Math.Pow(1 + Math.Pow(x / 3, 6), 1 / 6.0) + 2);
    }

    /// <summary>The mean opinion score of a rating, 1 … 4.5: annex B.</summary>
    public static double ToScore(double rating) => rating switch
    {
        <= 0 => 1,
        >= 100 => 4.5,
        _ => Math.Max(1, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6),
    };
}
