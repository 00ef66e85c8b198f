using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Gateway.Calls.Rating;
using Media.Protocols.Primitives;

namespace Gateway.Calls.Lifecycle;

/// <summary>One call on its way through a flow: the step it is in, and which one follows.</summary>
internal sealed class FlowRun : IStepHost
{
    private static readonly CallDeadline[] OfSteps = [CallDeadline.Ringing, CallDeadline.Seeking, CallDeadline.Prompt, CallDeadline.Step];

    private readonly Flow _flow;
    private readonly Func<HangupCause, CallInput.PbxRefused?, Instant, bool> _end;
    private StepRun? _step;
    private string? _name;
    private HangupCause _cause = HangupCause.NoAnswer;
    private CallInput.PbxRefused? _refused;
    private Action<Instant>? _leave;

    /// <param name="flow">The flow, in the version that the call keeps.</param>
    /// <param name="call">The call.</param>
    /// <param name="end">Ends the call: the cause, and the PBX's refusal behind it.</param>
    public FlowRun(Flow flow, IFlowCall call, Func<HangupCause, CallInput.PbxRefused?, Instant, bool> end)
    {
        (_flow, Call, _end) = (flow, call, end);
        Language = LanguageOf(flow, call.Identity.User);
    }

    public IFlowCall Call { get; }

    public string Language { get; }

    public Flow Flow => _flow;

    public bool IsAnswered { get; set; }

    /// <summary>The cause of the call where the user hangs up now.</summary>
    public HangupCause CauseOfHangUp => _step?.CauseOfHangUp ?? HangupCause.CallerGaveUp;

    /// <summary>The group whose agents are rung in this step; null: none.</summary>
    public GroupId? Group => _step?.Group;

    public int NextNumber() => Call.NextNumber();

    public void Begin(Instant now) => Enter(_flow.Start, now);

    public void HandleAccepted(Instant now) => _step?.HandleAccepted(now);

    public bool Handle(CallInput input, Instant now) => _step?.Handle(input, now) ?? false;

    public void HandleDeadline(Instant now)
    {
        if (OfSteps.Any(name => Call.Deadlines.IsDue(name, now)))
            _step?.HandleDeadline(now);
    }

    /// <summary>Before the call is accepted: phones alone may ring no longer. What accepts the call may still follow.</summary>
    public void HandleWindowOver(Instant now)
    {
        if (_step is { OnlyRings: true } && _name is { } name)
            Leave(_flow.Steps[name].Followers.FirstOrDefault(), HangupCause.NoAnswer, now);
        else
            _end(HangupCause.NoAnswer, null, now);
    }

    /// <summary>A phone that this flow rang has answered.</summary>
    public bool TryAnswer(int attempt, out TakenAgent? agent)
    {
        agent = null;
        return IsAnswered = _step?.TryAnswer(attempt, out agent) ?? false;
    }

    /// <summary>The phone that had answered is gone: a step that came to its end meanwhile is left now.</summary>
    public void HandleLost(Instant now)
    {
        IsAnswered = false;
        if (_leave is { } leave)
            leave(now);
        else
            _step?.HandleLost(now);
    }

    /// <summary>Ends what the flow holds.</summary>
    /// <param name="isAnswered">A phone of the call has it: the others show no missed call.</param>
    public void Release(bool isAnswered)
    {
        _step?.Release(isAnswered);
        (_step, _leave, IsAnswered) = (null, null, false);
        ClearDeadlines();
    }

    public void Leave(string? next, HangupCause cause, Instant now) => Leave(next, (cause, null), now);

    public void Leave(string? next, CallInput.PbxRefused refused, Instant now) => Leave(next, (_cause, refused), now);

    private void Leave(string? next, (HangupCause Cause, CallInput.PbxRefused? Refused) why, Instant now)
    {
        if (IsAnswered)
        {
            _leave ??= later => Leave(next, why, later);
            ClearDeadlines();
            return;
        }
        (_cause, _refused) = why;
        Release(isAnswered: false);
        Enter(next, now);
    }

    private void ClearDeadlines()
    {
        foreach (var name in OfSteps)
            Call.Deadlines.Clear(name);
    }

    private void Enter(string? name, Instant now)
    {
        // Steps form no loop, so that this ends.
        for (; name is not null && _flow.Steps.TryGetValue(name, out var step); name = step.Followers.FirstOrDefault())
        {
            if (step is FlowStep.Refuse refuse)
            {
                _end(CauseOf(refuse.Reason), null, now);
                return;
            }
            if (Run(step) is not { } run || run.OnlyRings && !Call.IsAccepted && Call.IsWindowOver)
                continue;
            (_step, _name) = (run, name);
            run.Begin(now);
            return;
        }
        _end(_cause, _refused, now);
    }

    /// <summary>Null: the step is passed over.</summary>
    private StepRun? Run(FlowStep step) => step switch
    {
        FlowStep.Ring ring => new RingRun(this, ring),
        FlowStep.Queue queue => new QueueRun(this, queue),
        FlowStep.Announce announce => new AnnounceRun(this, announce),
        FlowStep.Menu menu => new MenuRun(this, menu),
        FlowStep.Pbx pbx => new PbxRun(this, pbx),
        FlowStep.Voicemail voicemail when Call.MayRecord => new VoicemailRun(this, voicemail),
        FlowStep.LastAgent last when Call.LastAgentWithin(TimeSpan.FromDays(last.WithinDays)) is { } agent =>
            new RingRun(this, new FlowStep.Ring(new AgentChoice(null, [agent], RingStrategy.InOrder), last.RingSeconds, last.Next)),
        _ => null,
    };

    private static HangupCause CauseOf(RefuseReason reason) => reason switch
    {
        RefuseReason.Busy => HangupCause.Busy,
        RefuseReason.OutsideCallHours => HangupCause.OutsideCallHours,
        RefuseReason.NoAnswer => HangupCause.NoAnswer,
        _ => HangupCause.Declined,
    };

    private static string LanguageOf(Flow flow, WhatsAppUser user) =>
        flow.Languages.Count > 0 && CallingCodes.CountryOf(user) is { } country
            && flow.Languages.TryGetValue(country, out var language) ? language : flow.Language;
}
