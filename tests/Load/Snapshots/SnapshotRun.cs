using System.Globalization;
using Benchmarks;
using Load.Processes;
using Load.Servers;
using Load.Streams;

namespace Load.Snapshots;

/// <summary>The gateway's CPU with and without the snapshots that live calls leave for other nodes, at equally many of them.</summary>
internal sealed class SnapshotRun(SnapshotOptions options)
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(20);

    private const double PerSecond = 10;

    public async Task<int> RunAsync(CancellationToken stop)
    {
        var without = await MeasureAsync(leavesSnapshots: false, stop);
        var with = await MeasureAsync(leavesSnapshots: true, stop);
        if (without is null || with is null)
            return 1;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            {options.Live} live calls, {options.Seconds} s each, of {Environment.ProcessorCount} processors:
            without snapshots  gateway {without.Value.Server:P2}, machine {without.Value.Busy:P2}
            with snapshots     gateway {with.Value.Server:P2}, machine {with.Value.Busy:P2}
            snapshots cost     {with.Value.Server - without.Value.Server:P2} of the machine
            """));
        return 0;
    }

    /// <summary>Null: a call was not answered.</summary>
    private async Task<Machine.Shares?> MeasureAsync(bool leavesSnapshots, CancellationToken stop)
    {
        var codecs = new CostOptions();
        await using var server = new GatewayServer(codecs, options.Program) { LeavesSnapshots = leavesSnapshots };
        await server.StartAsync(stop);
        using var streams = new CallStreams(codecs);
        var driver = new CallDriver(server, streams);
        if (!await driver.SetLiveAsync(options.Live, PerSecond, stop))
        {
            Console.WriteLine($"a call was not answered at {driver.Live} live ones; what the gateway said last:\n{server.LastWords}");
            return null;
        }
        await Task.Delay(WarmUp, stop);
        var before = Machine.Read(server.Processes);
        await Task.Delay(TimeSpan.FromSeconds(options.Seconds), stop);
        var shares = Machine.Read(server.Processes).Since(before);
        Console.Error.WriteLine($"snapshots {(leavesSnapshots ? "on" : "off")}: gateway {shares.Server:P2}, load {shares.Load:P2}");
        await driver.SetLiveAsync(0, PerSecond, stop);
        return shares;
    }
}
