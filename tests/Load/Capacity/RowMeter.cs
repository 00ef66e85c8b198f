using Load.Processes;
using Load.Servers;
using Load.Streams;

namespace Load.Capacity;

/// <summary>Measures one server: its cost in steady state, that of a set-up, its memory, and the most it does.</summary>
internal sealed class RowMeter(CapacityOptions options, ILoadedServer server, CallStreams streams)
{
    private static readonly TimeSpan PromisedDelay = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan ShortTalk = TimeSpan.FromSeconds(1), LongTalk = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(2);

    /// <summary>No step is greater.</summary>
    private const int MostCalls = 2000, MostSetUps = 1000;

    /// <summary>The machine is full beyond this, and a server that fails then was not alone.</summary>
    private const double FullMachine = 0.9;

    /// <summary>A load that sends more of its packets late than this is no judge of delays.</summary>
    private const double LateLoad = 0.005;

    private readonly CallDriver _driver = new(server, streams);
    private readonly SortedDictionary<int, double> _curve = [];

    public async Task<RowFigures> MeasureAsync(RowFigures row, CancellationToken stop)
    {
        var idle = server.Processes.MemoryMb();
        var warmUp = server.CompilesAsItRuns ? options.WarmUpCalls.Compiling : options.WarmUpCalls.Compiled;
        await PlaceAsync(options.SetUpsPerSecond, TimeSpan.FromSeconds(warmUp / options.SetUpsPerSecond), ShortTalk, stop);
        var idleCpu = (await WatchAsync(options.Step, stop)).Cost;
        row = row with { Base = server.Processes.MemoryMb(), Idle = idleCpu };
        Report($"{row.Name}: {idle:0} MB idle, {row.Base:0} MB after {_driver.Answered} calls, {idleCpu:0.0} ms of CPU a second without");

        row = await CostAsync(row, stop);
        row = await SetUpAsync(row, stop);
        row = await MemoryAsync(row, stop);
        if (options.Steps)
        {
            row = row with
            {
                Live = await StepSearch.FindAsync(options.Calls, MostCalls, count => TwiceAsync(() => LiveStepAsync(count, stop))),
            };
            await _driver.SetLiveAsync(0, options.SetUpsPerSecond, stop);
            row = row with
            {
                SetUps = await StepSearch.FindAsync(
                    (int)options.SetUpsPerSecond, MostSetUps, count => TwiceAsync(() => SetUpStepAsync(count, stop))),
            };
        }
        var fault = await server.FindFaultAsync(_driver.Placed, _driver.Answered, stop);
        return row with { Curve = [.. _curve.Select(pair => (pair.Key, pair.Value))], Remark = row.Remark ?? fault };
    }

    private async Task<RowFigures> CostAsync(RowFigures row, CancellationToken stop)
    {
        if (!await _driver.SetLiveAsync(options.Calls, options.SetUpsPerSecond, stop))
            return row with { Remark = "a call was not answered" };
        var steady = await WatchAsync(options.Duration, stop);
        await _driver.SetLiveAsync(0, options.SetUpsPerSecond, stop);
        _curve[options.Calls] = steady.Cost;
        Report($"  {options.Calls} calls: {steady}");
        return row with
        {
            Cost = steady.Cost, DelayP50 = steady.P50, DelayP99 = steady.P99, LoadShare = steady.Shares.Load,
            Remark = steady.Counts.DeliveredShare is > 0.99 and < 1.01
                ? null : $"{steady.Counts.DeliveredShare:P1} of the packets delivered",
        };
    }

    /// <summary>
    /// Calls of two lengths in which nobody says anything: what the longer ones cost more is that of a silent second, and what is left
    /// of the shorter ones without it, and without what the server takes when there are no calls, is a set-up with its end.
    /// </summary>
    private async Task<RowFigures> SetUpAsync(RowFigures row, CancellationToken stop)
    {
        var part = options.Duration / 2;
        var calls = new[] { (Server: 0.0, Stores: 0.0), (Server: 0.0, Stores: 0.0) };
        streams.AreSilent = true;
        foreach (var length in new[] { 0, 1, 1, 0 }) // a machine that gets slower meanwhile is slow for both
        {
            var (one, stores) = await PlaceAsync(options.SetUpsPerSecond, part, length == 0 ? ShortTalk : LongTalk, stop);
            calls[length] = (calls[length].Server + one / 2, calls[length].Stores + stores / 2);
        }
        streams.AreSilent = false;
        var second = (calls[1].Server - calls[0].Server) / (LongTalk - ShortTalk).TotalSeconds;
        row = row with
        {
            SilentSecond = second,
            SetUp = calls[0].Server - second * ShortTalk.TotalSeconds - row.Idle / options.SetUpsPerSecond,
            Stores = server.Stores is null ? null : calls[0].Stores,
        };
        Report($"  a silent call of {ShortTalk.TotalSeconds:0} s {calls[0].Server:0.0} ms, of {LongTalk.TotalSeconds:0} s "
            + $"{calls[1].Server:0.0} ms: set-up {row.SetUp:0.0} ms, a silent second {second:0.00} ms; stores {row.Stores:0.0} ms");
        return row;
    }

    /// <summary>Every call talks for a second, and then nobody says anything more: so many talking are more than the machine has.</summary>
    private async Task<RowFigures> MemoryAsync(RowFigures row, CancellationToken stop)
    {
        var megabytes = new List<double>();
        foreach (var count in new[] { options.Memory.Few, options.Memory.Many })
        {
            for (var live = _driver.Live; live < count; live = _driver.Live)
            {
                if (!await _driver.SetLiveAsync(Math.Min(count, live + options.Memory.Few), options.SetUpsPerSecond * 2, stop))
                {
                    row = row with { Remark = $"a call was not answered at {_driver.Live} silent ones" };
                    await _driver.SetLiveAsync(0, options.SetUpsPerSecond, stop);
                    return row;
                }
                await Task.Delay(ShortTalk, stop);
                streams.Hush();
            }
            await Task.Delay(Settle, stop);
            megabytes.Add(server.Processes.MemoryMb());
        }
        await _driver.SetLiveAsync(0, options.SetUpsPerSecond, stop);
        var perCall = (megabytes[1] - megabytes[0]) / (options.Memory.Many - options.Memory.Few);
        Report($"  {megabytes[0]:0} MB with {options.Memory.Few}, {megabytes[1]:0} MB with {options.Memory.Many} calls");
        return row with { Memory = perCall };
    }

    /// <summary>A step that fails is tried again: what else runs on the machine may have been why.</summary>
    private static async Task<StepResult> TwiceAsync(Func<Task<StepResult>> tryAsync) =>
        await tryAsync() is { Broken: null } kept ? kept : await tryAsync();

    private async Task<StepResult> LiveStepAsync(int count, CancellationToken stop)
    {
        var answered = await _driver.SetLiveAsync(count, options.SetUpsPerSecond, stop);
        var steady = await WatchAsync(options.Step, stop);
        if (answered && steady.Counts.DeliveredShare is > 0.99 and < 1.01)
            _curve[count] = steady.Cost;
        var broken = Broken(answered ? 0 : 1, steady);
        Report($"  {count} live: {steady}{(broken is null ? "" : "; broken: " + broken)}");
        return new StepResult(broken, IsLoadsFault(steady), steady.Shares.Load);
    }

    private async Task<StepResult> SetUpStepAsync(int perSecond, CancellationToken stop)
    {
        var marks = new List<(Machine Machine, StreamCounts Counts)>();
        streams.TakeDelays();
        var setUps = await _driver.PlaceAsync((perSecond, options.Step), ShortTalk, () => marks.Add(Mark()), stop);
        var delays = streams.TakeDelays();
        var steady = new Steady(
            0, delays.Percentile(0.5), delays.Percentile(0.99), marks[1].Counts - marks[0].Counts,
            marks[1].Machine.Since(marks[0].Machine));
        var broken = Broken(setUps.Unanswered, steady) ?? await server.FindFaultAsync(_driver.Placed, _driver.Answered, stop);
        Report($"  {perSecond} set-ups a second: answered after {setUps.P99.TotalMilliseconds:0} ms (p99), {steady}"
            + (broken is null ? "" : "; broken: " + broken));
        return new StepResult(broken, IsLoadsFault(steady), steady.Shares.Load);
    }

    private static string? Broken(int unanswered, Steady steady) =>
        unanswered > 0 ? $"{unanswered} not answered"
        : steady.P99 > PromisedDelay ? $"delay p99 {steady.P99.TotalMilliseconds:0.0} ms"
        : steady.Counts.DeliveredShare < 0.99 ? $"{steady.Counts.DeliveredShare:P1} delivered"
        : null;

    private static bool IsLoadsFault(Steady steady) => steady.Shares.Busy > FullMachine || steady.Counts.LateShare > LateLoad;

    private async Task<Steady> WatchAsync(TimeSpan duration, CancellationToken stop)
    {
        await Task.Delay(Settle, stop);
        streams.TakeDelays();
        var (before, countsBefore) = Mark();
        await Task.Delay(duration, stop);
        var (after, countsAfter) = Mark();
        var delays = streams.TakeDelays();
        var callSeconds = Math.Max(1, _driver.Live) * (after.At - before.At).TotalSeconds;
        return new Steady(
            (after.Server - before.Server) * 1000 / callSeconds, delays.Percentile(0.5), delays.Percentile(0.99),
            countsAfter - countsBefore, after.Since(before));
    }

    /// <summary>CPU of the server, and of its stores, in ms a call.</summary>
    private async Task<(double Server, double Stores)> PlaceAsync(
        double perSecond, TimeSpan duration, TimeSpan talk, CancellationToken stop)
    {
        var marks = new List<(double Server, double Stores)>();
        var setUps = await _driver.PlaceAsync(
            (perSecond, duration), talk, () => marks.Add((server.Processes.CpuSeconds(), server.Stores?.CpuSeconds() ?? 0)), stop);
        return (
            (marks[1].Server - marks[0].Server) * 1000 / setUps.Measured, (marks[1].Stores - marks[0].Stores) * 1000 / setUps.Measured);
    }

    private (Machine Machine, StreamCounts Counts) Mark() => (Machine.Read(server.Processes), streams.Counts);

    private static void Report(string line) => Console.Error.WriteLine(line);

    private sealed record Steady(double Cost, TimeSpan P50, TimeSpan P99, StreamCounts Counts, Machine.Shares Shares)
    {
        public override string ToString() =>
            $"{(Cost > 0 ? $"{Cost:0.00} ms a call-second, " : "")}delay p50 {P50.TotalMilliseconds:0.00} p99 {P99.TotalMilliseconds:0.00} "
            + $"ms, {Counts.DeliveredShare:P1} delivered, load late {Counts.LateShare:P2}; machine {Shares.Busy:P0}: "
            + $"server {Shares.Server:P0}, load {Shares.Load:P0}";
    }
}
