using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Media.Protocols.Primitives;

namespace Gateway.Calls.Lifecycle;

/// <summary>
/// The call waits for an agent of a group: joined → accepted → music and announcements, while an agent is looked for whenever it is the
/// call's turn.
/// </summary>
internal sealed class QueueRun(IStepHost host, FlowStep.Queue step) : StepRun(host)
{
    /// <summary>Between two looks for an agent where no change was reported: reports can be lost.</summary>
    private static readonly TimeSpan SeekAgain = TimeSpan.FromSeconds(2);

    private readonly Hunt _hunt = new(host.Call, host.NextNumber);
    private bool _isJoined;
    private bool _isHeard;
    private int _welcome;

    public override GroupId? Group => step.Group;

    private string Music => step.Music ?? CallDecision.Play.Music;

    public override void Begin(Instant now)
    {
        _isJoined = true;
        Call.Decide(new CallDecision.JoinQueue(step.Group, step.Priority, step.Capacity));
    }

    public override void HandleAccepted(Instant now) => Welcome(now);

    public override bool Handle(CallInput input, Instant now)
    {
        switch (input)
        {
            case CallInput.QueueJoined { IsFull: true }:
                Host.Leave(step.Next, HangupCause.NoCapacity, now);
                return true;

            case CallInput.QueueJoined:
                Call.NoteWaiting(step.Group, now);
                Call.Deadlines[CallDeadline.Step] = now + TimeSpan.FromSeconds(step.MaxWaitSeconds);
                Seek(now);
                return true;

            case CallInput.AgentsTaken taken:
                if (_hunt.TryRing(taken) is { } result)
                    HandleTaken(result, now);
                return true;

            case CallInput.GroupChanged changed when changed.Group == step.Group:
                SeekIfIdle(now);
                return true;

            case CallInput.PbxRinging ringing when _hunt.NoteRinging(ringing.Attempt):
                Call.NoteRinging(now);
                return true;

            case CallInput.PbxRefused refused when _hunt.TryTakeRefusal(refused, out var isDecline):
                HandleNo(isDecline, now);
                return true;

            case CallInput.DeclineRequested request when _hunt.TryDecline(request.Agent):
                HandleNo(isDecline: true, now);
                return true;

            case CallInput.AssignRequested request when !Host.IsAnswered:
                _hunt.Assign(request.Agent);
                return true;

            case CallInput.PlayEnded ended when ended.Play == _welcome && _isHeard:
                PlayMusic();
                return true;

            case CallInput.DigitPressed { From: CallLeg.WhatsApp } key when key.Digit == step.CallbackKey && Call.IsAccepted:
                Host.Leave(step.OnCallback, HangupCause.CallbackRequested, now);
                return true;

            default:
                return false;
        }
    }

    public override void HandleDeadline(Instant now)
    {
        if (Call.Deadlines.IsDue(CallDeadline.Step, now))
        {
            Host.Leave(step.Next, HangupCause.NoAnswer, now);
            return;
        }
        if (Call.Deadlines.TryTakeDue(CallDeadline.Ringing, now))
        {
            _hunt.CancelAll(isElsewhere: false);
            Seek(now);
        }
        if (Call.Deadlines.TryTakeDue(CallDeadline.Seeking, now))
            SeekIfIdle(now);
        if (Call.Deadlines.TryTakeDue(CallDeadline.Prompt, now))
            Announce(now);
    }

    public override bool TryAnswer(int attempt, out TakenAgent? agent) => _hunt.TryTakeAnswer(attempt, out agent);

    public override void HandleLost(Instant now) => SeekIfIdle(now);

    public override void Release(bool isAnswered)
    {
        _hunt.CancelAll(isAnswered);
        if (_isJoined)
            Call.Decide(new CallDecision.LeaveQueue(step.Group));
        _isJoined = false;
    }

    private void HandleTaken(TakeResult result, Instant now)
    {
        if (result.Agents.Count > 0)
        {
            Call.Deadlines.Clear(CallDeadline.Seeking);
            Call.Deadlines[CallDeadline.Ringing] = now + TimeSpan.FromSeconds(step.RingSeconds);
        }
        else if (result.SignedIn == 0 && !_hunt.IsAssigning && step.LeaveWhenNobodyIsSignedIn && !Call.IsAccepted)
        {
            Host.Leave(step.Next, HangupCause.NoAnswer, now);
            return;
        }
        else
        {
            _hunt.BeginAnew(); // whoever is available was tried; they are rung again, after a pause
            Call.Deadlines[CallDeadline.Seeking] = now + SeekAgain;
        }
        if (Call.IsAccepted)
            Welcome(now);
        else
            Call.Accept(now);
    }

    private void HandleNo(bool isDecline, Instant now)
    {
        if (isDecline && step.OnDecline == DeclinePolicy.EndStep)
            Host.Leave(step.Next, HangupCause.Declined, now);
        else if (_hunt.Count == 0)
            SeekIfIdle(now);
    }

    private void SeekIfIdle(Instant now)
    {
        if (_hunt.Count == 0 && !_hunt.IsSeeking)
            Seek(now);
    }

    private void Seek(Instant now)
    {
        Call.Deadlines.Clear(CallDeadline.Ringing);
        if (Host.IsAnswered)
            return;
        Call.Deadlines[CallDeadline.Seeking] = now + SeekAgain;
        _hunt.Seek(step.Group, [], step.Order, 1, inTurn: true);
    }

    private void Welcome(Instant now)
    {
        if (_isHeard)
            return;
        _isHeard = true;
        if (step.AnnounceEverySeconds is { } every)
            Call.Deadlines[CallDeadline.Prompt] = now + TimeSpan.FromSeconds(every);
        if (step.Welcome is { } welcome)
            Call.Decide(new CallDecision.Play(_welcome = Host.NextNumber(), [welcome], IsLoop: false, Host.Language));
        else
            PlayMusic();
    }

    private void PlayMusic() => Call.Decide(new CallDecision.Play(Host.NextNumber(), [Music], IsLoop: true, Host.Language));

    private void Announce(Instant now)
    {
        Call.Deadlines[CallDeadline.Prompt] = now + TimeSpan.FromSeconds(step.AnnounceEverySeconds!.Value);
        Call.Decide(new CallDecision.PlayPlace(step.Group, step.PlaceAudio, step.WaitAudio, Music, Host.Language));
    }
}
