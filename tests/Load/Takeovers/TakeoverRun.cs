using System.Diagnostics;
using System.Globalization;
using Benchmarks;
using Load.Servers;
using Load.Streams;

namespace Load.Takeovers;

/// <summary>
/// kill -9 of a node with all the live calls: how long after it nothing was heard at either end. Its survivors have had calls before, as
/// they would have, but took none over. It fails if a call is not heard again, or is not recorded and charged exactly once.
/// </summary>
internal sealed class TakeoverRun(TakeoverOptions options)
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(10), Settle = TimeSpan.FromSeconds(5), Watch = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan Never = TimeSpan.MaxValue;

    private const double PerSecond = 10;

    public async Task<int> RunAsync(CancellationToken stop)
    {
        var codecs = new CostOptions();
        await using var server = new GatewayServer(codecs, options.Program, count: options.Survivors + 1) { LeavesSnapshots = true };
        await server.StartAsync(stop);
        using var streams = new CallStreams(codecs);
        var driver = new CallDriver(server, streams);
        await driver.PlaceAsync((PerSecond, WarmUp), TimeSpan.FromSeconds(1), () => { }, stop);
        server.IsFirstAlone = true;
        if (!await driver.SetLiveAsync(options.Live, PerSecond, stop))
        {
            Console.WriteLine($"a call was not answered at {driver.Live} live ones; what the gateways said last:\n{server.LastWords}");
            return 1;
        }
        await Task.Delay(Settle, stop); // everything of them has been left for others
        streams.WatchGaps();
        var killed = Stopwatch.GetTimestamp();
        await server.Nodes[0].KillAsync();
        await Task.Delay(Watch, stop);
        var (heard, gaps) = (streams.HeardAgain(), streams.Gaps());
        await driver.SetLiveAsync(0, PerSecond, stop);
        var fault = await server.FindFaultAsync(driver.Placed, driver.Answered, stop);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            {options.Live} live calls of a killed node, {options.Survivors} survivor(s), {Environment.ProcessorCount} processors
            all heard again {(heard is { } last ? Stopwatch.GetElapsedTime(killed, last) : Never).TotalSeconds:0.00} s after the kill
            longest gap at users   median {Of(gaps.AtUsers, 0.5):0.00} s, at most {Of(gaps.AtUsers, 1):0.00} s
            longest gap at phones  median {Of(gaps.AtPhones, 0.5):0.00} s, at most {Of(gaps.AtPhones, 1):0.00} s
            {server.CutOff} cut off; {fault ?? "all recorded, charged once"}
            """));
        return heard is not null && server.CutOff == 0 && fault is null ? 0 : 1;
    }

    private static double Of(IReadOnlyList<TimeSpan> sorted, double share) =>
        sorted.Count == 0 ? double.NaN : sorted[(int)(share * (sorted.Count - 1))].TotalSeconds;
}
