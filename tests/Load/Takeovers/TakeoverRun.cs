using System.Diagnostics;
using System.Globalization;
using Benchmarks;
using Load.Servers;
using Load.Streams;

namespace Load.Takeovers;

/// <summary>
/// kill -9, or SIGTERM, of a node with all the live calls: how long nothing was heard at either end. Its survivors have had calls before,
/// as they would have, but took none over. It fails if a call is not heard again, or is not recorded and charged exactly once.
/// </summary>
internal sealed class TakeoverRun(TakeoverOptions options)
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(10), Settle = TimeSpan.FromSeconds(5), Watch = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan Never = TimeSpan.MaxValue;

    private const double PerSecond = 10;

    public async Task<int> RunAsync(CancellationToken stop)
    {
        var codecs = new CostOptions();
        await using var server = new GatewayServer(codecs, options.Program, count: options.Survivors + 1)
        {
            LeavesSnapshots = true,
            DrainDeadline = Watch,
        };
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
        var begun = Stopwatch.GetTimestamp();
        await (options.Stops ? server.Nodes[0].StopAsync(stop) : server.Nodes[0].KillAsync());
        var left = Stopwatch.GetTimestamp();
        await Task.Delay(Watch, stop);
        var (heard, gaps) = (streams.HeardAgain(), streams.Gaps());
        await driver.SetLiveAsync(0, PerSecond, stop);
        var fault = await server.FindFaultAsync(driver.Placed, driver.Answered, stop);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            {options.Live} live calls of a node that was {(options.Stops ? "stopped" : "killed")}
            {options.Survivors} survivor(s), {Environment.ProcessorCount} processors
            {After(begun, left, heard)}
            longest gap at users   median {Of(gaps.AtUsers, 0.5):0.00} s, at most {Of(gaps.AtUsers, 1):0.00} s
            longest gap at phones  median {Of(gaps.AtPhones, 0.5):0.00} s, at most {Of(gaps.AtPhones, 1):0.00} s
            {server.CutOff} cut off; {fault ?? "all recorded, charged once"}
            """));
        return heard is not null && server.CutOff == 0 && fault is null ? 0 : 1;
    }

    /// <summary>Calls that are handed over one after another are silent at other times: what counts is how long each is.</summary>
    private string After(long begun, long left, long? heard)
    {
        var (what, at) = options.Stops
            ? ("it ended {0:0.00} s after the signal", Stopwatch.GetElapsedTime(begun, left))
            : ("all heard again {0:0.00} s after the kill", heard is { } last ? Stopwatch.GetElapsedTime(begun, last) : Never);
        return string.Format(CultureInfo.InvariantCulture, what, at.TotalSeconds);
    }

    private static double Of(IReadOnlyList<TimeSpan> sorted, double share) =>
        sorted.Count == 0 ? double.NaN : sorted[(int)(share * (sorted.Count - 1))].TotalSeconds;
}
