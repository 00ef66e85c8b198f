using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Sip.Endpoint;
using Gateway.Worker.Configuration;
using Gateway.Worker.Metrics;
using Gateway.Worker.Nodes;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Calls;

/// <summary>
/// The way of this node out of service: from the first signal on it takes nothing new, its live calls have until the deadline, and those
/// left are ended on both legs with their records. A second signal ends the waiting. Thread-safe.
/// </summary>
internal sealed partial class NodeDrain : IDisposable
{
    /// <summary>After a second signal: for the answers of Graph, and then for the records.</summary>
    private static readonly TimeSpan ForcedWait = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    private readonly LiveOptions _live;
    private readonly CallSupervisor _calls;
    private readonly SipEndpoint _sip;
    private readonly ClusterMember _member;
    private readonly InstantClock _clock;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly DrainGauges _gauges;
    private readonly CancellationTokenSource _forced = new();
    private readonly Lock _gate = new();
    private DateTimeOffset? _deadline;

    public NodeDrain(
        LiveOptions live, NodeCapacity capacity, CallSupervisor calls, SipEndpoint sip, ClusterMember member, TimeProvider time,
        ILogger<NodeDrain> logger)
    {
        (_live, Capacity, _calls, _sip, _member, _time, _logger) = (live, capacity, calls, sip, member, time, logger);
        _clock = new InstantClock(time);
        _gauges = new DrainGauges(() => View?.Calls ?? 0, () => View?.SecondsLeft ?? 0);
    }

    /// <summary>The longest that a stop takes in order: the host gives it so much time.</summary>
    /// <param name="options">In force.</param>
    /// <param name="ending">The longest that a call may take to end.</param>
    public static TimeSpan LongestOf(GatewayOptions options, TimeSpan ending) =>
        options.Node.DrainDeadline + ending + TimeSpan.FromSeconds(10);

    /// <summary>The room of the node, which has none from the first signal on.</summary>
    public NodeCapacity Capacity { get; }

    /// <summary>What is left; null: the node is in service.</summary>
    public DrainView? View => Deadline is { } deadline
        ? new DrainView(_calls.Count, deadline, SecondsUntil(deadline), _forced.IsCancellationRequested) : null;

    /// <summary>The first signal begins the drain, a second one forces it.</summary>
    public void HandleSignal()
    {
        if (TryBegin())
            return;
        LogForced(_calls.Count);
        _forced.Cancel();
    }

    /// <summary>An operator's command: the node takes no new call until its next start, and hands live ones to others.</summary>
    public void Close()
    {
        TakeNoMore();
        _ = _member.MoveAllAsync(_forced.Token);
    }

    /// <summary>
    /// Begins where <see cref="HandleSignal"/> has not, and completes when no call is left, or none that could still be ended in order.
    /// </summary>
    public async Task RunAsync()
    {
        TryBegin();
        await _member.CloseAsync();
        using var isOver = CancellationTokenSource.CreateLinkedTokenSource(_forced.Token);
        var moving = _live.Options.Node.MoveOnDrain ? _member.MoveAllAsync(isOver.Token) : Task.CompletedTask;
        await UntilEmptyAsync(SecondsUntil(Deadline!.Value), _forced.Token);
        await isOver.CancelAsync();
        await moving;
        _calls.PostToAll(new CallInput.HangUpRequested(HangupCause.Draining));
        await UntilEmptyAsync(_live.LongestEnding.TotalSeconds, _forced.Token);
        if (_forced.IsCancellationRequested)
        {
            await UntilEmptyAsync(ForcedWait.TotalSeconds, CancellationToken.None);
            _calls.PostToAll(new CallInput.EndCutShort());
            await UntilEmptyAsync(ForcedWait.TotalSeconds, CancellationToken.None);
        }
        if (_calls.Count > 0)
            LogUnfinished(_calls.Count);
    }

    public void Dispose()
    {
        _gauges.Dispose();
        _forced.Dispose();
    }

    private DateTimeOffset? Deadline
    {
        get
        {
            lock (_gate)
                return _deadline;
        }
    }

    /// <summary>False: it had begun.</summary>
    private bool TryBegin()
    {
        lock (_gate)
        {
            if (_deadline is not null)
                return false;
            _deadline = _time.GetUtcNow() + _live.Options.Node.DrainDeadline;
        }
        TakeNoMore();
        LogDraining(_calls.Count, _live.Options.Node.DrainDeadline);
        return true;
    }

    private void TakeNoMore()
    {
        (Capacity.IsReady, Capacity.IsDraining) = (false, true);
        _sip.Drain();
    }

    private async Task UntilEmptyAsync(double seconds, CancellationToken cut)
    {
        for (var until = _clock.Now + TimeSpan.FromSeconds(seconds);
            _calls.Count > 0 && _clock.Now < until && !cut.IsCancellationRequested;)
            await Task.Delay(Poll, _time, CancellationToken.None);
    }

    private double SecondsUntil(DateTimeOffset deadline) => Math.Max(0, (deadline - _time.GetUtcNow()).TotalSeconds);

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopping: new calls are refused, {Calls} live call(s) have {Deadline}")]
    private partial void LogDraining(int calls, TimeSpan deadline);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A second signal: {Calls} live call(s) are ended at once")]
    private partial void LogForced(int calls);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Calls} call(s) were not over when the node had to stop: what Meta or the PBX had " +
        "to answer did not come")]
    private partial void LogUnfinished(int calls);
}

/// <summary>What is left of a node that stops.</summary>
/// <param name="Calls">Live calls.</param>
/// <param name="Deadline">Then they are ended.</param>
/// <param name="SecondsLeft">Until then.</param>
/// <param name="Forced">A second signal came.</param>
internal sealed record DrainView(int Calls, DateTimeOffset Deadline, double SecondsLeft, bool Forced);
