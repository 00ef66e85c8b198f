using System.Diagnostics;
using System.Globalization;
using Benchmarks;
using Load.Processes;
using Load.Servers;
using Load.Streams;

namespace Load.Nodes;

/// <summary>
/// The same calls through one node, then through two, and so on, all of them on one processor of their own: what a node more costs, and
/// what it asks of the stores. Webhooks go to one node after the other, so that most reach another node than the call's.
/// </summary>
internal sealed class NodesRun(NodesOptions options)
{
    private static readonly TimeSpan Talk = TimeSpan.FromSeconds(1), Settle = TimeSpan.FromSeconds(3);

    private const int WarmUpCalls = 200;

    public async Task<int> RunAsync(CancellationToken stop)
    {
        if (!OwnProcessor.TryLeaveToServer())
            return 2;
        Console.WriteLine(
            "| nodes | idle ms a second | ms a call-second | ms a call of 1 s | delay p99 ms | events forwarded a call, read within 5 ms "
            + "| commands, bytes of Redis a call | transactions a call | Redis commands a second, idle |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|");
        var faults = 0;
        for (var count = 1; count <= options.Most; count++)
            faults += await MeasureAsync(count, stop) ? 0 : 1;
        return faults == 0 ? 0 : 1;
    }

    private async Task<bool> MeasureAsync(int count, CancellationToken stop)
    {
        var codecs = new CostOptions();
        await using var server = new GatewayServer(codecs, options.Program, OwnProcessor.Environment, count);
        await server.StartAsync(stop);
        OwnProcessor.Give(server);
        using var streams = new CallStreams(codecs);
        var driver = new CallDriver(server, streams);
        var duration = TimeSpan.FromSeconds(options.Seconds);
        await driver.PlaceAsync((options.PerSecond, TimeSpan.FromSeconds(WarmUpCalls / options.PerSecond)), Talk, () => { }, stop);
        await Task.Delay(Settle, stop);

        var (idle, idleCpu) = await WatchAsync(server, () => Task.Delay(duration, stop), stop);
        var (before, placed) = (await ForwardedAsync(server, stop), driver.Placed);
        var (asked, setUpCpu) = await WatchAsync(
            server, () => driver.PlaceAsync((options.PerSecond, duration), Talk, () => { }, stop), stop);
        var calls = driver.Placed - placed;
        var forwarded = await ForwardedAsync(server, stop) - before;

        var answered = await driver.SetLiveAsync(options.Live, options.PerSecond, stop);
        await Task.Delay(Settle, stop);
        streams.TakeDelays();
        var (_, talkCpu) = await WatchAsync(server, () => Task.Delay(duration, stop), stop);
        var delays = streams.TakeDelays();
        await driver.SetLiveAsync(0, options.PerSecond, stop);

        var fault = answered ? await server.FindFaultAsync(driver.Placed, driver.Answered, stop) : "a call was not answered";
        var (perCall, inTime) = (asked.Beyond(idle), forwarded.InTime / Math.Max(1, forwarded.Events));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {count} | {idleCpu * 1000:0.0} | {talkCpu * 1000 / options.Live:0.00} "
            + $"| {(setUpCpu - idleCpu) * asked.At.TotalSeconds * 1000 / calls:0.0} | {delays.Percentile(0.99).TotalMilliseconds:0.00} "
            + $"| {forwarded.Events / calls:0.00}, {inTime:P2} | {perCall.Commands / calls:0.0}, {perCall.Bytes / calls:0} "
            + $"| {perCall.Transactions / calls:0.00} | {idle.Commands / idle.At.TotalSeconds:0.0} |"));
        if (fault is not null)
            Console.WriteLine($"{count} nodes: {fault}");
        return fault is null;
    }

    /// <summary>What the stores were asked for meanwhile, and the processor time of the nodes for each second.</summary>
    private static async Task<(StoreCounters Asked, double Cpu)> WatchAsync(
        GatewayServer server, Func<Task> workAsync, CancellationToken stop)
    {
        var stores = await StoreCounters.ReadAsync(server.Addresses, stop);
        var (began, cpu) = (Stopwatch.GetTimestamp(), server.Processes.CpuSeconds());
        await workAsync();
        var used = (server.Processes.CpuSeconds() - cpu) / Stopwatch.GetElapsedTime(began).TotalSeconds;
        return (await StoreCounters.ReadAsync(server.Addresses, stop) - stores, used);
    }

    /// <summary>The events that nodes have handed each other so far, as their receivers counted them.</summary>
    private static async Task<Forwarded> ForwardedAsync(GatewayServer server, CancellationToken stop)
    {
        var counts = await server.MetricsAsync("gateway_nodes_forward_seconds_", stop);
        return new Forwarded(Sum("_count"), Sum("le=\"0.005\""));

        double Sum(string part) => counts.Where(count => count.Key.Contains(part, StringComparison.Ordinal)).Sum(count => count.Value);
    }

    /// <param name="Events">All of them.</param>
    /// <param name="InTime">Read 5 ms or less after their sender had received them.</param>
    private readonly record struct Forwarded(double Events, double InTime)
    {
        public static Forwarded operator -(Forwarded one, Forwarded other) => new(one.Events - other.Events, one.InTime - other.InTime);
    }
}
