using Gateway.Calls.Admission;
using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Media.Protocols.Primitives;

namespace Gateway.Calls.Lifecycle;

/// <summary>
/// A WhatsApp user calls the contact centre: offered → admitted → media answered → pre_accept → its flow, which rings phones or answers
/// itself → accept, with the SDP of pre_accept → waiting, where the gateway alone has answered → live, when an agent has.
/// </summary>
/// <remarks>
/// pre_accept comes before the PBX is rung, so that ICE and DTLS run while the agent's phone rings (Meta: "User-initiated calls"). Meta
/// takes the first media packet for the pick-up, so audio waits for the 200 to accept. The phones that lose go on ringing until then: if
/// the winner is gone before, they still can have the call.
/// </remarks>
public sealed class InboundCall(CallIdentity identity, CallOptions options, Instant now, DateTimeOffset startedAt)
    : Call(identity, options, now, startedAt), IFlowCall
{
    private string _offer = "";
    private string _answer = "";
    private Flow? _flow;
    private AnswerRun? _run;
    private Consultation? _consultation;
    private int _numbers;
    private int _consultations;
    private int _phones; // the consultation whose target has the call; 0: none
    private AcceptState _accept;
    private LastAgent? _lastAgent;
    private bool _isEnding;
    private bool _mayBeAnothers;

    public override Flow? Flow => _run is not null && _flow!.Id.Value.Length > 0 ? _flow : null; // a transfer's way is none of its own

    public bool IsAccepted => _accept == AcceptState.Done;

    public bool IsWindowOver { get; private set; }

    /// <summary>The group whose agents are rung or waited for, and since when; null: nobody is, or a phone has answered.</summary>
    public WaitingFor? WaitsFor => _run is { HasWinner: false } && State != CallState.Live && _run.Run.Group is { } group
        ? new WaitingFor(group, WaitedFrom ?? StartedAt) : null;

    public bool MayRecord { get; init; } = true;

    public override ConsultationState Consultation => _consultation switch
    {
        null or { HasAgent: false } => ConsultationState.None,
        { IsAnswered: true } => ConsultationState.Answered,
        _ => ConsultationState.Ringing,
    };

    protected override HangupCause CauseWhileWaiting =>
        _consultation?.CauseOfHangUp ?? _run?.Run.CauseOfHangUp ?? HangupCause.CallerGaveUp;

    public int NextNumber() => ++_numbers;

    /// <summary>Answers the call at WhatsApp: once, whoever asks for it and however often.</summary>
    public void Accept(Instant now)
    {
        if (_accept != AcceptState.None)
            return;
        _accept = AcceptState.Asked;
        EnterState(CallState.TakingAnswerLock, now + Options.Preparation);
        Decide(new CallDecision.TakeAnswerLock());
    }

    public AgentId? LastAgentWithin(TimeSpan age) => _lastAgent is { } last && TimeOf(StartedAt) - last.At <= age ? last.Agent : null;

    public override CallSnapshot? Save() => _consultation is not null || _run is null ? null : base.Save() is { } saved
        ? saved with
        {
            Inbound = new InboundFacts(_flow!.Id, _flow.Version, _run.Run.Language, _lastAgent, _numbers, _consultations),
        } : null;

    protected internal override void Restore(CallSnapshot saved, Instant now, DateTimeOffset aliveAt)
    {
        base.Restore(saved, now, aliveAt);
        var facts = saved.Inbound ?? new InboundFacts(new FlowId(""), 0, "en", null, 0, 0);
        (_lastAgent, _numbers, _consultations) = (facts.LastAgent, facts.Numbers, facts.Consultations);
        _accept = AcceptState.Done;
        // Its steps are behind the call: the flow is only named, and says how the user is spoken to.
        _flow = new Flow(facts.Flow, "", "", new Dictionary<string, FlowStep>()) { Version = facts.FlowVersion, Language = facts.Language };
        _run = new AnswerRun(new FlowRun(_flow, this, EndFlow), this, Name, Connect);
    }

    public void NoteTrunk(string trunk) => Trunk = trunk;

    public override void Decide(CallDecision decision)
    {
        if (decision is CallDecision.InvitePbx or CallDecision.RingAgent)
            PbxLeg = PbxLegState.Engaged;
        // At the end all phones are hung up together.
        if (!_isEnding || decision is not (CallDecision.CancelPhone or CallDecision.OfConsultation))
            base.Decide(decision);
    }

    protected override bool HandleInState(CallInput input, Instant now)
    {
        switch (State, input)
        {
            case (CallState.New, CallInput.WhatsAppOffered offered):
                WhatsAppId = offered.Id;
                WhatsAppLeg = WhatsAppLegState.Offered;
                (_offer, _mayBeAnothers) = (offered.Sdp, offered.MayBeAnothers);
                EnterState(CallState.Admitting, now + Options.Preparation);
                Decide(new CallDecision.CheckAdmission());
                return true;

            case (CallState.Admitting, CallInput.Refused refused):
                return End(CallEnding.Of(refused), now);

            case (CallState.Admitting, CallInput.Admitted { Flow: null, Routes.Count: 0 }):
                return End(HangupCause.NoRoute, now);

            case (CallState.Admitting, CallInput.Admitted admitted):
                _flow = admitted.Flow ?? Flows.Flow.ToPbx(admitted.Routes);
                _lastAgent = admitted.LastAgent;
                ReserveMedia(admitted, _offer, now);
                return true;

            case (CallState.Reserving, CallInput.MediaReserved reserved):
                _answer = reserved.Sdp;
                WhatsAppLeg = WhatsAppLegState.Engaged;
                EnterState(CallState.PreAccepting, now + Options.GraphAnswer);
                Decide(new CallDecision.PreAccept(WhatsAppId!.Value, _answer));
                return true;

            // Where no registry said whose the call is, an invalid request may be one about a call that another node has answered.
            case (CallState.PreAccepting, CallInput.PreAccepted { Error.Code: WhatsAppErrorCodes.InvalidParameter }) when _mayBeAnothers:
            case (CallState.Accepting, CallInput.Accepted { Error.Code: WhatsAppErrorCodes.InvalidParameter }) when _mayBeAnothers:
            case (CallState.TakingAnswerLock, CallInput.AnswerLockTaken { Won: false }):
                WhatsAppLeg = WhatsAppLegState.Released; // owned by the winner now: terminating it here would end the winner's call
                return End(HangupCause.AnsweredElsewhere, now);

            // pre_accept only speeds up what accept does alone: after a failure that is no verdict on the call, the agent is rung all the
            // same.
            case (CallState.PreAccepting, CallInput.PreAccepted { Error: { IsTransient: false } error }):
                return End(CallEnding.Of(error), now);

            case (CallState.PreAccepting, CallInput.PreAccepted):
                EnterState(CallState.RingingPbx, now + Options.PbxAnswer);
                BeginFlow(_flow!, now);
                return true;

            case (CallState.TakingAnswerLock, CallInput.AnswerLockTaken):
                EnterState(CallState.Accepting, now + Options.GraphAnswer);
                Decide(new CallDecision.Accept(WhatsAppId!.Value, _answer));
                return true;

            // The SDP is the one that pre_accept accepted: the request that Meta finds invalid now is to accept a call that is over.
            case (CallState.Accepting, CallInput.Accepted { Error: { Code: WhatsAppErrorCodes.InvalidParameter } error }):
                return End(CallEnding.Of(error, HangupCause.CallerGaveUp), now);

            case (CallState.Accepting, CallInput.Accepted { Error: { } error }):
                return End(CallEnding.Of(error), now);

            case (CallState.Accepting, CallInput.Accepted):
                _accept = AcceptState.Done;
                HandleAccepted(now);
                return true;

            default:
                return State == CallState.Live && HandleTransfer(input, now);
        }
    }

    private bool HandleTransfer(CallInput input, Instant now)
    {
        switch (input)
        {
            case CallInput.TransferRequested request when _consultation is null:
                Transfer(request.Flow, now);
                return true;

            case CallInput.ConsultationRequested request when _consultation is null:
                _consultation = new Consultation(++_consultations, request.Flow, this, EndConsultation, Complete);
                _consultation.Begin(now);
                return true;

            case CallInput.CompletionRequested when _consultation is { IsAnswered: true }:
                Complete(now);
                return true;

            case CallInput.CancellationRequested when _consultation is not null:
                Reunite();
                return true;

            default:
                return false;
        }
    }

    protected override bool HandleFlow(CallInput input, Instant now)
    {
        if (input is CallInput.OfConsultation of && of.Number == _phones) // the target has the call
            return HandleOwn(of.What, now) || HandleCommon(of.What, now) || HandleInState(of.What, now);
        var isOfPhone = input is CallInput.PbxRinging or CallInput.PbxAnswered { By: null } or CallInput.PbxRefused
            or CallInput.PbxEnded or CallInput.PbxIdentified;
        return isOfPhone && _phones > 0 || HandleOwn(input, now); // of one that is out of the call: it hung up as it was hung up
    }

    private bool HandleOwn(CallInput input, Instant now)
    {
        if (_consultation is { } consultation)
            return HandleConsultation(consultation, input, now);
        if (_run is null || State == CallState.Live)
            return false;
        if (input is CallInput.PbxRefused { Attempt: 0 } && !_run.HasWinner)
            PbxLeg = PbxLegState.Released;
        return _run.Handle(input, now);
    }

    private bool HandleConsultation(Consultation consultation, CallInput input, Instant now)
    {
        switch (input)
        {
            case CallInput.OfConsultation of:
                return of.Number == consultation.Number && consultation.HandleTarget(of.What, now);

            case CallInput.PbxEnded when consultation.IsAnswered:
                Complete(now);
                return true;

            case CallInput.PbxEnded:
                LoseAgent(consultation, now);
                return true;

            default:
                return consultation.Handle(input, now);
        }
    }

    protected override void HandleFlowDeadline(Instant now)
    {
        if (_consultation is { } consultation)
            consultation.HandleDeadline(now);
        else
            _run?.Run.HandleDeadline(now);
    }

    protected override void HandleStateDeadline(Instant now)
    {
        if (State != CallState.RingingPbx)
        {
            base.HandleStateDeadline(now);
            return;
        }
        IsWindowOver = true;
        EnterState(CallState.RingingPbx, now + Options.Preparation); // for what is to answer in its stead
        _run!.Run.HandleWindowOver(now);
    }

    protected override void ReleaseFlow()
    {
        _isEnding = true;
        _run?.Run.Release(isAnswered: false);
        Held ??= _run?.Agent;
        _consultation?.Release();
        _consultation = null;
    }

    private void BeginFlow(Flow flow, Instant now)
    {
        _run = new AnswerRun(new FlowRun(flow, this, EndFlow), this, Name, Connect);
        _run.Run.Begin(now);
    }

    private bool EndFlow(HangupCause cause, CallInput.PbxRefused? refused, Instant now)
    {
        if (State is CallState.Ending or CallState.Ended)
            return false;
        return refused is not null ? End(CallEnding.Of(refused), now) : End(cause, now);
    }

    private void Name(CallInput.PbxAnswered answered, Instant now)
    {
        if (answered.By is not null)
            PbxLeg = PbxLegState.Engaged;
        NameAgent(answered.Agent, now);
        Trunk = answered.Trunk ?? Trunk;
    }

    private void Connect(Instant now)
    {
        if (IsAccepted)
            GoLive(now);
        else
            Accept(now);
    }

    private void HandleAccepted(Instant now)
    {
        if (_run!.IsConfirmed)
        {
            GoLive(now);
            return;
        }
        BecomeAnswered(CallState.Waiting, now);
        _run.Run.HandleAccepted(now);
    }

    private void GoLive(Instant now)
    {
        Held = _run!.TakeWinner();
        if (_accept == AcceptState.Done && State == CallState.Waiting)
            Decide(new CallDecision.StopPlaying());
        BecomeLive(now);
    }

    /// <summary>The user hears music, the agent is free, and the flow finds another.</summary>
    private void Transfer(Flow flow, Instant now)
    {
        Decide(new CallDecision.HangUpAgent());
        LeaveAgent(now);
        Decide(new CallDecision.Play(NextNumber(), [CallDecision.Play.Music], IsLoop: true, _run!.Run.Language));
        BeginFlow(flow, now);
    }

    /// <summary>The target has the call, and the first agent is free.</summary>
    private void Complete(Instant now)
    {
        var consultation = _consultation!;
        (_consultation, _phones) = (null, consultation.Number);
        Decide(new CallDecision.CompleteConsultation(consultation.Number));
        LeaveAgent(now);
        NoteWaiting(consultation.Group, now);
        Held = consultation.TakeTarget();
        NameAgent(consultation.Target, now);
        Decide(new CallDecision.StopPlaying());
        BecomeLive(now);
    }

    /// <summary>The agent has hung up while the target rings, which goes on; the user hears music still.</summary>
    private void LoseAgent(Consultation consultation, Instant now)
    {
        if (!consultation.HasAgent)
            return;
        Decide(new CallDecision.HangUpAgent());
        LeaveAgent(now);
        consultation.LoseAgent(now);
    }

    /// <summary>Agent and user hear each other again; the target is free.</summary>
    private void Reunite()
    {
        var consultation = _consultation!;
        consultation.Release();
        _consultation = null;
        Decide(new CallDecision.CancelConsultation(consultation.Number));
        Decide(new CallDecision.StopPlaying());
    }

    /// <summary>There is no target: the agent has the call still, or nobody has.</summary>
    private bool EndConsultation(HangupCause cause, CallInput.PbxRefused? refused, Instant now)
    {
        if (_consultation is not { HasAgent: true })
            return EndFlow(cause, refused, now);
        Reunite();
        return true;
    }

    /// <summary>How far the call is answered at WhatsApp.</summary>
    private enum AcceptState
    {
        None,
        Asked,
        Done,
    }
}

/// <summary>A call that rings the agents of a group, or waits for one.</summary>
public sealed record WaitingFor(GroupId Group, Instant Since);
