using System.Threading.Channels;
using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Balances;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Records;
using Gateway.Sip;
using Gateway.Sip.Endpoint;
using Gateway.Storage.Calls;
using Gateway.Worker.Agents;
using Gateway.Worker.Billing;
using Gateway.Worker.Legs;
using Gateway.Worker.Metrics;
using Gateway.Worker.Nodes;
using Gateway.Worker.Spool;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Calls;

/// <summary>
/// Runs one call: a bounded inbox with one reader feeds the pure <see cref="Call"/>, and each decision goes to the leg it concerns. Results
/// come back through the inbox, so the machine never waits for the network and a caller who gives up is heard at once.
/// </summary>
internal sealed partial class CallLoop : ICallInbox
{
    /// <summary>Far more than any real call queues; a flood ends the call, not the node.</summary>
    public const int InboxCapacity = 256;

    /// <summary>A call that cannot even be ended is dropped.</summary>
    private const int MaxDefects = 10;

    /// <summary>Any deadline has passed by then.</summary>
    private static readonly TimeSpan LongAfter = TimeSpan.FromHours(1);

    /// <summary>The limit for a note of a call before its end. A note may be missing: the finished record says it all.</summary>
    private static readonly TimeSpan NoteTimeout = TimeSpan.FromSeconds(5);

    private readonly Channel<CallInput> _inbox = Channel.CreateBounded<CallInput>(
        new BoundedChannelOptions(InboxCapacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly Call _call;
    private readonly CallLegs _legs;
    private readonly CallAgents _agents;
    private readonly CallOfGroup _ofGroup;
    private readonly InboundDetails? _details;
    private readonly CallServices _services;
    private readonly OperationQueue _money;
    private readonly OperationQueue _registry;
    private readonly OperationQueue _records;
    private readonly PublishedCall _published;
    private readonly ILogger _logger;
    private Task _record = Task.CompletedTask;
    private Funding? _recorded;
    private CallInput.Admitted? _admitted;
    private (CallState State, string? Agent, ConsultationState Consultation) _shown = (CallState.New, null, ConsultationState.None);
    private string? _boundTo;
    private volatile bool _isBroken;
    private volatile bool _isAbandoned;
    private Task? _abandoning;
    private readonly TaskCompletionSource<HangupCause?> _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="call">The machine.</param>
    /// <param name="legs">Makes its legs.</param>
    /// <param name="details">What Meta reported of an inbound call.</param>
    /// <param name="services">What all calls share.</param>
    public CallLoop(Call call, Func<CallLoop, CallLegs> legs, InboundDetails? details, CallServices services)
    {
        _details = details;
        _call = call;
        _services = services;
        _logger = services.Logger;
        _money = new OperationQueue(Fail);
        _registry = new OperationQueue(OnStoreFailure);
        _records = new OperationQueue(OnStoreFailure);
        _legs = legs(this);
        _published = new PublishedCall(call, services.Registry, _registry, _legs.SnapshotAsync, () => _ = AbandonAsync());
        _ofGroup = new CallOfGroup(group => services.Agents.Directory.Find(group)?.AnswerWithin);
        _agents = new CallAgents(call.Identity, services.Agents, this, () => _legs.PhonesIdle, OnStoreFailure);
    }

    public CallIdentity Identity => _call.Identity;

    /// <summary>Its admission was asked for, and granted.</summary>
    public bool IsAdmitted => _admitted is not null;

    /// <summary>Meta's id, as soon as anything has reported it.</summary>
    public WhatsAppCallId? BoundTo => _boundTo is { } id ? new WhatsAppCallId(id) : null;

    /// <summary>How far the call is, as it was shown last.</summary>
    public CallState State => _shown.State;

    /// <summary>How far its agent is with asking somebody, as it was shown last.</summary>
    public ConsultationState Consultation => _shown.Consultation;

    /// <summary>Null once a phone rings for this call; the cause where it ended before.</summary>
    public Task<HangupCause?> Begun => _begun.Task;

    /// <summary>Gives the call Meta's id. False when it has one already.</summary>
    public bool TryBind(WhatsAppCallId id) => Interlocked.CompareExchange(ref _boundTo, id.Value, null) is null;

    public bool Post(CallInput input)
    {
        var taken = _inbox.Writer.TryWrite(input);
        if (!taken)
            _isBroken = true; // a call that has missed something cannot be trusted; after its end this means nothing
        return taken;
    }

    /// <summary>
    /// Another node has taken the call over: it ends here without a word to either side and without a record. Idempotent.
    /// </summary>
    public Task AbandonAsync()
    {
        lock (_inbox)
            return _abandoning ??= LetGoAsync();
    }

    private Task LetGoAsync()
    {
        _isAbandoned = true;
        NodeMetrics.CallLetGo();
        LogLetGo(Identity.Id);
        _services.Registry.LetGo(Identity.Id);
        _services.Agents.Registry.LetGo(Identity.Id);
        var legs = _legs.AbandonAsync();
        Post(new CallInput.HangUpRequested(HangupCause.NodeLost)); // wakes the loop, which handles nothing more
        return legs;
    }

    /// <summary>A defect in one of its parts: the call is reported and ends.</summary>
    public void Fail(Exception e)
    {
        LogDefect(e, Identity.Id);
        Post(new CallInput.HangUpRequested(HangupCause.InternalError));
    }

    /// <summary>Another phone of the PBX takes <paramref name="replaced"/> over; false when that is not this call's.</summary>
    public bool TryTakeOver(SipCall replaced, SipCall by) => _legs.TryTakeOver(replaced, by);

    /// <summary>For which group it rings or waits, and since when; null: for none.</summary>
    public WaitingFor? WaitsFor { get; private set; }

    /// <summary>An agent, taken for this call, answers it from a phone that called by itself. False: it is answered, or over.</summary>
    public Task<bool> TryPickUpAsync(SipCall by, TakenAgent agent) => _legs.TryPickUpAsync(by, agent);

    /// <summary>From the first input to the written record.</summary>
    public async Task RunAsync(CallInput first)
    {
        Perform(_call.Handle(first, _services.Clock.Now));
        for (var defects = 0; _call.State != CallState.Ended && !_isAbandoned && defects < MaxDefects;)
        {
            try
            {
                await HandleNextAsync();
            }
            catch (Exception e) // The last resort of one call: it is reported and ends as any other does; its neighbours never notice.
            {
                LogDefect(e, Identity.Id);
                _isBroken = true;
                defects++;
            }
        }
        if (_call.State != CallState.Ended && !_isAbandoned)
            GiveUp();
        _inbox.Writer.TryComplete();
        while (!_isAbandoned && _inbox.Reader.TryRead(out var late))
            _agents.GiveBack(late);
        await Task.WhenAll(_legs.Idle, _agents.Idle, _money.Idle, _registry.Idle, _records.Idle, _record);
        _services.Holds.Forget(Identity);
        if (_admitted is { Funding: not null } && _recorded is null && !_isAbandoned)
            // admitted after its end: its record may have been settled before the hold was taken
            await _services.Holds.ReleaseAsync(Identity);
    }

    /// <summary>Drops a call that cannot even be ended, but not its record: it is charged, and its hold and agents are released.</summary>
    private void GiveUp()
    {
        var now = _services.Clock.Now;
        List<CallDecision> last = [.. _call.Handle(new CallInput.HangUpRequested(HangupCause.InternalError), now)];
        if (_call.State != CallState.Ended)
            last.AddRange(_call.HandleDeadline(now + LongAfter));
        foreach (var decision in last)
            _agents.TryPerform(decision);
        Finish(last.OfType<CallDecision.Finish>().Single().Record);
    }

    private async Task HandleNextAsync()
    {
        if (_isBroken)
        {
            _isBroken = false;
            Perform(_call.Handle(new CallInput.HangUpRequested(HangupCause.InternalError), _services.Clock.Now));
            return;
        }
        if (!_inbox.Reader.TryRead(out var input))
        {
            var now = _services.Clock.Now;
            if (now >= _call.NextDeadline)
            {
                HandleDeadline(now);
                return;
            }
            if (now >= _published.NextDeadline)
                _published.HandleDeadline(now);
            var wait = Instant.Min(_call.NextDeadline, _published.NextDeadline) - now;
            using var deadline = new CancellationTokenSource(wait, _services.Time);
            try
            {
                await _inbox.Reader.WaitToReadAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                // The deadline came first; the next turn handles it.
            }
            return;
        }
        var before = _call.State;
        var decisions = _call.Handle(input, _services.Clock.Now);
        if (_call.State != before)
            LogState(Identity.Id, before, _call.State, input.GetType().Name);
        Perform(decisions);
    }

    private void HandleDeadline(Instant now)
    {
        var (before, due) = (_call.State, _call.Deadlines.NextName);
        var decisions = _call.HandleDeadline(now);
        if (_call.State != before)
            LogDeadline(Identity.Id, before, _call.State, due);
        Perform(decisions);
    }

    private void Perform(IReadOnlyList<CallDecision> decisions)
    {
        foreach (var decision in decisions)
            Perform(decision);
        WaitsFor = (_call as InboundCall)?.WaitsFor;
        ShowIfChanged();
    }

    private void Perform(CallDecision decision)
    {
        var isDone = _legs.TryPerform(decision) || _agents.TryPerform(decision);
        switch (decision)
        {
            case CallDecision.CheckAdmission:
                _money.Add(CheckAdmissionAsync);
                break;
            case CallDecision.TakeAnswerLock:
                _registry.Add(TakeAnswerLockAsync);
                break;
            case CallDecision.OpenAudio:
                NoteAnswer();
                break;
            case CallDecision.JoinQueue join:
                NoteQueued(join);
                break;
            case CallDecision.ReportSilence silence:
                ReportSilence(silence.Leg);
                break;
            case CallDecision.ExtendHold extend:
                _money.Add(() => ExtendHoldAsync(extend.UpTo));
                break;
            case CallDecision.Warn warn:
                LogWarned(Identity.Id, warn.Reason);
                break;
            case CallDecision.Finish finish:
                Finish(finish.Record);
                break;
            default:
                if (!isDone)
                    throw new InvalidOperationException("A decision without a performer: " + decision.GetType().Name);
                break;
        }
    }

    private async Task CheckAdmissionAsync()
    {
        var answer = await _services.Admission.CheckAsync(Identity, _call.TimeOf(_call.StartedAt), _call.Trunk, _call.Agent);
        if (answer is CallInput.Admitted admitted)
            answer = _admitted = _details is null ? admitted : _services.Agents.Flows.Lead(Identity, _details.Payloads, admitted);
        Post(answer);
    }

    private async Task ExtendHoldAsync(decimal upTo) =>
        Post(await _services.Holds.ExtendAsync(Identity, _call.TimeOf(_call.StartedAt), upTo));

    private async Task TakeAnswerLockAsync()
    {
        var won = await _services.Registry.TakeAnswerLockAsync(_call.WhatsAppId!.Value, Identity.Id, CancellationToken.None);
        Post(new CallInput.AnswerLockTaken(won));
    }

    private void Finish(CallRecord record)
    {
        if (_isAbandoned)
            return;
        _begun.TrySetResult(record.Cause);
        LogEnded(
            record.Id, record.Direction, record.Cause, record.EndedAt - record.StartedAt, record.SipStatus, record.WhatsAppError?.Code);
        CallMetrics.Ended(record);
        _ofGroup.Note(_call);
        _ofGroup.End(record);
        _registry.Add(() => RemoveAsync(record));
        _recorded = record.Funding;
        _record = _services.Spool.AddAsync(record);
    }

    private async Task RemoveAsync(CallRecord record)
    {
        var isOurs = await _services.Registry.RemoveAsync(record.Id, record.OwnerToken, CancellationToken.None);
        if (isOurs && record.WhatsAppId is { } whatsAppId)
            await _services.Registry.SetTombstoneAsync(whatsAppId, CancellationToken.None);
    }

    private void ShowIfChanged()
    {
        if (_isAbandoned || _shown == (_call.State, _call.Agent, _call.Consultation) || _call.State == CallState.Ended)
            return;
        var now = _services.Clock.Now;
        if (_call.State != _shown.State)
            CallMetrics.Entered(_call, now);
        _ofGroup.Note(_call);
        _shown = (_call.State, _call.Agent, _call.Consultation);
        if (_call.State is CallState.RingingPbx or CallState.RingingWhatsApp)
            _begun.TrySetResult(null);
        if (_call is { State: CallState.Live, AgentId: { } agent })
            Note(cancellation => _services.Agents.Store.AnsweredAsync(
                Identity.Id, _call.TimeOf(_call.StartedAt), _call.TimeOf(now), agent, cancellation));
        _published.Note(now);
    }

    /// <summary>
    /// By way of the spool, unlike the beginning, which is written with the admission: a pick-up that is lost makes an uncharged missed
    /// call of an answered one.
    /// </summary>
    private void NoteAnswer()
    {
        var answer = new CallAnswer(
            Identity, _call.TimeOf(_call.StartedAt), _call.TimeOf(_call.AnsweredAt!.Value), _call.Agent, _call.Trunk, _call.WhatsAppId);
        _records.Add(() => _services.Spool.AddAsync(answer));
    }

    private void NoteQueued(CallDecision.JoinQueue join)
    {
        if (_call.Flow is not { } flow || _call.Consultation != ConsultationState.None)
            return; // a transfer: the call was answered, or it is the agent who waits
        var queued = new QueuedCall(
            Identity.Id, _call.TimeOf(_call.StartedAt), _call.TimeOf(_services.Clock.Now), join.Group, flow.Id, flow.Version,
            join.Priority);
        Note(cancellation => _services.Agents.Store.QueuedAsync(queued, cancellation));
    }

    private void ReportSilence(CallLeg leg)
    {
        LogSilent(Identity.Id, leg, _call.Trunk);
        var at = _call.TimeOf(_services.Clock.Now);
        Note(cancellation => _services.Store.SilentAsync(Identity.Id, _call.TimeOf(_call.StartedAt), at, leg, cancellation));
    }

    private void Note(Func<CancellationToken, Task> write) => _records.Add(async () =>
    {
        using var timeout = new CancellationTokenSource(NoteTimeout, _services.Time);
        await write(timeout.Token);
    });

    private void OnStoreFailure(Exception e) => LogStoreFailure(e, Identity.Id);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Call {CallId}: {Before} → {After} on {Input}")]
    private partial void LogState(CallId callId, WireText<CallState> before, WireText<CallState> after, string input);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Call {CallId}: {Before} → {After} on deadline {Deadline}")]
    private partial void LogDeadline(
        CallId callId, WireText<CallState> before, WireText<CallState> after, WireText<CallDeadline>? deadline);

    [LoggerMessage(Level = LogLevel.Information, Message = "Call {CallId} {Direction} ended: {Cause} after {Duration}, SIP {SipStatus}, " +
        "Meta {MetaCode}")]
    private partial void LogEnded(
        CallId callId, WireText<CallDirection> direction, WireText<HangupCause> cause, TimeSpan duration, int? sipStatus, int? metaCode);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Call {CallId}: another node has taken it over, and it is let go of")]
    private partial void LogLetGo(CallId callId);

    [LoggerMessage(Level = LogLevel.Information, Message = "Call {CallId}: it is to end soon, and the agent was warned: {Reason}")]
    private partial void LogWarned(CallId callId, WireText<WarnReason> reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Call {CallId}: no media from {Leg} for media.mediaTimeout. On trunk {Trunk} " +
        "check firewalls, and "
        + "whether media comes from the address that SDP names (gateway_media_drops_total); a peer may also have stopped sending on " +
            "purpose")]
    private partial void LogSilent(CallId callId, WireText<CallLeg> leg, string? trunk);

    [LoggerMessage(Level = LogLevel.Error, Message = "Call {CallId}: a defect ended it")]
    private partial void LogDefect(Exception e, CallId callId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Call {CallId}: a store did not take a write")]
    private partial void LogStoreFailure(Exception e, CallId callId);
}
