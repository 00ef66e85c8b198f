using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Media.Protocols.Primitives;

namespace Gateway.Calls.Lifecycle;

/// <summary>The user hears a prompt and leaves a message.</summary>
internal sealed class VoicemailRun(IStepHost host, FlowStep.Voicemail step) : StepRun(host)
{
    private int _play;

    public override HangupCause CauseOfHangUp => HangupCause.WhatsAppHungUp;

    public override GroupId? Group => step.Group;

    public override void Begin(Instant now)
    {
        Call.NoteWaiting(step.Group, now); // an agent was wanted
        if (Call.IsAccepted)
            HandleAccepted(now);
        else
            Call.Accept(now);
    }

    public override void HandleAccepted(Instant now)
    {
        if (step.Prompt is { } prompt)
            Call.Decide(new CallDecision.Play(_play = Host.NextNumber(), [prompt], IsLoop: false, Host.Language));
        else
            Record();
    }

    public override bool Handle(CallInput input, Instant now)
    {
        switch (input)
        {
            case CallInput.PlayEnded ended when ended.Play == _play:
                Record();
                return true;

            case CallInput.MessageRecorded:
                Host.Leave(step.Next, HangupCause.FlowEnded, now);
                return true;

            default:
                return false;
        }
    }

    private void Record() => Call.Decide(new CallDecision.RecordMessage(
        step.Group, TimeSpan.FromSeconds(step.MaxSeconds), TimeSpan.FromSeconds(step.SilenceSeconds)));
}
