using System.Globalization;
using Benchmarks;
using Load.Processes;
using Load.Servers;
using Load.Stages;
using Load.Streams;

namespace Load.Snapshots;

/// <summary>
/// The gateway's CPU with and without the snapshots that live calls leave for other nodes: two gateways side by side, each with half of the
/// calls, of which one leaves snapshots. What disturbs one disturbs the other in the same seconds. Half of the time the other one leaves
/// them. What is too little to be seen so is told by samples of one of them.
/// </summary>
internal sealed class SnapshotRun(SnapshotOptions options)
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(20), Sampled = TimeSpan.FromSeconds(15);

    private const double PerSecond = 10;

    /// <summary>The calls that the promise is about.</summary>
    private const int Promised = 200;

    public async Task<int> RunAsync(CancellationToken stop)
    {
        var slices = new List<(double With, double Without)>();
        using var perf = await PerfRecording.PrepareAsync(stop);
        for (var leaving = 0; leaving < 2; leaving++)
        {
            if (!await MeasureAsync(leaving, slices, perf, stop))
                return 1;
        }
        var samples = await perf.ReadAsync(stop);
        var share = samples.Count(sample => StageRules.IsFor(StageRules.Snapshots, sample)) / (double)samples.Count;
        var calls = options.Live / 2;
        double[] without = [.. slices.Select(slice => slice.Without).Order()], with = [.. slices.Select(slice => slice.With).Order()];
        double[] costs = [.. slices.Select(slice => slice.With - slice.Without).Order()];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            {calls} live calls at each of two gateways, {slices.Count} slices of {options.Seconds} s; ms a call-second, and the share of
            {Environment.ProcessorCount} processors that {Promised} calls take so; medians
            without snapshots  {Of(without[without.Length / 2], calls)}
            with snapshots     {Of(with[with.Length / 2], calls)}
            snapshots cost     {Of(costs[costs.Length / 2], calls)}; nine of ten slices {Of(costs[costs.Length / 20], calls)} to {Of(
                costs[^(costs.Length / 20 + 1)], calls)}
            by {samples.Count} samples of one that leaves them: {share:P1} of its CPU, {Of(share * with[with.Length / 2], calls)}
            """));
        return 0;
    }

    /// <summary>False: a call was not answered.</summary>
    private async Task<bool> MeasureAsync(
        int leaving, List<(double With, double Without)> slices, PerfRecording perf, CancellationToken stop)
    {
        var codecs = new CostOptions();
        await using var server = new GatewayServer(codecs, options.Program, perf.Environment, count: 2)
        {
            LeavesSnapshots = true,
            Adjust = root =>
            {
                if ((string?)root["node"]!["id"] != $"load-{leaving + 1}")
                    root["node"]!.AsObject().Remove("clusterKeys");
            },
        };
        await server.StartAsync(stop);
        using var streams = new CallStreams(codecs);
        var driver = new CallDriver(server, streams);
        if (!await driver.SetLiveAsync(options.Live, PerSecond, stop))
        {
            Console.WriteLine($"a call was not answered at {driver.Live} live ones; what the gateways said last:\n{server.LastWords}");
            return false;
        }
        await Task.Delay(WarmUp, stop);
        ProcessTree with = new(server.Nodes[leaving].Id), without = new(server.Nodes[1 - leaving].Id);
        for (var slice = 0; slice < options.Slices / 2; slice++)
        {
            var before = (With: with.CpuSeconds(), Without: without.CpuSeconds());
            await Task.Delay(TimeSpan.FromSeconds(options.Seconds), stop);
            slices.Add(((with.CpuSeconds() - before.With) / options.Seconds, (without.CpuSeconds() - before.Without) / options.Seconds));
        }
        if (leaving > 0)
        {
            perf.Start(server.Nodes[leaving].Id, Sampled.TotalSeconds);
            await Task.Delay(Sampled, stop);
        }
        await driver.SetLiveAsync(0, PerSecond, stop);
        return true;
    }

    private static string Of(double cpu, int calls) => string.Create(
        CultureInfo.InvariantCulture, $"{cpu * 1000 / calls:0.00} ms, {cpu / calls * Promised / Environment.ProcessorCount:P2}");
}
