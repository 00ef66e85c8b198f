using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Media.Protocols.Primitives;

namespace Gateway.Calls.Lifecycle;

/// <summary>Agents are rung: all at once, one after the other, or in waves.</summary>
internal sealed class RingRun(IStepHost host, FlowStep.Ring step) : StepRun(host)
{
    /// <summary>More phones than one call rings.</summary>
    private const int MaxAtOnce = 100;

    private readonly Hunt _hunt = new(host.Call, host.NextNumber);
    private int _wave;
    private HangupCause _cause = HangupCause.NoAnswer;

    public override bool OnlyRings => true;

    public override GroupId? Group => step.Agents.Group;

    private bool IsInWaves => step.Agents.Strategy == RingStrategy.Waves;

    private bool IsAtOnce => step.Agents.Strategy == RingStrategy.All;

    public override void Begin(Instant now)
    {
        if (Call.IsAccepted)
            PlayRingback();
        Call.NoteWaiting(step.Agents.Group, now);
        Call.Deadlines[CallDeadline.Step] = step.TotalSeconds is { } total ? now + TimeSpan.FromSeconds(total) : Instant.Never;
        Seek();
    }

    public override void HandleAccepted(Instant now) => PlayRingback();

    public override bool Handle(CallInput input, Instant now)
    {
        switch (input)
        {
            case CallInput.AgentsTaken taken:
                if (_hunt.TryRing(taken) is { } result)
                    GoOn(result.Agents.Count, now);
                return true;

            case CallInput.PbxRinging ringing when _hunt.NoteRinging(ringing.Attempt):
                Call.NoteRinging(now);
                return true;

            case CallInput.PbxRefused refused when _hunt.TryTakeRefusal(refused, out var isDecline):
                _cause = isDecline ? HangupCause.Declined : _cause;
                HandleNo(isDecline, now);
                return true;

            case CallInput.DeclineRequested request when _hunt.TryDecline(request.Agent):
                _cause = HangupCause.Declined;
                HandleNo(isDecline: true, now);
                return true;

            case CallInput.AssignRequested request when !Host.IsAnswered:
                _hunt.Assign(request.Agent);
                return true;

            default:
                return false;
        }
    }

    public override void HandleDeadline(Instant now)
    {
        if (Call.Deadlines.IsDue(CallDeadline.Step, now))
        {
            Host.Leave(step.Next, _cause, now);
            return;
        }
        if (!Call.Deadlines.TryTakeDue(CallDeadline.Ringing, now))
            return;
        if (IsInWaves && ++_wave < step.Agents.Waves.Count)
        {
            Seek();
            return;
        }
        _hunt.CancelAll(isElsewhere: false);
        if (IsAtOnce || IsInWaves)
            Host.Leave(step.Next, _cause, now);
        else
            Seek();
    }

    public override bool TryAnswer(int attempt, out TakenAgent? agent) => _hunt.TryTakeAnswer(attempt, out agent);

    public override void HandleLost(Instant now)
    {
        if (_hunt.Count > 0)
            Call.Deadlines[CallDeadline.Ringing] = now + TimeSpan.FromSeconds(step.RingSeconds);
        else if (!_hunt.IsSeeking)
            Advance(now);
    }

    public override void Release(bool isAnswered) => _hunt.CancelAll(isAnswered);

    private void HandleNo(bool isDecline, Instant now)
    {
        if (isDecline && step.OnDecline == DeclinePolicy.EndStep)
            Host.Leave(step.Next, HangupCause.Declined, now);
        else if (_hunt.Count == 0 && !_hunt.IsSeeking)
            Advance(now);
    }

    /// <summary>Nobody rings any more: the next one, or the next wave at once.</summary>
    private void Advance(Instant now)
    {
        if (IsAtOnce || IsInWaves && ++_wave >= step.Agents.Waves.Count)
            Host.Leave(step.Next, _cause, now);
        else
            Seek();
    }

    private void GoOn(int taken, Instant now)
    {
        if (taken > 0 || _hunt.Count > 0)
            Call.Deadlines[CallDeadline.Ringing] = now + TimeSpan.FromSeconds(step.RingSeconds);
        else if (_hunt.IsAssigning)
            Advance(now); // the chosen agent is not available
        else
            Host.Leave(step.Next, _cause, now);
    }

    private void Seek()
    {
        var (order, count) = step.Agents.Strategy switch
        {
            RingStrategy.All => (AgentOrder.InOrder, MaxAtOnce),
            RingStrategy.Waves => (AgentOrder.MostSkilled, step.Agents.Waves[_wave] - _hunt.Count),
            RingStrategy.RoundRobin => (AgentOrder.RoundRobin, 1),
            RingStrategy.LongestIdle => (AgentOrder.LongestIdle, 1),
            RingStrategy.MostSkilled => (AgentOrder.MostSkilled, 1),
            _ => (AgentOrder.InOrder, 1),
        };
        Call.Deadlines.Clear(CallDeadline.Ringing);
        if (Host.IsAnswered)
            return;
        _hunt.Seek(step.Agents.Group, step.Agents.Agents ?? [], order, Math.Max(1, count));
    }
}
