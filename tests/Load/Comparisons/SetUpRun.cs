using System.Globalization;
using Benchmarks;
using Load.Processes;
using Load.Servers;
using Load.Streams;

namespace Load.Comparisons;

/// <summary>
/// CPU and collections of garbage a set-up of two gateways on the same stores, of which each has all calls in turn: a machine that gets
/// slower meanwhile is slow for both.
/// </summary>
internal sealed class SetUpRun(SetUpOptions options)
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(60);

    /// <summary>Calls that began before the change have ended by then, and their records are written.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(2);

    /// <summary>A slice's cost.</summary>
    /// <param name="Milliseconds">CPU a set-up.</param>
    /// <param name="Collections">Of garbage, a thousand set-ups.</param>
    private readonly record struct Cost(double Milliseconds, double Collections);

    private TimeSpan Talk => TimeSpan.FromSeconds(options.Talk);

    public async Task<int> RunAsync(CancellationToken stop)
    {
        var codecs = new CostOptions();
        await using var server = new GatewayServer(codecs, options.Program, count: 2) { FirstProgram = options.Before };
        await server.StartAsync(stop);
        using var streams = new CallStreams(codecs) { AreSilent = true };
        var driver = new CallDriver(server, streams);
        await driver.PlaceAsync((options.Rate, WarmUp), Talk, () => { }, stop); // both
        var measuring = MeasureAsync(server, driver, stop);
        var placed = await driver.PlaceUntilAsync(measuring, options.Rate, Talk, stop);
        var pairs = await measuring;
        Console.WriteLine(placed.Unanswered == 0
            ? $"{Summary("CPU", pairs, cost => cost.Milliseconds)}\n{Summary("collections", pairs, cost => cost.Collections)}"
            : $"{placed.Unanswered} calls were not answered; what the gateways said last:\n{server.LastWords}");
        return placed.Unanswered == 0 ? 0 : 1;
    }

    private static string Summary(string what, List<(Cost Before, Cost After)> pairs, Func<Cost, double> of)
    {
        double[] ratios = [.. pairs.Where(pair => of(pair.Before) > 0).Select(pair => of(pair.After) / of(pair.Before))];
        var (low, high) = PairedRatios.Interval(ratios);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{what} a set-up: {PairedRatios.Median(ratios):0.000} of before, median of {ratios.Length} pairs "
            + $"(95 %: {low:0.000} to {high:0.000})");
    }

    private async Task<List<(Cost Before, Cost After)>> MeasureAsync(GatewayServer server, CallDriver driver, CancellationToken stop)
    {
        var pairs = new List<(Cost Before, Cost After)>();
        for (var pair = 0; pair < options.Pairs; pair++)
        {
            var first = pair % 2;
            var costs = new Cost[2];
            foreach (var place in new[] { first, 1 - first })
                costs[place] = await SliceAsync(server, place, driver, stop);
            pairs.Add((costs[0], costs[1]));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{pair + 1,3}: before {costs[0].Milliseconds:0.00} ms, after {costs[1].Milliseconds:0.00} ms; collections "
                + $"{costs[0].Collections:0}, {costs[1].Collections:0} a thousand"));
        }
        return pairs;
    }

    private async Task<Cost> SliceAsync(GatewayServer server, int place, CallDriver driver, CancellationToken stop)
    {
        server.SendOnlyTo(place);
        await Task.Delay(Settling + Talk, stop);
        var process = new ProcessTree(server.Nodes[place].Id);
        var (cpu, calls, collections) = (process.CpuSeconds(), driver.Placed, await CollectionsAsync(server.Nodes[place], stop));
        await Task.Delay(TimeSpan.FromSeconds(options.Seconds), stop);
        var count = driver.Placed - calls;
        var used = process.CpuSeconds() - cpu;
        return new Cost(used * 1000 / count, (await CollectionsAsync(server.Nodes[place], stop) - collections) * 1000 / count);
    }

    private static async Task<double> CollectionsAsync(GatewayProcess node, CancellationToken stop) =>
        (await node.MetricsAsync(stop)).Split('\n')
            .Where(line => line.StartsWith("gateway_gc_pause_seconds_count", StringComparison.Ordinal))
            .Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
}
