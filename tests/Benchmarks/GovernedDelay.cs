namespace Benchmarks;

/// <summary>
/// The delay that a bridge adds at nine tenths of its loop's processor, with the governor and without: as many calls as take so much as
/// configured, found by a shorter run before.
/// </summary>
internal static class GovernedDelay
{
    private const double Load = 0.9;

    public static async Task<int> MeasureAsync(TimeSpan duration)
    {
        var cost = (await new BridgeCost(new CostOptions { Calls = 60, Duration = TimeSpan.FromSeconds(5) }).MeasureAsync()).Cost;
        var options = new CostOptions { Calls = (int)(Load * 1000 / cost.CpuMilliseconds), Duration = duration };
        Console.WriteLine($"{options.Calls} calls of {cost.CpuMilliseconds:F2} ms a second; a frame is late after 20 ms");
        foreach (var governor in new[] { false, true })
        {
            // The governor takes a step a second.
            var run = options with { Governor = governor, WarmUp = TimeSpan.FromSeconds(6) };
            var result = await new BridgeCost(run).MeasureAsync();
            Console.WriteLine($"  governor {(governor ? "on " : "off")}: "
                + $"loop {result.Cost.CpuMilliseconds * options.Calls / 1000:P0} of a processor, "
                + $"delay p50 {result.DelayP50.TotalMilliseconds:F2} ms, p99 {result.DelayP99.TotalMilliseconds:F2} ms, "
                + $"late {result.LateShare:P3}, mean wait {result.Wait.TotalMilliseconds:F2} ms, "
                + $"{result.Reduction} steps down (delivered {result.Cost.DeliveredShare:P1})");
        }
        return 0;
    }
}
