using Gateway.Calls.Balances;
using Gateway.Calls.Permissions;
using Gateway.Calls.Records;
using Gateway.Calls.Rules;
using Media.Protocols.Primitives;

namespace Gateway.Calls.Lifecycle;

/// <summary>
/// One call as a pure state machine: inputs in, decisions out, no await and no clock inside. The two directions differ only in how a call
/// becomes <see cref="CallState.Live"/> (<see cref="InboundCall"/>, <see cref="OutboundCall"/>, <see cref="CallbackCall"/>); it ends on one
/// path, here.
/// </summary>
/// <remarks>
/// Invariants, proved by property tests over any interleaving of inputs: <see cref="CallDecision.Finish"/> is decided exactly once and
/// last; by then each leg that was touched has been released; accept is decided at most once; audio opens only after Meta's 200.
/// </remarks>
/// <param name="identity">The fixed properties of the call.</param>
/// <param name="options">The timeouts.</param>
/// <param name="now">The start, on the monotonic time line.</param>
/// <param name="startedAt">The start by the wall clock, read anew for each call. Every other time of the record is this one plus the time
/// passed since, so that a clock that is set while the call runs changes neither its duration nor its price.</param>
public abstract class Call(CallIdentity identity, CallOptions options, Instant now, DateTimeOffset startedAt)
{
    private readonly List<CallDecision> _decisions = [];
    private readonly Instant _startedAt = now;
    private Instant? _ringingAt;
    private Instant? _answeredAt;
    private HangupCause _cause;
    private string? _refusalText;
    private MediaFault? _fault;
    private MediaWarning? _warning;
    private readonly List<EarlierAgent> _earlierAgents = [];
    private Instant? _agentSince;
    private PermissionState? _permission;
    private int? _sipStatus;
    private WhatsAppError? _whatsAppError;
    private int _releaseTries;
    private readonly DeadlineTable<CallDeadline> _deadlines = new();
    private bool _mediaHeld;
    private Funding? _funding;
    private CallCredit? _credit;
    private Instant _endedAt;
    private CallInput.MediaReleased? _quality;

    public CallIdentity Identity { get; } = identity;

    public CallState State { get; private set; } = CallState.New;

    /// <summary>The time at which <see cref="HandleDeadline"/> is due; <see cref="Instant.Never"/> while no timeout runs.</summary>
    public Instant NextDeadline => _deadlines.Next;

    /// <summary>The name of that deadline; null while no timeout runs.</summary>
    public CallDeadline? NextDeadlineName => _deadlines.NextName;

    /// <summary>The number of inputs that did not fit the state: late results, repeated webhooks.</summary>
    public int IgnoredInputs { get; private set; }

    /// <summary>Meta's call id, once known.</summary>
    public WhatsAppCallId? WhatsAppId { get; protected set; }

    public string? Trunk { get; protected set; }

    public string? Agent { get; private set; }

    /// <summary>From when on <see cref="Agent"/> had the answered call; null before the answer, and while nobody is named.</summary>
    public Instant? AgentSince => Agent is null ? null : _agentSince;

    public Instant StartedAt => _startedAt;

    public Instant? AnsweredAt => _answeredAt;

    /// <summary>The wall-clock time of a moment of this call.</summary>
    public DateTimeOffset TimeOf(Instant at) => startedAt + (at - _startedAt);

    protected CallOptions Options { get; } = options;

    protected WhatsAppLegState WhatsAppLeg { get; set; }

    protected PbxLegState PbxLeg { get; set; }

    protected bool MediaIsConnected { get; private set; }

    /// <summary>Feeds one input and returns the decisions, in order. The list is valid until the next call of a Handle method.</summary>
    public IReadOnlyList<CallDecision> Handle(CallInput input, Instant now)
    {
        _decisions.Clear();
        EndIfCreditExhausted(now); // a call handled late still ends no later than its money
        var handled = State switch
        {
            CallState.Ended => false,
            CallState.Ending => HandleWhileEnding(input, now),
            _ => HandleCommon(input, now) || HandleInState(input, now),
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
            ReleaseWhatsApp();
        if (_deadlines.IsDue(CallDeadline.HangUpWebhook, now))
            BeginEnding(CauseOfTermination(null), now);
        _credit?.HandleDeadline(now, Decide);
        EndIfCreditExhausted(now);
        if (!_deadlines.IsDue(CallDeadline.State, now))
            return _decisions;
        if (State == CallState.Ending)
            Finish(now);
        else
            BeginEnding(State.CauseOfDeadline(), now);
        return _decisions;
    }

    /// <summary>The direction's own transitions on the way to <see cref="CallState.Live"/>;
    /// false where the input does not fit the state.</summary>
    protected abstract bool HandleInState(CallInput input, Instant now);

    protected void Decide(CallDecision decision) => _decisions.Add(decision);

    protected void EnterState(CallState state, Instant deadline)
    {
        State = state;
        _deadlines[CallDeadline.State] = deadline;
    }

    /// <summary>Continues an admitted call: the funding is known, and media comes next.</summary>
    protected void ReserveMedia(CallInput.Admitted admitted, string? whatsAppOffer, Instant now)
    {
        _funding = admitted.Funding;
        _mediaHeld = true;
        EnterState(CallState.Reserving, now + Options.Preparation);
        Decide(new CallDecision.ReserveMedia(whatsAppOffer));
    }

    protected void NoteRinging(Instant now) => _ringingAt ??= now;

    /// <summary>Notes the agent at the PBX's end from now on. Whoever had the answered call before is kept.</summary>
    protected void NameAgent(string? agent, Instant now)
    {
        if (_answeredAt is not null && agent != Agent)
        {
            if (Agent is { } before && _earlierAgents.Count < CallRecord.MaxEarlierAgents)
                _earlierAgents.Add(new EarlierAgent(before, TimeOf(_agentSince!.Value), TimeOf(now)));
            _agentSince = now;
        }
        Agent = agent;
    }

    protected void BecomeLive(Instant now)
    {
        _answeredAt = _agentSince = now;
        EnterState(CallState.Live, MediaIsConnected ? Instant.Never : now + Options.MediaConnect);
        if (_funding is { } funding)
            _credit = new CallCredit(funding, Options, _deadlines, now);
        Decide(new CallDecision.OpenAudio());
    }

    protected bool End(HangupCause cause, Instant now)
    {
        BeginEnding(cause, now);
        return true;
    }

    protected bool End(WhatsAppError error, Instant now) => End(error, CauseTable.OfWhatsAppError(error).Cause, now);

    protected bool End(WhatsAppError error, HangupCause cause, Instant now)
    {
        _whatsAppError = error;
        _permission = error.Code == WhatsAppErrorCodes.NoCallPermission ? PermissionState.Revoked : null;
        return End(cause, now);
    }

    protected bool End(CallInput.Refused refused, Instant now)
    {
        (_refusalText, _permission) = (refused.Text, refused.Permission);
        return End(refused.Cause, now);
    }

    private bool End(CallInput.MediaRefused refused, Instant now)
    {
        (_fault, _warning) = (refused.Fault, refused.Warning);
        return End(refused.Cause, now);
    }

    protected bool End(CallInput.PbxRefused refused, Instant now)
    {
        _sipStatus = refused.Status;
        return End(CauseTable.OfPbxRefusal(refused.Status, refused.Q850).Cause, now);
    }

    /// <summary>Handles the inputs that may come in any state before the end.</summary>
    private bool HandleCommon(CallInput input, Instant now)
    {
        switch (input)
        {
            case CallInput.WhatsAppTerminated terminated:
                WhatsAppLeg = WhatsAppLegState.Released;
                _whatsAppError = terminated.Error;
                return End(CauseOfTermination(terminated.Error), now);

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
                return End(refused, now);

            case CallInput.MediaFailed when _mediaHeld:
                return End(HangupCause.MediaFailed, now);

            // Media is faster than webhooks: to end the call now would be a failure in the record and a needless terminate to Meta.
            case CallInput.MediaClosed when _mediaHeld:
                _deadlines[CallDeadline.HangUpWebhook] = Instant.Min(_deadlines[CallDeadline.HangUpWebhook], now + Options.HangUpNotice);
                return true;

            case CallInput.MediaConnected:
                MediaIsConnected = true;
                if (State == CallState.Live)
                    _deadlines.Clear(CallDeadline.State);
                return true;

            case CallInput.HoldExtended extended when _credit is { } credit:
                credit.HandleExtended(extended, now);
                EndIfCreditExhausted(now);
                return true;

            case CallInput.HoldFailed when _credit is { } credit:
                credit.HandleFailed(now);
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

    private HangupCause CauseOfTermination(WhatsAppError? error) => (error, State, Identity.Direction) switch
    {
        ({ } known, _, _) => CauseTable.OfWhatsAppError(known).Cause,
        (_, CallState.Live, _) => HangupCause.WhatsAppHungUp,
        (_, _, CallDirection.Inbound) => HangupCause.CallerGaveUp,
        _ => HangupCause.NoAnswer,
    };

    /// <summary>The single way to the end: releases both legs and the media as their states require, and waits for the results.</summary>
    /// <remarks>The talk time ends now, not when Graph answers the request that ends the call.</remarks>
    private void BeginEnding(HangupCause cause, Instant now, Instant? since = null)
    {
        (_cause, _endedAt) = (cause, since ?? now);
        _funding = _credit?.Funding ?? _funding;
        _credit = null;
        _deadlines.Clear();
        EnterState(CallState.Ending, now + (WhatsAppLeg == WhatsAppLegState.Unknown ? Options.ConnectNotice : Options.Ending));
        ReleasePbx();
        ReleaseWhatsApp();
        if (_mediaHeld)
            Decide(new CallDecision.ReleaseMedia());
        FinishIfReleased(now);
    }

    /// <summary>Ends the call when its paid pulses are used up and cannot be extended. The end time is that of
    /// the last pulse, however late this is handled.</summary>
    private void EndIfCreditExhausted(Instant now)
    {
        if (_credit is { } credit && credit.IsOver(now))
            BeginEnding(HangupCause.BalanceExhausted, now, credit.EndsAt);
    }

    private void ReleasePbx()
    {
        if (PbxLeg == PbxLegState.Incoming)
            Decide(new CallDecision.RefusePbx(Refusal() with { Cause = _cause, Permission = _permission, Warning = _warning }));
        else if (PbxLeg == PbxLegState.Engaged)
            Decide(new CallDecision.HangUpPbx(_cause));
        PbxLeg = PbxLegState.Released;
    }

    private PbxRefusal Refusal()
    {
        if (_whatsAppError is { } error)
            return CauseTable.OfWhatsAppError(error).Refusal;
        var usual = CauseTable.Refusal(_cause);
        return (_refusalText ?? _warning?.Text) is { } text ? usual with { Text = text } : usual;
    }

    private void ReleaseWhatsApp()
    {
        switch (WhatsAppLeg)
        {
            case WhatsAppLegState.None:
                WhatsAppLeg = WhatsAppLegState.Released;
                return;
            case WhatsAppLegState.Offered:
                Decide(new CallDecision.Reject(WhatsAppId!.Value));
                break;
            case WhatsAppLegState.Engaged or WhatsAppLegState.Releasing:
                Decide(new CallDecision.Terminate(WhatsAppId!.Value));
                break;
            default:
                return; // Asked and Unknown: the id is on its way. Released: nothing to do.
        }
        _releaseTries++;
        WhatsAppLeg = WhatsAppLegState.Releasing;
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
                WhatsAppId = connected.Id;
                WhatsAppLeg = connected.Id is null ? WhatsAppLegState.Released : WhatsAppLegState.Engaged;
                EnterState(CallState.Ending, now + Options.Ending); // Graph has to answer once more
                ReleaseWhatsApp();
                break;

            case CallInput.WhatsAppReleased { Error.IsTransient: true } when _releaseTries < Options.ReleaseTries:
                _deadlines[CallDeadline.ReleaseRetry] = now + Options.ReleaseRetry * (1 << (_releaseTries - 1));
                return true;

            case CallInput.WhatsAppReleased or CallInput.WhatsAppTerminated:
                WhatsAppLeg = WhatsAppLegState.Released;
                _deadlines.Clear(CallDeadline.ReleaseRetry);
                break;

            case CallInput.MediaReleased released when _mediaHeld:
                _mediaHeld = false;
                _quality = released;
                break;

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
        Decide(new CallDecision.Finish(new CallRecord
        {
            Id = Identity.Id,
            WhatsAppId = WhatsAppId,
            Direction = Identity.Direction,
            Channel = Identity.Channel,
            User = Identity.User,
            Trunk = Trunk,
            Agent = Agent,
            AgentSince = AgentSince is { } since ? TimeOf(since) : null,
            EarlierAgents = [.. _earlierAgents],
            StartedAt = startedAt,
            RingingAt = _ringingAt is { } ringing ? TimeOf(ringing) : null,
            AnsweredAt = _answeredAt is { } answered ? TimeOf(answered) : null,
            EndedAt = TimeOf(_endedAt),
            Cause = _cause,
            MediaFault = _fault,
            SipStatus = _sipStatus,
            WhatsAppError = _whatsAppError,
            WhatsAppQuality = _quality?.WhatsApp,
            PbxQuality = _quality?.Pbx,
            Node = Identity.Node,
            NodeStart = Identity.NodeStart,
            Funding = _funding,
        }));
    }
}
