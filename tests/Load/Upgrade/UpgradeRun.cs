using System.Globalization;
using Benchmarks;
using Load.Servers;
using Load.Streams;

namespace Load.Upgrade;

/// <summary>
/// A rolling upgrade: gateways are stopped and started again one after the other, as another program, while users call all the time. It
/// fails if a call is not answered, is cut off, or is not recorded and charged exactly once.
/// </summary>
internal sealed class UpgradeRun(UpgradeOptions options)
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(10), Between = TimeSpan.FromSeconds(3);

    public async Task<int> RunAsync(CancellationToken stop)
    {
        var codecs = new CostOptions();
        await using var server = new GatewayServer(codecs, options.From, count: options.Nodes)
        {
            DrainDeadline = TimeSpan.FromSeconds(options.DrainSeconds),
        };
        await server.StartAsync(stop);
        using var streams = new CallStreams(codecs);
        var driver = new CallDriver(server, streams);
        await driver.PlaceAsync((options.PerSecond, WarmUp), TimeSpan.FromSeconds(1), () => { }, stop);

        streams.TakeDelays();
        var (placed, counts) = (driver.Placed, streams.Counts);
        var upgrading = UpgradeAsync(server, stop);
        var setUps = await driver.PlaceUntilAsync(upgrading, options.PerSecond, TimeSpan.FromSeconds(options.TalkSeconds), stop);
        await upgrading;
        var sent = streams.Counts - counts;
        var delays = streams.TakeDelays();
        var fault = await server.FindFaultAsync(driver.Placed, driver.Answered, stop);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            {options.Nodes} gateways restarted under {options.PerSecond} new calls a second of {options.TalkSeconds} s each
            {driver.Placed - placed} calls: {setUps.Unanswered} not answered, {server.CutOff} cut off
            answered after {setUps.P99.TotalMilliseconds:0} ms (p99), {setUps.Longest.TotalMilliseconds:0} ms at most
            {sent.DeliveredShare:P3} of the audio delivered, delay p99 {delays.Percentile(0.99).TotalMilliseconds:0.00} ms
            {fault ?? "all recorded, charged once"}
            """));
        if (setUps.Unanswered > 0 || server.CutOff > 0)
            Console.WriteLine(server.LastWords);
        return setUps.Unanswered == 0 && server.CutOff == 0 && fault is null ? 0 : 1;
    }

    private async Task UpgradeAsync(GatewayServer server, CancellationToken stop)
    {
        await Task.Delay(TimeSpan.FromSeconds(options.TalkSeconds), stop); // as many calls as there will be
        foreach (var node in server.Nodes)
            await RestartAsync(node, options.Program, stop);
        if (options.From is not null)
            await RestartAsync(server.Nodes[0], options.From, stop); // the way back, on the newer schema
    }

    private static async Task RestartAsync(GatewayProcess node, string? program, CancellationToken stop)
    {
        var (drain, start) = await node.RestartAsync(program, stop);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{node.Name}: drained in {drain.TotalSeconds:0.0} s, ready {start.TotalSeconds:0.0} s later, as {program ?? "this build"}"));
        await Task.Delay(Between, stop);
    }
}
