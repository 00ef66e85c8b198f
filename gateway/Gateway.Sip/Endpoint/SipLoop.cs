using System.Threading.Channels;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Messages;
using Gateway.Sip.Subscriptions;
using Gateway.Sip.Transactions;
using Gateway.Sip.Transport;
using Gateway.Sip.Trunks;
using Media.Protocols.Primitives;
using Microsoft.Extensions.Logging;

namespace Gateway.Sip.Endpoint;

/// <summary>
/// The one thread of control of an endpoint: takes what happened from a bounded queue, feeds the user agent, then drains it completely
/// (messages to the transports, events to the calls), then sleeps until the next input or deadline.
/// </summary>
internal sealed partial class SipLoop
{
    /// <summary>Milliseconds; timers take no more than 49 days.</summary>
    private const double MaxSleep = 3_600_000;

    private readonly SipTransports _transports;
    private readonly TrunkRuntimes _trunks;
    private readonly Channel<EndpointInput> _inbox;
    private readonly ChannelWriter<SipCall> _incoming;
    private readonly SipMetrics _metrics;
    private readonly InstantClock _clock;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ITimer _timer;

    /// <summary>The handles of calls that are not settled.</summary>
    private readonly Dictionary<InviteSession, SipCall> _calls = [];
    private readonly HeldBack _heldBack = new();
    private Instant _timerAt = Instant.Never;
    private readonly LogLimit _unknownLog = new(TimeSpan.FromMinutes(1));
    private readonly LogLimit _wrongLog = new(TimeSpan.FromMinutes(1));
    private readonly LogLimit _rateLog = new(TimeSpan.FromMinutes(1));
    private long _unknownSources;
    private long _wrongCredentials;
    private readonly LogLimit _tokenLog = new(TimeSpan.FromMinutes(1));
    private long _rateLimited;
    private long _badTokens;
    private Task _running = Task.CompletedTask;

    public SipLoop(
        UserAgent agent, SipTransports transports, TrunkRuntimes trunks, Channel<EndpointInput> inbox,
        ChannelWriter<SipCall> incoming, TimeProvider time, ILogger logger)
    {
        _transports = transports;
        _trunks = trunks;
        _inbox = inbox;
        _incoming = incoming;
        _metrics = transports.Metrics;
        _clock = new InstantClock(time);
        _time = time;
        _logger = logger;
        Agent = agent;
        Watches = new WatchHandler(new SubscriptionSet(agent.Core, trunks.Set));
        _timer = time.CreateTimer(
            _ => inbox.Writer.TryWrite(EndpointInput.Wake.Instance), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public UserAgent Agent { get; }

    /// <summary>Set before <see cref="Start"/>; null without registered phones.</summary>
    public RegistrarRuntime? Registrar { get; init; }

    /// <summary>Set before <see cref="Start"/>; null: always open.</summary>
    public ISendGate? Gate { get; init; }

    /// <summary>Set before <see cref="Start"/>; null without other nodes.</summary>
    public EdgeRuntime? Edge { get; init; }

    /// <summary>Set before <see cref="Start"/>; null: nobody looks at messages.</summary>
    public SipTapFeed? Tap { get; init; }

    /// <summary>On the loop.</summary>
    public WatchHandler Watches { get; }

    public int ActiveCalls => Agent.ActiveCalls;

    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>Begins a call, or goes on with one. False: the queue is full, or the loop has stopped.</summary>
    public bool TryBegin(InviteSession session, out SipCall call)
    {
        var handle = call = new SipCall(session, action => PostAsync(now => Act(session, action, now)));
        return _inbox.Writer.TryWrite(new EndpointInput.Command(
            now =>
            {
                _calls.Add(session, handle);
                Agent.Begin(session, now);
            },
            null));
    }

    /// <summary>Completes when the loop has done it, and sent what it is to send; at once when the loop has stopped.</summary>
    public async Task PostAsync(Action<Instant> action)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await _inbox.Writer.WriteAsync(new EndpointInput.Command(action, done));
        }
        catch (ChannelClosedException)
        {
            return;
        }
        await done.Task;
    }

    /// <summary>Ends all calls and registrations, gives their messages a moment to be answered, and stops.</summary>
    public async Task StopAsync(TimeSpan timeout)
    {
        await PostAsync(EndEverything);
        var deadline = _clock.Now + timeout;
        var isQuiet = false;
        while (!isQuiet && _clock.Now < deadline)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), _time);
            await PostAsync(_ => isQuiet = !Agent.Layer.Clients.AnyUnanswered);
        }
        _inbox.Writer.TryComplete();
        await _running;
        foreach (var call in _calls.Values)
            call.Settle();
        await _timer.DisposeAsync();
    }

    private async Task RunAsync()
    {
        while (await _inbox.Reader.WaitToReadAsync())
        {
            while (_inbox.Reader.TryRead(out var input))
            {
                Handle(input);
                Advance();
                (input as EndpointInput.Command)?.Done?.TrySetResult();
            }
        }
    }

    private void Handle(EndpointInput input)
    {
        var now = _clock.Now;
        try
        {
            switch (input)
            {
                case EndpointInput.Received(var message, var flow):
                    _metrics.Received(flow.Transport);
                    Tap?.Received(message, flow);
                    if (message.IgnoredHeaders > 0)
                        _metrics.IgnoredHeaders(message.IgnoredHeaders);
                    if (Edge?.TryHandle(message, flow) != true && !Watches.TryHandle(message, flow, now))
                        Agent.HandleMessage(message, flow, now);
                    ReportRefusals(flow, now);
                    break;
                case EndpointInput.Malformed(var error, var flow):
                    _metrics.Malformed(error.Fault);
                    Agent.HandleMalformed(error, flow);
                    break;
                case EndpointInput.SendFailed(var transaction, var reason):
                    Agent.HandleTransportError(transaction, now, reason);
                    break;
                case EndpointInput.FlowClosed(var flow):
                    foreach (var trunk in _trunks.Current)
                        trunk.HandleFlowClosed(flow, now);
                    Registrar?.Registrar.HandleFlowClosed(flow);
                    break;
                case EndpointInput.Command(var action, _):
                    action(now);
                    break;
                case EndpointInput.Wake:
                    _timerAt = Instant.Never; // it has fired, perhaps a little early: set it again
                    break;
            }
        }
#pragma warning disable CA1031 // the top of the loop: one message or one call must not take the others down
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogUnexpected(_logger, e, input.GetType().Name);
        }
    }

    /// <summary>Runs what is due, drains all outputs, and sets the timer to the next deadline.</summary>
    private void Advance()
    {
        var now = _clock.Now;
        if (now >= Agent.NextDeadline)
        {
            Agent.HandleDeadline(now);
            _trunks.Release(Agent);
        }
        Watches.HandleDeadline(now);
        foreach (var trunk in _trunks.Current)
        {
            if (now >= trunk.NextDeadline)
                trunk.HandleDeadline(now);
            if (trunk.Publish())
                LogChange(trunk.Trunk.Options.Name, trunk.Health);
        }
        Registrar?.Advance(now, PostAsync);
        if (!_heldBack.IsEmpty && MaySend)
            foreach (var request in _heldBack.Take())
                Agent.Layer.Clients.SendAgain(request, now);
        Drain();

        var next = Instant.Min(Agent.NextDeadline, Watches.NextDeadline);
        if (!_heldBack.IsEmpty)
            next = Instant.Min(next, now + HeldBack.Look);
        foreach (var trunk in _trunks.Current)
            next = Instant.Min(next, trunk.NextDeadline);
        if (next == _timerAt)
            return;
        _timerAt = next;
        var milliseconds = next == Instant.Never
            ? Timeout.Infinite
            : Math.Clamp(Math.Ceiling((next - _clock.Now).TotalMilliseconds), 0, MaxSleep);
        _timer.Change(TimeSpan.FromMilliseconds(milliseconds), Timeout.InfiniteTimeSpan);
    }

    /// <summary>A PBX at an address that no trunk has, or with a wrong password, is refused: who set it up has to read so.</summary>
    private void ReportRefusals(SipFlow flow, Instant now)
    {
        if (HasGrown(SipDrop.UnknownSource, ref _unknownSources) && _unknownLog.TryPass(now, out var suppressed))
            LogUnknownSource(_logger, flow.Remote.ToIPAddress(), flow.Transport, suppressed);
        if (HasGrown(SipDrop.WrongCredentials, ref _wrongCredentials) && _wrongLog.TryPass(now, out suppressed))
            LogWrongCredentials(_logger, flow.Remote.ToIPAddress(), suppressed);
        if (HasGrown(SipDrop.BadFlowToken, ref _badTokens) && _tokenLog.TryPass(now, out suppressed))
            LogBadToken(_logger, flow.Remote.ToIPAddress(), suppressed);
        if (HasGrown(SipDrop.RateLimited, ref _rateLimited) && _rateLog.TryPass(now, out suppressed))
            LogRateLimited(_logger, flow.Remote.ToIPAddress(), suppressed);
    }

    private bool HasGrown(SipDrop drop, ref long known)
    {
        var count = Agent.Layer.Context.CountOf(drop);
        var grown = count != known;
        known = count;
        return grown;
    }

    private void LogChange(string trunk, TrunkHealth health)
    {
        if (health.CanCarryCalls)
            LogTrunk(_logger, trunk, health.State, health.Registered, health.Cause);
        else
            LogTrunkTrouble(_logger, trunk, health.State, health.Registered, health.Cause);
    }

    private bool MaySend => Gate is not { IsOpen: false };

    private void Drain()
    {
        while (Agent.TryPollEvent(out var happened))
        {
            if (happened.IsSettled)
                Settle(happened.Session);
            else if (happened.Event is null)
                Announce(happened.Session);
            else
                Deliver(happened.Session, happened.Event);
        }
        Watches.Deliver();
        while (Agent.TryPollTransmit(out var transmit))
        {
            if (!MaySend)
            {
                _heldBack.Add(transmit);
                continue;
            }
            Tap?.Sent(transmit);
            _transports.Send(transmit);
        }
    }

    private void Announce(InviteSession session)
    {
        LogIncoming(_logger, session.Info.CallId, session.Info.Trunk);
        Tap?.Tap.Begin(session.Info, null);
        var call = new SipCall(session, action => PostAsync(now => Act(session, action, now)))
        {
            Replaces = session.Replaces is { } replaced ? _calls.GetValueOrDefault(replaced) : null,
        };
        _calls.Add(session, call);
        if (!_incoming.TryWrite(call))
            UserAgent.Command(session, _clock.Now, static (call, now) => call.Reject(503, null, null, [("Retry-After", "5")], now));
    }

    private void Deliver(InviteSession session, SipCallEvent callEvent)
    {
        LogEvent(_logger, session.Info.CallId, callEvent.GetType().Name);
        _metrics.Ended(session.Info.Direction, callEvent);
        Tap?.Tap.Handle(session.Info.CallId, callEvent);
        var call = _calls[session];
        if (!call.TryDeliver(callEvent) && !session.IsOver)
            UserAgent.Command(session, _clock.Now, static (call, now) => call.HangUp(null, null, SipCallEnd.EventsNotRead, now));
    }

    private void Settle(InviteSession session)
    {
        if (_calls.Remove(session, out var call))
            call.Settle();
    }

    private static void Act(InviteSession session, Action<Instant> action, Instant now) =>
        UserAgent.Command(session, now, (_, at) => action(at));

    private void EndEverything(Instant now)
    {
        Agent.IsDraining = true;
        foreach (var session in Agent.Sessions.ToArray())
            UserAgent.Command(session, now, static (call, at) => call.HangUp(null, null, SipCallEnd.Stopped, at));
        Watches.Stop(now);
        foreach (var trunk in _trunks.Current)
            trunk.Stop(now);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Unexpected failure while handling {Input}; the endpoint goes on")]
    private static partial void LogUnexpected(ILogger logger, Exception exception, string input);

    [LoggerMessage(Level = LogLevel.Information, Message = "SIP trunk {Trunk} is {State}, registered: {Registered}, cause: {Cause}")]
    private static partial void LogTrunk(ILogger logger, string trunk, WireText<TrunkState> state, bool? registered, string? cause);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A request from {Source} over {Transport} was refused with 403: the address " +
        "belongs to no trunk "
        + "(sip.trunks[].server, allowedSources); {Suppressed} more refused since the last line")]
    private static partial void LogUnknownSource(
        ILogger logger, System.Net.IPAddress source, WireText<SipTransport> transport, long suppressed);

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "A request from {Source} was refused: wrong credentials (inboundUser, inboundPassword; "
        + "of a phone those of sip.registrar); {Suppressed} more refused since the last line")]
    private static partial void LogWrongCredentials(ILogger logger, System.Net.IPAddress source, long suppressed);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A request from {Source} to a phone registered here was refused with 403: no node "
        + "of the cluster is known at that address, or the flow token is not ours; {Suppressed} more refused since the last line")]
    private static partial void LogBadToken(ILogger logger, System.Net.IPAddress source, long suppressed);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A call from {Source} was answered 503: more new calls a second than maxCallRate; "
        + "{Suppressed} more since the last line")]
    private static partial void LogRateLimited(ILogger logger, System.Net.IPAddress source, long suppressed);

    [LoggerMessage(Level = LogLevel.Warning, Message = "SIP trunk {Trunk} is {State}, registered: {Registered}, cause: {Cause}")]
    private static partial void LogTrunkTrouble(ILogger logger, string trunk, WireText<TrunkState> state, bool? registered, string? cause);

    [LoggerMessage(Level = LogLevel.Debug, Message = "SIP call {CallId} comes in from trunk {Trunk}")]
    private static partial void LogIncoming(ILogger logger, string callId, string trunk);

    [LoggerMessage(Level = LogLevel.Debug, Message = "SIP call {CallId}: {Event}")]
    private static partial void LogEvent(ILogger logger, string callId, string @event);
}
