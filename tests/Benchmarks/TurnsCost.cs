namespace Benchmarks;

/// <summary>
/// The bridge's cost where user and phone take turns to talk, beside that where both always do, in one run. Silence of the phone is not
/// sent to the user; that of the user is, as WhatsApp does without our asking.
/// </summary>
internal static class TurnsCost
{
    public static async Task<int> MeasureAsync(CostOptions options)
    {
        var (always, turns) = (new List<double>(), new List<double>());
        for (var pair = 1; pair <= 3; pair++)
        {
            always.Add((await new BridgeCost(options).MeasureAsync()).Cost.CpuMilliseconds);
            var result = await new BridgeCost(options with { TakesTurns = true }).MeasureAsync();
            turns.Add(result.Cost.CpuMilliseconds);
            Console.WriteLine($"  talking always {always[^1]:F2} ms, in turns {turns[^1]:F2} ms: {turns[^1] / always[^1]:F2} x   "
                + $"({result.Cost.DeliveredShare:P0} of the packets)");
        }
        Console.WriteLine($"In turns / always, middle of three pairs: {turns.Zip(always, (t, a) => t / a).Order().ElementAt(1):F2} x");
        return 0;
    }
}
