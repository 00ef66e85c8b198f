using System.Threading.Channels;
using Gateway.Calls.Tracing;
using Gateway.Storage.Tracing;
using Gateway.Sip.Trunks;
using Gateway.Worker.Configuration;
using Gateway.Worker.Metrics;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Tracing;

/// <summary>
/// Writes traces to PostgreSQL, and deletes those that are too old. What comes faster than it can be written, and what a store that is away
/// does not take, is dropped and counted: a trace is never worth a call.
/// </summary>
internal sealed partial class TraceWriter(
    LiveOptions live, CallTraceStore store, CallCaptureStore captures, TimeProvider time, ILogger<TraceWriter> logger)
    : BackgroundService
{
    private const int Capacity = 512;

    /// <summary>Traces that are kept at one time, and then a second: a PBX that dials in a loop fills no database.</summary>
    private const int AtOnce = 500, PerSecond = 20;

    /// <summary>Traces that one statement writes.</summary>
    private const int Together = 20;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan DropInterval = TimeSpan.FromHours(1);

    private readonly Channel<CallTrace> _queue = Channel.CreateBounded<CallTrace>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly RateLimit _rate = new(PerSecond, AtOnce);
    private readonly InstantClock _clock = new(time);
    private DateTimeOffset _droppedAt;
    private bool _isAway;

    public void Add(CallTrace trace)
    {
        if (!_rate.TryTake(_clock.Now) || !_queue.Writer.TryWrite(trace))
            TraceMetrics.Dropped(TraceTarget.Store);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var some = new List<CallTrace>(Together);
        while (await WaitAsync())
        {
            some.Clear();
            while (some.Count < Together && _queue.Reader.TryRead(out var trace))
                some.Add(trace);
            await WriteAsync(some);
            await DropOldAsync();
        }
    }

    /// <summary>Writes what is left; what has ended before it came through who ends traces, which stops first.</summary>
    public override Task StopAsync(CancellationToken cancellationToken)
    {
        _queue.Writer.TryComplete();
        return base.StopAsync(cancellationToken);
    }

    /// <summary>False: there will be no more.</summary>
    private async Task<bool> WaitAsync()
    {
        using var hour = new CancellationTokenSource(DropInterval, time);
        try
        {
            return await _queue.Reader.WaitToReadAsync(hour.Token);
        }
        catch (OperationCanceledException)
        {
            return true; // what is old goes, whether or not calls fail
        }
    }

    private async Task WriteAsync(List<CallTrace> traces)
    {
        if (traces.Count == 0)
            return;
        try
        {
            using var timeout = new CancellationTokenSource(Timeout, time);
            await store.AddAsync(traces, timeout.Token);
            TraceMetrics.Sent(TraceTarget.Store, traces.Count);
            _isAway = false;
        }
        catch (Exception e) // Whatever keeps the store from taking them: the next ones may be luckier.
        {
            TraceMetrics.Dropped(TraceTarget.Store, traces.Count);
            if (!_isAway)
                LogDropped(e.Message);
            _isAway = true;
        }
    }

    private async Task DropOldAsync()
    {
        var now = time.GetUtcNow();
        if (now - _droppedAt < DropInterval)
            return;
        _droppedAt = now;
        try
        {
            using var timeout = new CancellationTokenSource(Timeout, time);
            await captures.DropAsync(now - CallCaptureStore.Keep, timeout.Token);
            while (await store.DropAsync(now - live.Options.Trace.Keep, timeout.Token))
                ;
        }
        catch (Exception e) // The next hour does it.
        {
            LogNotDropped(e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "PostgreSQL does not take traces of calls ({Reason}): they are dropped and " +
        "counted (gateway_traces_dropped_total) until it does")]
    private partial void LogDropped(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Old traces of calls could not be deleted: {Reason}")]
    private partial void LogNotDropped(string reason);
}
