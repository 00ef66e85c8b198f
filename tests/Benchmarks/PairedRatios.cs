namespace Benchmarks;

/// <summary>The ratios of pairs that were measured one right after the other: their middle, and how far it may be from the truth.</summary>
internal static class PairedRatios
{
    public static double Median(IReadOnlyList<double> ratios)
    {
        double[] sorted = [.. ratios.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>
    /// What holds the true median with at least 95 %, by order alone (the sign test, turned round): no distribution is taken for granted.
    /// Fewer than six pairs cannot say so much; then the lowest and the highest.
    /// </summary>
    public static (double Low, double High) Interval(IReadOnlyList<double> ratios)
    {
        double[] sorted = [.. ratios.Order()];
        var (below, chance) = (0, Math.Pow(0.5, sorted.Length)); // that not one pair in so many is below the median
        for (var tail = chance; below < (sorted.Length - 1) / 2; below++)
        {
            chance *= (sorted.Length - below) / (below + 1.0);
            tail += chance;
            if (tail > 0.025)
                break;
        }
        return (sorted[below], sorted[^(below + 1)]);
    }
}
