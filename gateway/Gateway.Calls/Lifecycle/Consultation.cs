using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Media.Protocols.Primitives;

namespace Gateway.Calls.Lifecycle;

/// <summary>
/// The agent of a live call asks somebody before handing it over: a flow finds the target, and to it the agent is the caller, who hears its
/// ringing, its music and its announcements. The user hears music meanwhile. An agent who hangs up before the target has answered leaves
/// the user to the flow: the transfer is a blind one from then on.
/// </summary>
internal sealed class Consultation : IFlowCall
{
    private readonly IFlowCall _call;
    private readonly Func<HangupCause, CallInput.PbxRefused?, Instant, bool> _end;
    private readonly Action<Instant> _complete;
    private readonly AnswerRun _answer;
    private CallDecision.Play? _playing;
    private string? _trunk;

    /// <param name="number">Names it, and its target's phones, also when the target has the call: 1, 2 …</param>
    /// <param name="flow">The way to the target.</param>
    /// <param name="call">The call.</param>
    /// <param name="end">There is no target, or none any more: the cause, and the PBX's refusal behind it.</param>
    /// <param name="complete">The target has answered, and the agent is gone: it has the call.</param>
    public Consultation(
        int number, Flow flow, IFlowCall call, Func<HangupCause, CallInput.PbxRefused?, Instant, bool> end, Action<Instant> complete)
    {
        (Number, _call, _end, _complete) = (number, call, end, complete);
        _answer = new AnswerRun(new FlowRun(flow, this, end), this, Name, Connect);
    }

    public int Number { get; }

    /// <summary>The agent has not hung up.</summary>
    public bool HasAgent { get; private set; } = true;

    /// <summary>Agent and target hear each other.</summary>
    public bool IsAnswered => HasAgent && _answer.IsConfirmed;

    /// <summary>The target, as the PBX says.</summary>
    public string? Target { get; private set; }

    /// <summary>The group that the target was looked for in; null: none.</summary>
    public GroupId? Group { get; private set; }

    public HangupCause CauseOfHangUp => HasAgent ? HangupCause.WhatsAppHungUp : _answer.Run.CauseOfHangUp;

    CallIdentity IFlowCall.Identity => _call.Identity;

    CallOptions IFlowCall.Options => _call.Options;

    bool IFlowCall.IsAccepted => true;

    bool IFlowCall.IsWindowOver => false;

    bool IFlowCall.MayRecord => !HasAgent && _call.MayRecord;

    DeadlineTable<CallDeadline> IFlowCall.Deadlines => _call.Deadlines;

    public void Begin(Instant now)
    {
        _call.Decide(new CallDecision.BeginConsultation(Number));
        _call.Decide(new CallDecision.Play(_call.NextNumber(), [CallDecision.Play.Music], IsLoop: true, _answer.Run.Language));
        _answer.Run.Begin(now);
    }

    /// <summary>What happened to the agents, queues and sounds of the call.</summary>
    public bool Handle(CallInput input, Instant now)
    {
        switch (input)
        {
            case CallInput.DigitPressed { From: CallLeg.Pbx } key when HasAgent:
                _answer.Handle(key with { From = CallLeg.WhatsApp }, now);
                return true;

            case CallInput.DigitPressed when HasAgent:
                return true; // of a user who hears music

            case CallInput.PbxAnswered or CallInput.PbxRefused or CallInput.PbxRinging or CallInput.PbxEnded:
                return false; // of the agent's phone, which has answered long ago

            case CallInput.PlayEnded ended when _playing?.Id == ended.Play:
                _playing = null;
                return _answer.Handle(ended, now);

            default:
                return _answer.Handle(input, now);
        }
    }

    /// <summary>What happened to the target's phones.</summary>
    public bool HandleTarget(CallInput input, Instant now)
    {
        switch (input)
        {
            case CallInput.PbxEnded ended when IsAnswered && _answer.IsOf(ended.Attempt):
                return _end(ended.Cause, null, now);

            case CallInput.PbxIdentified named:
                Target = named.Agent;
                return true;

            case CallInput.MediaRefused refused:
                return _end(refused.Cause, null, now);

            case CallInput.DigitPressed:
                return true; // for the agent alone

            default:
                return _answer.Handle(input, now);
        }
    }

    public void HandleDeadline(Instant now) => _answer.Run.HandleDeadline(now);

    /// <summary>The agent has hung up while the target rings: what the agent would have heard the user hears.</summary>
    public void LoseAgent(Instant now)
    {
        HasAgent = false;
        _call.NoteWaiting(Group, now);
        if (_playing is { } playing)
            _call.Decide(playing);
    }

    /// <summary>The target is the call's: who of ours it is.</summary>
    public TakenAgent? TakeTarget()
    {
        if (_trunk is { } trunk)
            _call.NoteTrunk(trunk);
        return _answer.TakeWinner();
    }

    /// <summary>Ends the target's phones, and gives back whom they are of.</summary>
    public void Release()
    {
        if (_answer.HasWinner)
            Decide(new CallDecision.HangUpAgent());
        if (_answer.TakeWinner() is { } agent)
            Decide(new CallDecision.ReleaseAgent(agent));
    }

    public AgentId? LastAgentWithin(TimeSpan age) => _call.LastAgentWithin(age);

    public int NextNumber() => _call.NextNumber();

    /// <summary>Phones are the target's; sounds are the agent's, for as long as there is one.</summary>
    public void Decide(CallDecision decision)
    {
        if (decision is CallDecision.Play play)
            _playing = play.IsLoop ? null : play;
        var isTargets = decision is CallDecision.InvitePbx or CallDecision.RingAgent or CallDecision.CancelPhone
            or CallDecision.HangUpAgent;
        var isAgents = HasAgent && decision is CallDecision.Play or CallDecision.PlayPlace or CallDecision.StopPlaying;
        _call.Decide(isTargets || isAgents ? new CallDecision.OfConsultation(Number, decision) : decision);
    }

    /// <summary>To its flow the call is accepted.</summary>
    public void Accept(Instant now)
    {
    }

    public void NoteWaiting(GroupId? group, Instant now)
    {
        Group = group ?? Group;
        if (!HasAgent)
            _call.NoteWaiting(group, now);
    }

    public void NoteTrunk(string trunk) => _trunk = trunk;

    /// <summary>It is not the user who is heard ringing.</summary>
    public void NoteRinging(Instant now)
    {
    }

    private void Name(CallInput.PbxAnswered answered, Instant now)
    {
        Target = answered.Agent;
        _trunk = answered.Trunk ?? _trunk;
    }

    private void Connect(Instant now)
    {
        if (!HasAgent)
        {
            _complete(now);
            return;
        }
        _answer.Run.Release(isAnswered: true);
        Decide(new CallDecision.StopPlaying());
    }
}
