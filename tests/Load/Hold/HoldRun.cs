using System.Globalization;
using Benchmarks;
using Load.Processes;
using Load.Servers;
using Load.Streams;

namespace Load.Hold;

/// <summary>
/// Many live calls and new ones beside them for a long time: whether the gateway keeps its promises at that load, a line a minute and a
/// verdict at the end.
/// </summary>
internal sealed class HoldRun(HoldOptions options)
{
    private static readonly TimeSpan Talk = TimeSpan.FromSeconds(1), Interval = TimeSpan.FromMinutes(1), WarmUp = TimeSpan.FromSeconds(20);

    /// <summary>A frame that comes so much later than it was sent has missed its turn.</summary>
    private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(20);

    /// <summary>After a refusal the gateway takes calls again when it has had room for two seconds.</summary>
    private static readonly TimeSpan Breath = TimeSpan.FromSeconds(4);

    private const double WarmUpPerSecond = 15;

    public async Task<int> RunAsync(CancellationToken stop)
    {
        var codecs = new CostOptions();
        if (options.IsPinned && !OwnProcessor.TryLeaveToServer())
            return 2;
        await using var server = new GatewayServer(codecs, options.Program, options.IsPinned ? OwnProcessor.Environment : null)
        {
            Adjust = options.MaxProcess is { } percent ? root => root["media"]!["maxProcessPercent"] = percent : null,
        };
        await server.StartAsync(stop);
        if (options.IsPinned)
            OwnProcessor.Give(server);
        using var streams = new CallStreams(codecs);
        var driver = new CallDriver(server, streams);
        await driver.PlaceAsync((WarmUpPerSecond, WarmUp), Talk, () => { }, stop);
        if (!await FillAsync(driver, stop))
        {
            Console.WriteLine($"a call was not answered at {driver.Live} live ones; what the gateway said last:\n{server.LastWords}");
            return 1;
        }
        await Task.Delay(WarmUp, stop);

        streams.TakeDelays();
        var pauses = await CollectorPauses.ReadAsync(server, stop);
        var (began, counts) = (Machine.Read(server.Processes), streams.Counts);
        var placing = driver.PlaceAsync((options.PerSecond, TimeSpan.FromMinutes(options.Minutes)), Talk, () => { }, stop);
        var all = await WatchAsync(server, streams, placing, stop);
        var setUps = await placing;
        var (shares, sent) = (Machine.Read(server.Processes).Since(began), streams.Counts - counts);
        var paused = (await CollectorPauses.ReadAsync(server, stop)).Since(pauses);
        await driver.SetLiveAsync(0, WarmUpPerSecond, stop);
        var fault = await server.FindFaultAsync(driver.Placed, driver.Answered, stop);
        var unanswered = await server.CausesOfUnansweredAsync(stop);
        var refused = unanswered.FirstOrDefault(one => one.Cause == "no_capacity").Calls;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            {options.Live} live calls, {options.PerSecond} new ones a second, {options.Minutes} minutes
            {Used(shares)} (late by itself: {sent.LateShare:P2})
            delay p50 {all.Percentile(0.5).TotalMilliseconds:0.00}, p99 {all.Percentile(0.99).TotalMilliseconds:0.00} ms
            {all.CountFrom(Late)} of {all.Count} frames over {Late.TotalMilliseconds:0} ms; {sent.DeliveredShare:P3} delivered
            pauses by garbage collection: {paused}
            {driver.Placed} calls, {refused} refused for want of capacity, {driver.Placed - driver.Answered - refused} more unanswered
            recorded as unanswered: {string.Join(", ", unanswered.Select(one => $"{one.Calls} {one.Cause}"))}
            {setUps.Times.Count} new ones beside the live, answered after {setUps.P99.TotalMilliseconds:0} ms (p99)
            {fault ?? "all recorded, charged once"}
            """));
        return driver.Placed == driver.Answered + refused && fault is null ? 0 : 1;
    }

    /// <summary>
    /// Until so many calls are live; what is refused meanwhile, since all at once is too much, is called again. False: no call of a round
    /// was answered.
    /// </summary>
    private async Task<bool> FillAsync(CallDriver driver, CancellationToken stop)
    {
        for (var before = -1; driver.Live < options.Live && driver.Live > before; await Task.Delay(Breath, stop))
        {
            before = driver.Live;
            await driver.SetLiveAsync(options.Live, WarmUpPerSecond, stop);
        }
        return driver.Live >= options.Live;
    }

    private string Used(Machine.Shares shares) => options.IsPinned
        ? string.Create(CultureInfo.InvariantCulture, $"the gateway's own processor {shares.Server * Environment.ProcessorCount:P0} busy")
        : string.Create(CultureInfo.InvariantCulture, $"machine {shares.Busy:P0} busy: server {shares.Server:P0}, load {shares.Load:P0}");

    private async Task<DelayHistogram> WatchAsync(GatewayServer server, CallStreams streams, Task placing, CancellationToken stop)
    {
        var all = new DelayHistogram();
        for (var before = Machine.Read(server.Processes); !placing.IsCompleted;)
        {
            await Task.WhenAny(placing, Task.Delay(Interval, stop));
            var (delays, now) = (streams.TakeDelays(), Machine.Read(server.Processes));
            all.Add(delays);
            Console.Error.WriteLine(
                $"{Used(now.Since(before))}, delay p99 {delays.Percentile(0.99).TotalMilliseconds:0.00} ms, "
                + $"{delays.CountFrom(Late)} of {delays.Count} over {Late.TotalMilliseconds:0} ms");
            before = now;
        }
        return all;
    }
}
