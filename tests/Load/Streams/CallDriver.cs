using System.Collections.Concurrent;
using System.Diagnostics;
using Load.Servers;

namespace Load.Streams;

/// <summary>
/// Places calls at a server and hangs them up: as many as are to be live, or so many a second, whether or not earlier ones are answered.
/// </summary>
internal sealed class CallDriver(ILoadedServer server, CallStreams streams)
{
    private readonly ConcurrentStack<LiveCall> _live = [];
    private int _number;
    private int _placed;
    private int _answered;

    public int Placed => Volatile.Read(ref _placed);

    public int Answered => Volatile.Read(ref _answered);

    public int Live => _live.Count;

    /// <summary>Calls are placed or hung up until so many are live, or one is not answered.</summary>
    /// <returns>False: one was not.</returns>
    public async Task<bool> SetLiveAsync(int count, double perSecond, CancellationToken stop)
    {
        var surplus = new List<Task>();
        while (_live.Count > count && _live.TryPop(out var call))
            surplus.Add(HangUpAsync(call, stop));
        await Task.WhenAll(surplus);
        var missing = Math.Max(0, count - _live.Count);
        var began = Stopwatch.GetTimestamp();
        var placing = new List<Task<bool>>();
        for (var i = 0; i < missing; i++)
        {
            placing.Add(PlaceToStayAsync(stop));
            await UntilAsync(began, TimeSpan.FromSeconds((i + 1) / perSecond), stop);
        }
        return (await Task.WhenAll(placing)).All(answered => answered);
    }

    /// <summary>New calls a second, each with so much talk, for a time; returns when the last was hung up.</summary>
    /// <param name="pace">Calls a second, and how long they are placed.</param>
    /// <param name="talk">From answer to hang-up.</param>
    /// <param name="measure">Called once the first calls have ended, and again when no more are placed.</param>
    /// <param name="stop">Ends it.</param>
    public async Task<SetUps> PlaceAsync((double PerSecond, TimeSpan Duration) pace, TimeSpan talk, Action measure, CancellationToken stop)
    {
        var settled = talk + TimeSpan.FromSeconds(1);
        var count = (int)(pace.PerSecond * (pace.Duration + settled).TotalSeconds);
        var began = Stopwatch.GetTimestamp();
        var calls = new List<Task<TimeSpan?>>();
        var first = -1;
        for (var i = 0; i < count; i++)
        {
            if (first < 0 && Stopwatch.GetElapsedTime(began) > settled)
            {
                first = i;
                measure();
            }
            calls.Add(PlaceForAsync(talk, stop));
            await UntilAsync(began, TimeSpan.FromSeconds((i + 1) / pace.PerSecond), stop);
        }
        measure();
        var times = await Task.WhenAll(calls);
        return new SetUps(count - Math.Max(0, first), times.Count(time => time is null), [.. times.OfType<TimeSpan>().Order()]);
    }

    /// <summary>The same until something is over; then returns when the last was hung up.</summary>
    public async Task<SetUps> PlaceUntilAsync(Task isOver, double perSecond, TimeSpan talk, CancellationToken stop)
    {
        var began = Stopwatch.GetTimestamp();
        var calls = new List<Task<TimeSpan?>>();
        while (!isOver.IsCompleted)
        {
            calls.Add(PlaceForAsync(talk, stop));
            await UntilAsync(began, TimeSpan.FromSeconds(calls.Count / perSecond), stop);
        }
        var times = await Task.WhenAll(calls);
        return new SetUps(calls.Count, times.Count(time => time is null), [.. times.OfType<TimeSpan>().Order()]);
    }

    private static async Task UntilAsync(long began, TimeSpan due, CancellationToken stop)
    {
        if (due - Stopwatch.GetElapsedTime(began) is { Ticks: > 0 } wait)
            await Task.Delay(wait, stop);
    }

    private async Task<bool> PlaceToStayAsync(CancellationToken stop)
    {
        if (await PlaceAsync(stop) is not { } call)
            return false;
        _live.Push(call);
        return true;
    }

    /// <summary>The time until it was answered; null: it was not.</summary>
    private async Task<TimeSpan?> PlaceForAsync(TimeSpan talk, CancellationToken stop)
    {
        var began = Stopwatch.GetTimestamp();
        if (await PlaceAsync(stop) is not { } call)
            return null;
        var setUp = Stopwatch.GetElapsedTime(began);
        await Task.Delay(talk, stop);
        await HangUpAsync(call, stop);
        return setUp;
    }

    private async Task<LiveCall?> PlaceAsync(CancellationToken stop)
    {
        await Task.Yield(); // the pace does not wait for what a call's beginning takes
        var user = $"4477{Interlocked.Increment(ref _number):00000000}";
        Interlocked.Increment(ref _placed);
        var (number, ends) = streams.Open();
        var call = new LiveCall(user, number);
        if (await server.PlaceAsync(user, ends, stop))
        {
            Interlocked.Increment(ref _answered);
            return call;
        }
        await HangUpAsync(call, stop);
        return null;
    }

    private async Task HangUpAsync(LiveCall call, CancellationToken stop)
    {
        await server.HangUpAsync(call.User, stop);
        streams.Close(call.Number);
    }

    private sealed record LiveCall(string User, int Number);
}

/// <summary>What became of calls.</summary>
/// <param name="Measured">Calls placed between the two measurements.</param>
/// <param name="Unanswered">Of all.</param>
/// <param name="Times">Until they were answered, shortest first.</param>
internal sealed record SetUps(int Measured, int Unanswered, IReadOnlyList<TimeSpan> Times)
{
    public TimeSpan Longest => Times is [.., var last] ? last : TimeSpan.Zero;

    public TimeSpan P99 => Times.Count == 0 ? TimeSpan.Zero : Times[(int)(0.99 * (Times.Count - 1))];
}
