namespace Benchmarks;

/// <summary>
/// The bridge's cost with its quality sampled every five seconds and with no samples, in one run; loss patterns are counted in both. What a
/// gateway does with a sample is not in it.
/// </summary>
internal static class SampledCost
{
    private const int Pairs = 12;

    public static async Task<int> MeasureAsync(CostOptions options)
    {
        var ratios = new List<double>();
        for (var pair = 1; pair <= Pairs; pair++)
        {
            var isFirst = pair % 2 == 0; // each goes first in turn: the machine changes its mind
            var first = await new BridgeCost(options with { IsSampled = isFirst }).MeasureAsync();
            var second = await new BridgeCost(options with { IsSampled = !isFirst }).MeasureAsync();
            var (on, off) = isFirst ? (first, second) : (second, first);
            ratios.Add(on.Cost.CpuMilliseconds / off.Cost.CpuMilliseconds);
            Console.WriteLine($"  sampled {on.Cost.CpuMilliseconds:F2} ms, not {off.Cost.CpuMilliseconds:F2} ms: {ratios[^1]:F3} x   "
                + $"({on.Cost.DeliveredShare:P0} of the packets)");
        }
        var (low, high) = PairedRatios.Interval(ratios);
        Console.WriteLine(
            $"Sampled / not, median of {Pairs} pairs: {PairedRatios.Median(ratios):F3} x (95 %: {low:F3} to {high:F3})");
        return 0;
    }
}
