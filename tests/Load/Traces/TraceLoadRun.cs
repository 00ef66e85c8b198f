using System.Globalization;
using System.Text.Json.Nodes;
using Benchmarks;
using Load.Servers;
using Load.Streams;

namespace Load.Traces;

/// <summary>
/// The gateway's CPU for the same set-ups with traces and without them, in one process under steady calls: a reload turns them on and off
/// again, slice by slice, so that neither the machine's mood nor what the runtime made of a process is taken for the cost of traces.
/// </summary>
internal sealed class TraceLoadRun(TraceLoadOptions options)
{
    private static readonly TimeSpan Talk = TimeSpan.FromSeconds(1), WarmUp = TimeSpan.FromSeconds(60);

    /// <summary>Calls that began before the reload have ended, and their records are written.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(3);

    private int _reloads;

    public async Task<int> RunAsync(CancellationToken stop)
    {
        var codecs = new CostOptions();
        await using var server = new GatewayServer(codecs, options.Program)
        {
            Adjust = root => TraceConfiguration.Set(root, TraceWay.None),
        };
        await server.StartAsync(stop);
        using var streams = new CallStreams(codecs) { AreSilent = true };
        var driver = new CallDriver(server, streams);
        await driver.PlaceAsync((options.Rate, WarmUp), Talk, () => { }, stop);
        var measuring = MeasureAsync(server, driver, stop);
        var placed = await driver.PlaceUntilAsync(measuring, options.Rate, Talk, stop);
        var ratios = await measuring;
        if (placed.Unanswered > 0)
        {
            Console.WriteLine($"{placed.Unanswered} calls were not answered; what the gateway said last:\n{server.LastWords}");
            return 1;
        }
        var (low, high) = PairedRatios.Interval(ratios);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"traces {options.Way}: {PairedRatios.Median(ratios) - 1:+0.0 %;-0.0 %} CPU a set-up, median of {ratios.Count} pairs "
            + $"(95 %: {low - 1:+0.0 %;-0.0 %} to {high - 1:+0.0 %;-0.0 %}); {placed.Measured} calls"));
        return 0;
    }

    /// <summary>With over without, of each pair; which goes first changes from pair to pair.</summary>
    private async Task<List<double>> MeasureAsync(GatewayServer server, CallDriver driver, CancellationToken stop)
    {
        var ratios = new List<double>();
        for (var pair = 0; pair < options.Pairs; pair++)
        {
            var isOnFirst = pair % 2 == 1;
            var first = await SliceAsync(server, driver, isOnFirst, stop);
            var second = await SliceAsync(server, driver, !isOnFirst, stop);
            var (on, off) = isOnFirst ? (first, second) : (second, first);
            ratios.Add(on / off);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{pair + 1,3}: with {on:0.00} ms, without {off:0.00} ms: {on / off:0.000}"));
        }
        return ratios;
    }

    /// <summary>Milliseconds of CPU a set-up, the idle gateway's included.</summary>
    private async Task<double> SliceAsync(GatewayServer server, CallDriver driver, bool isOn, CancellationToken stop)
    {
        if (!await server.Nodes[0].ReloadAsync(root => Configure(root, isOn ? options.Way : TraceWay.None), stop))
            throw new InvalidOperationException($"The gateway did not take its configuration:\n{server.LastWords}");
        await Task.Delay(Settling, stop);
        var (cpu, calls) = (server.Processes.CpuSeconds(), driver.Placed);
        await Task.Delay(TimeSpan.FromSeconds(options.Seconds), stop);
        return (server.Processes.CpuSeconds() - cpu) * 1000 / (driver.Placed - calls);
    }

    private void Configure(JsonNode root, TraceWay way)
    {
        root["node"]!["drainDeadline"] = TimeSpan.FromMilliseconds(1000 + ++_reloads).ToString(); // each reload has something to apply
        TraceConfiguration.Set(root, way);
    }
}
