using Gateway.Calls.Agents;
using Gateway.Calls.Channels;
using Gateway.Calls.Flows;
using Gateway.Calls.Rules;
using Media.Protocols.Primitives;

namespace Gateway.Calls.Lifecycle;

/// <summary>The PBX distributes the call: its targets are tried one after the other.</summary>
internal sealed class PbxRun(IStepHost host, FlowStep.Pbx step) : StepRun(host)
{
    private readonly List<PbxTarget> _targets = InOrder(step.Targets, host.Call.Identity.Id);
    private int _next;
    private bool _rings;

    public override bool OnlyRings => true;

    public override void Begin(Instant now)
    {
        if (Call.IsAccepted)
            PlayRingback();
        Call.NoteWaiting(null, now);
        // Before the answer Meta's window is the limit.
        Call.Deadlines[CallDeadline.Step] =
            step.RingSeconds is { } seconds ? now + TimeSpan.FromSeconds(seconds)
            : Call.IsAccepted ? now + Call.Options.PbxAnswer
            : Instant.Never;
        if (_targets.Count == 0)
            Host.Leave(step.Next, HangupCause.NoRoute, now);
        else
            InviteNext();
    }

    public override void HandleAccepted(Instant now) => PlayRingback();

    public override bool Handle(CallInput input, Instant now)
    {
        switch (input)
        {
            case CallInput.PbxRinging { Attempt: 0 } when _rings:
                Call.NoteRinging(now);
                return true;

            case CallInput.PbxRefused { Attempt: 0 } refused when _rings:
                _rings = false;
                if (CauseTable.OfPbxRefusal(refused.Status, refused.Q850).TryNextTrunk && _next < _targets.Count)
                    InviteNext();
                else
                    Host.Leave(step.Next, refused, now);
                return true;

            default:
                return false;
        }
    }

    public override void HandleDeadline(Instant now)
    {
        if (Call.Deadlines.IsDue(CallDeadline.Step, now))
            Host.Leave(step.Next, HangupCause.NoAnswer, now);
    }

    public override bool TryAnswer(int attempt, out TakenAgent? agent)
    {
        agent = null;
        var isIts = attempt == 0 && _rings;
        _rings = false;
        return isIts;
    }

    public override void HandleLost(Instant now)
    {
        if (_next < _targets.Count)
            InviteNext();
        else
            Host.Leave(step.Next, HangupCause.PbxHungUp, now);
    }

    public override void Release(bool isAnswered)
    {
        if (_rings)
            Call.Decide(new CallDecision.CancelPhone(0, isAnswered));
        _rings = false;
    }

    private void InviteNext()
    {
        var target = _targets[_next++];
        _rings = true;
        Call.NoteTrunk(target.Trunk);
        Call.Decide(new CallDecision.InvitePbx(new CallRoute(target.Trunk, target.Target)));
    }

    /// <summary>By rank; within one rank drawn by weight. The call's id is random, and is the dice.</summary>
    private static List<PbxTarget> InOrder(IReadOnlyList<PbxTarget> targets, CallId call)
    {
        List<PbxTarget> ordered = [];
        var dice = 2166136261u; // FNV-1a, so that each call has its own order and the same one again
        foreach (var c in call.Value)
            dice = (dice ^ c) * 16777619u;
        foreach (var rank in targets.GroupBy(target => target.Rank).OrderBy(rank => rank.Key))
        {
            List<PbxTarget> left = [.. rank];
            while (left.Count > 0)
            {
                var at = (int)(dice % (uint)left.Sum(target => target.Weight));
                dice = dice * 1664525u + 1013904223u;
                var chosen = left.First(target => (at -= target.Weight) < 0);
                left.Remove(chosen);
                ordered.Add(chosen);
            }
        }
        return ordered;
    }
}
