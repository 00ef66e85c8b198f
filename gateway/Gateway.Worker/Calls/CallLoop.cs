using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Balances;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Records;
using Gateway.Sip;
using Gateway.Sip.Endpoint;
using Gateway.Worker.Agents;
using Gateway.Worker.Legs;
using Gateway.Worker.Metrics;
using Gateway.Worker.Nodes;
using Gateway.Worker.Tracing;
using Media.Engine;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Calls;

/// <summary>
/// Runs one call: a bounded inbox with one reader feeds the pure <see cref="Call"/>, and each decision goes to the leg it concerns. Results
/// come back through the inbox, so the machine never waits for the network and a caller who gives up is heard at once.
/// </summary>
internal sealed partial class CallLoop : ICallInbox
{
    /// <summary>A call that cannot even be ended is dropped.</summary>
    private const int MaxDefects = 10;

    /// <summary>Any deadline has passed by then.</summary>
    private static readonly TimeSpan LongAfter = TimeSpan.FromHours(1);

    private readonly CallInputs _inputs;
    private readonly Call _call;
    private readonly CallLegs _legs;
    private readonly CallAgents _agents;
    private readonly CallMoney _money;
    private readonly CallServices _services;
    private readonly CallTracer? _trace;
    private readonly OperationQueue _registry;
    private readonly CallNotes _notes;
    private readonly CallQuality _quality;
    private readonly ILogger _logger;
    private Task _record = Task.CompletedTask;
    private Funding? _recorded;
    private bool _hasRung;
    private string? _boundTo;
    private bool _isBroken;
    private volatile bool _isAbandoned;
    private Task? _abandoning;

    /// <param name="call">The machine.</param>
    /// <param name="legs">Makes its legs.</param>
    /// <param name="details">What Meta reported of an inbound call.</param>
    /// <param name="services">What all calls share.</param>
    /// <param name="trace">Null: the call is not traced.</param>
    public CallLoop(Call call, Func<CallLoop, CallLegs> legs, InboundDetails? details, CallServices services, CallTracer? trace)
    {
        _call = call;
        _services = services;
        _trace = trace;
        _logger = services.Logger;
        _inputs = new CallInputs(services.Time);
        _money = new CallMoney(call, details, services, this, AbandonAsync, Fail);
        _registry = new OperationQueue(OnStoreFailure);
        _legs = legs(this);
        _notes = new CallNotes(call, services, _legs.SnapshotAsync, OnStoreFailure);
        Handover = new CallHandover(call, _legs, details, services.Clock);
        Shown = new ShownCall(
            call, new PublishedCall(call, services.Registry, _registry, _legs.SnapshotAsync, () => _ = AbandonAsync()), _notes,
            new CallOfGroup(group => services.Agents.Directory.Find(group)?.AnswerWithin)) { Trace = trace };
        _quality = new CallQuality(call, services, _notes, Shown, trace);
        _agents = new CallAgents(call.Identity, services.Agents, this, _legs.PhonesEndedAsync, OnStoreFailure);
        _legs.Begin(); // last: a phone that has given up already is heard of at once
    }

    public CallIdentity Identity => _call.Identity;

    /// <summary>Its admission was asked for, and granted.</summary>
    public bool IsAdmitted => _money.IsAdmitted || _call.AnsweredAt is not null;

    /// <summary>
    /// Completes when PostgreSQL has its row, or is waited for no longer, or the call is over and its record on the disk.
    /// </summary>
    public Task Kept => _money.Checked;

    /// <summary>Another node has it, or is to have it.</summary>
    public bool IsLetGo => _isAbandoned;

    /// <summary>The call for other nodes.</summary>
    public CallHandover Handover { get; }

    /// <summary>Meta's id, as soon as anything has reported it.</summary>
    public WhatsAppCallId? BoundTo => _boundTo is { } id ? new WhatsAppCallId(id) : null;

    /// <summary>The call as it was shown last.</summary>
    public ShownCall Shown { get; }

    /// <summary>Gives the call Meta's id. False when it has one already.</summary>
    public bool TryBind(WhatsAppCallId id) => Interlocked.CompareExchange(ref _boundTo, id.Value, null) is null;

    public bool Post(CallInput input) => _inputs.Post(input);

    public void NoteChange() => Handover.NoteChange();

    /// <summary>
    /// Another node has taken the call over. What that node may go on with ends here without a word to either side and without a record;
    /// what it can only end too, with its phones hung up and a record, which counts unless that node has begun the offer anew. Idempotent.
    /// </summary>
    public Task AbandonAsync()
    {
        lock (_inputs)
            return _abandoning ??= _isAbandoned ? Task.CompletedTask : LetGoAsync();
    }

    /// <summary>
    /// Ends without a word to either side, which another node seems to have; its record counts only where that node has not taken it.
    /// </summary>
    public void EndQuietly()
    {
        _ = _legs.AbandonAsync();
        Lose();
    }

    private void Lose()
    {
        _agents.LetGo(); // or they would be given back under that node's calls when Redis is back
        Post(new CallInput.HangUpRequested(HangupCause.NodeLost));
    }

    private Task LetGoAsync()
    {
        NodeMetrics.CallLetGo();
        LogLetGo(Identity.Id);
        var mayGoOn = Handover.WasSaved || Shown.State == CallState.Live;
        if (!mayGoOn && Kept.IsCompleted) // its offer was answered for, and does not come again
        {
            _legs.LeaveMeta();
            Lose(); // before a phone that is hung up seems to have given up
            return _legs.AbandonAsync(mayGoOn);
        }
        LetGoOfStores();
        var phones = _legs.SnapshotAsync();
        var legs = _legs.AbandonAsync(mayGoOn);
        _inputs.TryWake(); // the loop handles nothing more
        _ = _services.LostPhones.HangUpIfEndedAsync(Identity.Id, phones);
        return legs;
    }

    private void LetGoOfStores()
    {
        _isAbandoned = true;
        Handover.LetGo();
        _trace?.Leave();
        _services.Registry.LetGo(Identity.Id);
        _agents.LetGo();
    }

    /// <summary>A defect in one of its parts: the call is reported and ends.</summary>
    public void Fail(Exception e)
    {
        LogDefect(e, Identity.Id);
        Post(new CallInput.HangUpRequested(HangupCause.InternalError));
    }

    /// <summary>Another phone of the PBX takes <paramref name="replaced"/> over; false when that is not this call's.</summary>
    public bool TryTakeOver(SipCall replaced, SipCall by) => _legs.TryTakeOver(replaced, by);

    /// <summary>Lets a capture see the call's packets in the clear; null: no longer.</summary>
    public void Capture(IMediaTap? tap) => _legs.Capture(tap);

    /// <summary>For which group it rings or waits, and since when; null: for none.</summary>
    public WaitingFor? WaitsFor { get; private set; }

    /// <summary>An agent, taken for this call, answers it from a phone that called by itself. False: it is answered, or over.</summary>
    public Task<bool> TryPickUpAsync(SipCall by, TakenAgent agent) => _legs.TryPickUpAsync(by, agent);

    /// <summary>From the first input to the written record.</summary>
    public Task RunAsync(CallInput first) => RunAsync(() => Handle(first));

    /// <summary>Goes on with another node's call, to the written record.</summary>
    public Task ContinueAsync(SipCall phone, MediaSnapshot media, int takeovers) => RunAsync(() =>
    {
        _legs.Resume(phone, media, takeovers);
        Shown.Resume(_services.Clock.Now);
    });

    /// <summary>
    /// The call, exactly, for another node: from now on it is let go of here. Null: it cannot be moved as it is now, and goes on. From any
    /// thread.
    /// </summary>
    public Task<SavedCall?> HandOverAsync() => Handover.AskAsync(_inputs.TryWake);

    private async Task RunAsync(Action begin)
    {
        _trace?.Enter();
        begin();
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
        _inputs.Complete();
        Handover.End();
        while (_inputs.TryRead(out var late))
            HandleLate(late);
        await Task.WhenAll(_legs.Idle, _agents.Idle, _money.Idle, _registry.Idle, _notes.Idle, _record);
        if (_isAbandoned)
            _money.LetGo();
        else
            await _money.EndAsync(_recorded);
    }

    private void HandleLate(CallInput? late)
    {
        if (!_isAbandoned && late is not null)
            _agents.GiveBack(late);
        else if (late is CallInput.WhatsAppTerminated) // the next owner looks for it
            _registry.Add(() => _services.Registry.SetTombstoneAsync(_call.WhatsAppId!.Value, CancellationToken.None));
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
        if (_isBroken || _inputs.TakeLoss())
        {
            _isBroken = false;
            Handle(new CallInput.HangUpRequested(HangupCause.InternalError));
            return;
        }
        if (!_inputs.TryRead(out var input))
        {
            var now = _services.Clock.Now;
            if (now >= _call.NextDeadline)
            {
                HandleDeadline(now);
                return;
            }
            Shown.HandleDeadline(now);
            await _inputs.WaitAsync(Instant.Min(_call.NextDeadline, Shown.NextDeadline) - now);
            return;
        }
        if (input is null)
        {
            if (Handover.IsAsked)
                await Handover.GiveAsync(LetGoOfStores);
            return;
        }
        if (input is CallInput.MediaSampled sampled)
            _quality.Handle(sampled, _services.Clock.Now);
        else
            Handle(input);
    }

    private void Handle(CallInput input)
    {
        _trace?.Note(input);
        if (input is CallInput.PbxRinging or CallInput.OfConsultation { What: CallInput.PbxRinging })
            Shown.NoteRinging(_services.Clock.Now);
        var before = _call.State;
        var decisions = _call.Handle(input, _services.Clock.Now);
        if (_call.State != before)
            LogState(Identity.Id, before, _call.State, input.GetType().Name);
        Perform(decisions);
        if (input is CallInput.PbxRinging or CallInput.WhatsAppRinging)
            NoteRinging();
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
        if (decisions.OfType<CallDecision.RingAgent>().Select(ring => ring.Agent).ToArray() is { Length: > 0 } agents)
            NoteRinging(agents);
        WaitsFor = (_call as InboundCall)?.WaitsFor;
        if (_isAbandoned)
            return;
        Handover.Note();
        Shown.Note(_services.Clock.Now);
    }

    /// <summary>Agents are rung; none: it rings at a PBX, or at the user's.</summary>
    private void NoteRinging(params AgentId[] agents)
    {
        if (_hasRung && agents.Length == 0)
            return;
        _hasRung = true;
        _notes.Ringing(agents, _services.Clock.Now);
    }

    private void Perform(CallDecision decision)
    {
        _trace?.Note(decision);
        var isDone = _legs.TryPerform(decision) || _agents.TryPerform(decision);
        switch (decision)
        {
            case CallDecision.CheckAdmission:
                _money.CheckAdmission();
                break;
            case CallDecision.TakeAnswerLock:
                _registry.Add(async () => Post(new CallInput.AnswerLockTaken(await _services.Registry.TakeAnswerLockAsync(
                    _call.WhatsAppId!.Value, Identity.Id, CancellationToken.None))));
                break;
            case CallDecision.OpenAudio:
                _notes.Answered();
                break;
            case CallDecision.JoinQueue join:
                _notes.Queued(join, _services.Clock.Now);
                break;
            case CallDecision.ReportSilence silence:
                _quality.Silent(silence.Leg, _services.Clock.Now);
                break;
            case CallDecision.ExtendHold extend:
                _money.ExtendHold(extend.UpTo);
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

    private void Finish(CallRecord record)
    {
        if (_isAbandoned)
            return;
        LogEnded(
            record.Id, record.Direction, record.Cause, record.EndedAt - record.StartedAt, record.SipStatus, record.WhatsAppError?.Code);
        Shown.End(record);
        _registry.Add(() => RemoveAsync(record));
        _recorded = record.Funding;
        _record = CallTracer.Settling(_trace, _services.Spool.AddAsync(record));
    }

    private async Task RemoveAsync(CallRecord record)
    {
        var isOurs = await _services.Registry.RemoveAsync(record.Id, record.OwnerToken, CancellationToken.None);
        if (isOurs && record.WhatsAppId is { } whatsAppId)
            await _services.Registry.SetTombstoneAsync(whatsAppId, CancellationToken.None);
    }

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

    [LoggerMessage(Level = LogLevel.Error, Message = "Call {CallId}: a defect ended it")]
    private partial void LogDefect(Exception e, CallId callId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Call {CallId}: a store did not take a write")]
    private partial void LogStoreFailure(Exception e, CallId callId);
}
