using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Gateway.Calls.Records;
using Media.Protocols.Primitives;

namespace Gateway.Calls.Lifecycle;

/// <summary>One call as a pure state machine: inputs in, decisions out, no await and no clock inside. The directions differ only in how it
/// becomes <see cref="CallState.Live"/> (<see cref="InboundCall"/>, <see cref="OutboundCall"/>, <see cref="CallbackCall"/>); it ends on one
/// path, here.</summary>
/// <remarks>Invariants, proved by property tests over any interleaving: <see cref="CallDecision.Finish"/> is decided exactly once and last;
/// by then each leg that was touched was released; accept is decided at most once; audio opens only after Meta's 200.</remarks>
public abstract class Call
{
    /// <summary>From <see cref="Restore"/> to the media being up again; then the call is over.</summary>
    public static readonly TimeSpan ResumeTimeout = TimeSpan.FromSeconds(8);

    private readonly List<CallDecision> _decisions = [];
    private readonly CallTimeline _timeline;
    private readonly DeadlineTable<CallDeadline> _deadlines = new();
    private readonly WhatsAppRelease _whatsApp;
    private readonly AgentHold _held;
    private CallEnding _ending = new(HangupCause.InternalError);
    private readonly CallAllowance _allowance;
    private bool _mediaHeld;
    private Instant? _aliveAt;
    private CallInput.MediaReleased? _quality;

    /// <param name="identity">The fixed properties of the call.</param>
    /// <param name="options">The timeouts.</param>
    /// <param name="now">The start, on the monotonic time line.</param>
    /// <param name="startedAt">The start by the wall clock, read anew for each call. Every other time of the record is this one plus the
    /// time passed since, so that a clock that is set while the call runs changes neither its duration nor its price.</param>
    protected Call(CallIdentity identity, CallOptions options, Instant now, DateTimeOffset startedAt)
    {
        (Identity, Options) = (identity, options);
        _timeline = new CallTimeline(now, startedAt);
        _whatsApp = new WhatsAppRelease(options, _deadlines, Decide);
        _held = new AgentHold(Decide);
        _allowance = new CallAllowance(options, _deadlines);
    }

    public CallIdentity Identity { get; }

    public CallState State { get; private set; } = CallState.New;

    /// <summary>What the call waits for: <see cref="HandleDeadline"/> is due at the next of them.</summary>
    public DeadlineTable<CallDeadline> Deadlines => _deadlines;

    public Instant NextDeadline => _deadlines.Next;

    /// <summary>The number of inputs that did not fit the state: late results, repeated webhooks.</summary>
    public int IgnoredInputs { get; private set; }

    /// <summary>Meta's call id, once known.</summary>
    public WhatsAppCallId? WhatsAppId { get => _whatsApp.Id; protected set => _whatsApp.Id = value; }

    public string? Trunk { get; protected set; }

    public string? Agent => _timeline.Agent;

    /// <summary>From when on <see cref="Agent"/> had the answered call; null before the answer, and while nobody is named.</summary>
    public Instant? AgentSince => _timeline.AgentSince;

    public Instant StartedAt => _timeline.StartedAt;

    /// <summary>When the call was answered at WhatsApp, by an agent or by the gateway alone.</summary>
    public Instant? AnsweredAt => _timeline.AnsweredAt;

    /// <summary>The wall-clock time of a moment of this call.</summary>
    public DateTimeOffset TimeOf(Instant at) => _timeline.TimeOf(at);

    public CallOptions Options { get; }

    /// <summary>The flow that leads the call; null: none, or that of a channel without one.</summary>
    public virtual Flow? Flow => null;

    /// <summary>The group that the call is for, or was for last; null: none.</summary>
    public GroupId? Group { get; protected set; }

    /// <summary>From when on the call has waited for an agent; null: it has not.</summary>
    public Instant? WaitedFrom => _timeline.WaitedFrom;

    /// <summary>When the first agent answered.</summary>
    public Instant? AgentAnsweredAt => _timeline.AgentAnsweredAt;

    /// <summary>The agent of ours in the conversation; null: none that we know.</summary>
    public AgentId? AgentId => Held?.Agent;

    /// <summary>How far the agent's question to somebody else is.</summary>
    public virtual ConsultationState Consultation => ConsultationState.None;

    /// <summary>The agent whom this call keeps busy; null: none that we know.</summary>
    protected TakenAgent? Held { get => _held.Agent; set => _held.Agent = value; }

    protected WhatsAppLegState WhatsAppLeg { get => _whatsApp.State; set => _whatsApp.State = value; }

    protected PbxLegState PbxLeg { get; set; }

    protected bool MediaIsConnected { get; private set; }

    /// <summary>The call, for another process to go on with; null: no single phone has answered, or its media is not up.</summary>
    public virtual CallSnapshot? Save() =>
        State != CallState.Live || !MediaIsConnected || PbxLeg != PbxLegState.Engaged || WhatsAppLeg != WhatsAppLegState.Engaged
        || Consultation != ConsultationState.None ? null : new CallSnapshot
        {
            Identity = Identity,
            WhatsAppId = WhatsAppId!.Value,
            Trunk = Trunk,
            Group = Group,
            Held = Held,
            LastHeld = _held.Last,
            Times = _timeline.Save(),
            Deadlines = _timeline.Save(_deadlines),
            Funding = _allowance.Funding,
            IsLastMoney = _allowance.IsLast,
        };

    /// <summary>Goes on with a call of another process, last seen alive then: audio is open, and both legs are engaged.</summary>
    protected internal virtual void Restore(CallSnapshot saved, Instant now, DateTimeOffset aliveAt)
    {
        (WhatsAppId, WhatsAppLeg, PbxLeg) = (saved.WhatsAppId, WhatsAppLegState.Engaged, PbxLegState.Engaged);
        (Trunk, Group, _mediaHeld) = (saved.Trunk, saved.Group, true);
        _held.Restore(saved.Held, saved.LastHeld);
        _timeline.Restore(saved, _deadlines);
        _allowance.Resume(saved, _timeline.AnsweredAt!.Value, now);
        _aliveAt = _timeline.At(aliveAt);
        EnterState(CallState.Live, now + ResumeTimeout);
    }

    /// <summary>Feeds one input and returns the decisions, in order. The list is valid until the next call of a Handle method.</summary>
    public IReadOnlyList<CallDecision> Handle(CallInput input, Instant now)
    {
        _decisions.Clear();
        EndIfOver(now); // a call handled late still ends no later than its money
        if (input is CallInput.WhatsAppTerminated { Talk: { } talk } && State != CallState.Ended)
            _timeline.NoteTalk(talk, now);
        var handled = State switch
        {
            CallState.Ended => false,
            CallState.Ending => HandleWhileEnding(input, now) || _held.GiveBack(input),
            _ => HandleFlow(input, now) || HandleCommon(input, now) || HandleInState(input, now) || _held.GiveBack(input),
        };
        if (!handled)
            IgnoredInputs++;
        return _decisions;
    }

    /// <summary>Advances the time: to be called at or after <see cref="NextDeadline"/>.</summary>
    public IReadOnlyList<CallDecision> HandleDeadline(Instant now)
    {
        _decisions.Clear();
        if (_deadlines.TryTakeDue(CallDeadline.ReleaseRetry, now))
            _whatsApp.Release();
        if (_deadlines.IsDue(CallDeadline.HangUpWebhook, now))
            BeginEnding(CallEnding.OfTermination(null, State, AnsweredAt is not null, Identity.Direction, CauseWhileWaiting), now);
        _allowance.HandleDeadline(now, Decide);
        EndIfOver(now);
        if (State is not (CallState.Ending or CallState.Ended))
            HandleFlowDeadline(now);
        if (!_deadlines.IsDue(CallDeadline.State, now))
            return _decisions;
        if (State == CallState.Ending)
            Finish(now);
        else
            HandleStateDeadline(now);
        return _decisions;
    }

    /// <summary>The direction's own transitions on the way to <see cref="CallState.Live"/>; false: the input does not fit.</summary>
    protected abstract bool HandleInState(CallInput input, Instant now);

    /// <summary>What a flow of the call makes of an input, before anything else does; false: nothing.</summary>
    protected virtual bool HandleFlow(CallInput input, Instant now) => false;

    protected virtual void HandleFlowDeadline(Instant now)
    {
    }

    /// <summary>The state has lasted for too long.</summary>
    protected virtual void HandleStateDeadline(Instant now) => BeginEnding(new CallEnding(State.CauseOfDeadline()), now);

    /// <summary>The call ends: gives back what its flow holds.</summary>
    protected virtual void ReleaseFlow()
    {
    }

    public virtual void Decide(CallDecision decision) => _decisions.Add(decision);

    protected void EnterState(CallState state, Instant deadline) => (State, _deadlines[CallDeadline.State]) = (state, deadline);

    protected void ReserveMedia(CallInput.Admitted admitted, string? whatsAppOffer, Instant now)
    {
        _allowance.Take(admitted);
        _mediaHeld = true;
        EnterState(CallState.Reserving, now + Options.Preparation);
        Decide(new CallDecision.ReserveMedia(whatsAppOffer));
    }

    public void NoteRinging(Instant now) => _timeline.Ring(now);

    /// <summary>The call begins to wait for an agent, of a group or any.</summary>
    public void NoteWaiting(GroupId? group, Instant now)
    {
        Group = group ?? Group;
        _timeline.Wait(now);
    }

    protected void NameAgent(string? agent, Instant now) => _timeline.NameAgent(agent, now);

    /// <summary>User and agent are connected.</summary>
    protected void BecomeLive(Instant now)
    {
        _timeline.BeginTalk(now);
        BecomeAnswered(CallState.Live, now);
    }

    /// <summary>The call is answered at WhatsApp, by an agent or by the gateway alone: money counts from the first time on.</summary>
    protected void BecomeAnswered(CallState state, Instant now)
    {
        EnterState(state, MediaIsConnected ? Instant.Never : now + Options.MediaConnect);
        if (_timeline.AnsweredAt is not null)
            return;
        _timeline.Answer(now);
        _allowance.Begin(now);
        Decide(new CallDecision.OpenAudio());
    }

    /// <summary>The agent leaves the call, which goes on waiting for another.</summary>
    protected void LeaveAgent(Instant now)
    {
        ReleaseHeld();
        _timeline.EndTalk(now);
        EnterState(CallState.Waiting, Instant.Never);
    }

    protected bool End(HangupCause cause, Instant now) => End(new CallEnding(cause), now);

    private protected bool End(CallEnding ending, Instant now)
    {
        BeginEnding(ending, now);
        return true;
    }

    /// <summary>Handles the inputs that may come in any state before the end.</summary>
    private protected bool HandleCommon(CallInput input, Instant now)
    {
        switch (input)
        {
            case CallInput.WhatsAppTerminated over:
                WhatsAppLeg = WhatsAppLegState.Released;
                return End(CallEnding.OfTermination(over.Error, State, AnsweredAt is not null, Identity.Direction, CauseWhileWaiting), now);

            case CallInput.PbxEnded ended when PbxLeg is PbxLegState.Incoming or PbxLegState.Engaged:
                PbxLeg = PbxLegState.Released;
                return End(
                    Identity.Direction == CallDirection.Outbound && State != CallState.Live ? HangupCause.CallerGaveUp : ended.Cause, now);

            // A queue answered and the person who talks is announced later (RFC 4916, RFC 3325), or is the target of a transfer.
            case CallInput.PbxIdentified named when PbxLeg is PbxLegState.Incoming or PbxLegState.Engaged:
                NameAgent(named.Agent, now);
                return true;

            case CallInput.HangUpRequested request:
                return End(request.Cause, now);

            case CallInput.MediaRefused refused:
                return End(CallEnding.Of(refused), now);

            case CallInput.MediaFailed when _mediaHeld:
                return End(HangupCause.MediaFailed, now);

            // Media is faster than webhooks: to end the call now would be a failure in the record and a needless terminate to Meta.
            case CallInput.MediaClosed when _mediaHeld:
                _deadlines[CallDeadline.HangUpWebhook] = Instant.Min(_deadlines[CallDeadline.HangUpWebhook], now + Options.HangUpNotice);
                return true;

            case CallInput.MediaConnected:
                (MediaIsConnected, _aliveAt) = (true, null);
                if (State is CallState.Live or CallState.Waiting)
                    _deadlines.Clear(CallDeadline.State);
                return true;

            case CallInput.HoldExtended or CallInput.HoldFailed when _allowance.Handle(input, now):
                EndIfOver(now);
                return true;

            case CallInput.MediaTimedOut silent when State == CallState.Live:
                Decide(new CallDecision.ReportSilence(silent.Leg));
                return true;

            case CallInput.DigitPressed digit when State == CallState.Live:
                Decide(new CallDecision.SendDigit(digit.From == CallLeg.Pbx ? CallLeg.WhatsApp : CallLeg.Pbx, digit.Digit, digit.Duration));
                return true;

            default:
                return false;
        }
    }

    /// <summary>The cause where the user hangs up while only the gateway has answered.</summary>
    protected virtual HangupCause CauseWhileWaiting => HangupCause.CallerGaveUp;

    /// <summary>The single way to the end: releases both legs and the media as their states require, and waits for the results.</summary>
    /// <remarks>The talk time ends now, not when Graph answers the request that ends the call.</remarks>
    private void BeginEnding(CallEnding ending, Instant now, Instant? since = null)
    {
        (_ending, _timeline.EndedAt) = (ending, since ?? _aliveAt ?? now);
        _allowance.Close();
        ReleasePbx(); // before the agents are given back, whom other calls may ring at once
        ReleaseFlow();
        _deadlines.Clear();
        ReleaseHeld();
        EnterState(CallState.Ending, now + (WhatsAppLeg == WhatsAppLegState.Unknown ? Options.ConnectNotice : Options.Ending));
        _whatsApp.Release();
        if (_mediaHeld)
            Decide(new CallDecision.ReleaseMedia());
        FinishIfReleased(now);
    }

    /// <summary>Ends the call with its last paid pulse, or when it is as long as it may be: then, however late this is handled.</summary>
    private void EndIfOver(Instant now)
    {
        if (_allowance.EndsAt is var end && now >= end)
            BeginEnding(new CallEnding(_allowance.CauseOfEnd), now, end);
    }

    /// <summary>The agent has work after a conversation, and none after a call that never began.</summary>
    private void ReleaseHeld() => _held.Release(_timeline.AgentAnsweredAt is null ? null : Group);

    private void ReleasePbx()
    {
        if (PbxLeg == PbxLegState.Incoming)
            Decide(new CallDecision.RefusePbx(_ending.Refusal()));
        else if (PbxLeg == PbxLegState.Engaged)
            Decide(new CallDecision.HangUpPbx(_ending.Cause));
        PbxLeg = PbxLegState.Released;
    }

    private bool HandleWhileEnding(CallInput input, Instant now)
    {
        switch (input)
        {
            case CallInput.Connected { MayRing: true } when WhatsAppLeg == WhatsAppLegState.Asked:
                WhatsAppLeg = WhatsAppLegState.Unknown;
                EnterState(CallState.Ending, now + Options.ConnectNotice);
                return true;

            case CallInput.Connected { MayRing: false } connected when WhatsAppLeg is WhatsAppLegState.Asked or WhatsAppLegState.Unknown:
                EnterState(CallState.Ending, now + Options.Ending); // Graph has to answer once more
                _whatsApp.Name(connected.Id);
                break;

            case CallInput.WhatsAppReleased released:
                _whatsApp.HandleReleased(released.Error, now, Identity.Direction == CallDirection.Outbound && AnsweredAt is null);
                break;

            case CallInput.WhatsAppTerminated:
                _whatsApp.HandleTerminated();
                break;

            case CallInput.MediaReleased media when _mediaHeld:
                _mediaHeld = false;
                _quality = media;
                break;

            case CallInput.EndCutShort:
                Finish(now);
                return true;

            default:
                return false;
        }
        FinishIfReleased(now);
        return true;
    }

    private void FinishIfReleased(Instant now)
    {
        if (WhatsAppLeg == WhatsAppLegState.Released && !_mediaHeld)
            Finish(now);
    }

    private void Finish(Instant now)
    {
        _deadlines.Clear();
        EnterState(CallState.Ended, Instant.Never);
        var record = CallRecord.Of(Identity, _timeline.TimeOf(StartedAt), _timeline.TimeOf(now), _ending.Cause) with
        {
            WhatsAppId = WhatsAppId,
            Trunk = Trunk,
            AgentId = _held.Last,
            Flow = Flow?.Id, FlowVersion = Flow?.Version,
            Group = Group,
            WhatsAppQuality = _quality?.WhatsApp, PbxQuality = _quality?.Pbx,
            Funding = _allowance.Funding,
        };
        Decide(new CallDecision.Finish(_timeline.Date(_ending.Explain(record))));
    }
}
