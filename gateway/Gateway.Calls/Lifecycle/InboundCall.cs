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
    private FlowRun? _run;
    private AcceptState _accept;
    private Winner? _winner;
    private LastAgent? _lastAgent;
    private bool _isEnding;
    private bool _mayBeAnothers;

    public override Flow? Flow => _run is not null && _flow!.Id.Value.Length > 0 ? _flow : null; // a transfer's way is none of its own

    public bool IsAccepted => _accept == AcceptState.Done;

    public bool IsWindowOver { get; private set; }

    /// <summary>The group whose agents are rung or waited for, and since when; null: nobody is, or a phone has answered.</summary>
    public WaitingFor? WaitsFor => _winner is null && State != CallState.Live && _run?.Group is { } group
        ? new WaitingFor(group, WaitedFrom ?? StartedAt) : null;

    public bool MayRecord { get; init; } = true;

    protected override HangupCause CauseWhileWaiting => _run?.CauseOfHangUp ?? HangupCause.CallerGaveUp;

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

    public void NoteTrunk(string trunk) => Trunk = trunk;

    public override void Decide(CallDecision decision)
    {
        if (decision is CallDecision.InvitePbx or CallDecision.RingAgent)
            PbxLeg = PbxLegState.Engaged;
        if (!_isEnding || decision is not CallDecision.CancelPhone) // all phones are hung up together then
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

            case (CallState.Live, CallInput.TransferRequested request):
                Transfer(request.Flow, now);
                return true;

            default:
                return false;
        }
    }

    protected override bool HandleFlow(CallInput input, Instant now)
    {
        if (_run is null || State == CallState.Live)
            return false;
        switch (input)
        {
            case CallInput.PbxAnswered answered when answered.By is null || _winner is null:
                TakeAnswer(answered, now);
                return true;

            case CallInput.AgentConfirmed confirmed when _winner is { IsConfirmed: false } winner && winner.Agent == confirmed.Agent:
                Confirm(winner, confirmed.IsOurs, now);
                return true;

            // Gone before the user could be connected: the phones that still ring have their chance.
            case CallInput.PbxEnded ended when _winner?.Attempt == ended.Attempt:
                Lose(now);
                return true;

            case CallInput.PbxEnded { Attempt: > 0 } ended:
                return _run.Handle(new CallInput.PbxRefused(480, null, ended.Attempt), now);

            case CallInput.PbxRefused { Attempt: 0 } when _winner is null:
                PbxLeg = PbxLegState.Released;
                return _run.Handle(input, now);

            default:
                return _run.Handle(input, now);
        }
    }

    protected override void HandleFlowDeadline(Instant now) => _run?.HandleDeadline(now);

    protected override void HandleStateDeadline(Instant now)
    {
        if (State != CallState.RingingPbx)
        {
            base.HandleStateDeadline(now);
            return;
        }
        IsWindowOver = true;
        EnterState(CallState.RingingPbx, now + Options.Preparation); // for what is to answer in its stead
        _run!.HandleWindowOver(now);
    }

    protected override void ReleaseFlow()
    {
        _isEnding = true;
        _run?.Release(isAnswered: false);
        Held ??= _winner?.Agent;
    }

    private void BeginFlow(Flow flow, Instant now)
    {
        _run = new FlowRun(flow, this, _run?.LastNumber ?? 0, EndFlow);
        _run.Begin(now);
    }

    private bool EndFlow(HangupCause cause, CallInput.PbxRefused? refused, Instant now)
    {
        if (State is CallState.Ending or CallState.Ended)
            return false;
        return refused is not null ? End(CallEnding.Of(refused), now) : End(cause, now);
    }

    /// <summary>The first phone wins; another that answers meanwhile is refused by the legs.</summary>
    private void TakeAnswer(CallInput.PbxAnswered answered, Instant now)
    {
        var picker = answered.By;
        TakenAgent? rung = null;
        if (_winner is not null || picker is null && !_run!.TryAnswer(answered.Attempt, out rung))
            return;
        if (picker is not null)
            (PbxLeg, _run!.IsAnswered) = (PbxLegState.Engaged, true);
        _winner = new Winner(answered.Attempt, picker ?? rung, IsConfirmed: rung is null);
        NameAgent(answered.Agent, now);
        Trunk = answered.Trunk ?? Trunk;
        if (rung is { } taken)
            Decide(new CallDecision.ConfirmAgent(taken));
        else
            Connect(now);
    }

    private void Confirm(Winner winner, bool isOurs, Instant now)
    {
        if (!isOurs)
        {
            _winner = winner with { Agent = null }; // another call has the agent: there is nothing to give back
            Lose(now);
            return;
        }
        _winner = winner with { IsConfirmed = true };
        Connect(now);
    }

    private void Connect(Instant now)
    {
        if (IsAccepted)
            GoLive(now);
        else
            Accept(now);
    }

    private void Lose(Instant now)
    {
        Decide(new CallDecision.HangUpAgent()); // where the phone is gone already its media is ended still
        if (_winner?.Agent is { } agent)
            Decide(new CallDecision.ReleaseAgent(agent));
        _winner = null;
        _run!.HandleLost(now);
    }

    private void HandleAccepted(Instant now)
    {
        if (_winner is { IsConfirmed: true })
        {
            GoLive(now);
            return;
        }
        BecomeAnswered(CallState.Waiting, now);
        _run!.HandleAccepted(now);
    }

    private void GoLive(Instant now)
    {
        _run!.Release(isAnswered: true);
        Held = _winner!.Agent;
        _winner = null;
        if (_accept == AcceptState.Done && State == CallState.Waiting)
            Decide(new CallDecision.StopPlaying());
        BecomeLive(now);
    }

    /// <summary>The user hears music, the agent is free, and the flow finds another.</summary>
    private void Transfer(Flow flow, Instant now)
    {
        Decide(new CallDecision.HangUpAgent());
        LeaveAgent(now);
        var number = _run!.NextNumber();
        Decide(new CallDecision.Play(number, [CallDecision.Play.Music], IsLoop: true, _run.Language));
        BeginFlow(flow, now);
    }

    /// <summary>How far the call is answered at WhatsApp.</summary>
    private enum AcceptState
    {
        None,
        Asked,
        Done,
    }

    /// <summary>The phone that has answered and is not connected with the user yet.</summary>
    private sealed record Winner(int Attempt, TakenAgent? Agent, bool IsConfirmed);
}

/// <summary>A call that rings the agents of a group, or waits for one.</summary>
public sealed record WaitingFor(GroupId Group, Instant Since);
