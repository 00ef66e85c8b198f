using Gateway.Calls.Flows;
using Media.Protocols.Primitives;

namespace Gateway.Calls.Lifecycle;

/// <summary>The user hears an audio file.</summary>
internal sealed class AnnounceRun(IStepHost host, FlowStep.Announce step) : StepRun(host)
{
    private int _play;

    public override HangupCause CauseOfHangUp => HangupCause.WhatsAppHungUp;

    public override void Begin(Instant now)
    {
        if (Call.IsAccepted)
            HandleAccepted(now);
        else
            Call.Accept(now);
    }

    public override void HandleAccepted(Instant now) =>
        Call.Decide(new CallDecision.Play(_play = Host.NextNumber(), [step.Audio], IsLoop: false, Host.Language));

    public override bool Handle(CallInput input, Instant now)
    {
        if (input is not CallInput.PlayEnded ended || ended.Play != _play)
            return false;
        Host.Leave(step.Next, HangupCause.FlowEnded, now);
        return true;
    }
}
