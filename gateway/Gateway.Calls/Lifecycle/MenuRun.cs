using Gateway.Calls.Flows;
using Media.Protocols.Primitives;

namespace Gateway.Calls.Lifecycle;

/// <summary>The user is asked for keys. A choice is taken as soon as no longer one can be meant.</summary>
internal sealed class MenuRun(IStepHost host, FlowStep.Menu step) : StepRun(host)
{
    private string _keys = "";
    private int _tries;
    private int _play;

    public override HangupCause CauseOfHangUp => HangupCause.WhatsAppHungUp;

    public override void Begin(Instant now)
    {
        if (Call.IsAccepted)
            HandleAccepted(now);
        else
            Call.Accept(now);
    }

    public override void HandleAccepted(Instant now) => Ask([step.Prompt]);

    public override bool Handle(CallInput input, Instant now)
    {
        switch (input)
        {
            case CallInput.PlayEnded ended when ended.Play == _play:
                Await(now);
                return true;

            case CallInput.DigitPressed { From: CallLeg.WhatsApp } key when Call.IsAccepted:
                TakeKey(key.Digit, now);
                return true;

            default:
                return false;
        }
    }

    public override void HandleDeadline(Instant now)
    {
        if (Call.Deadlines.TryTakeDue(CallDeadline.Prompt, now))
            Choose(now);
    }

    private void TakeKey(char key, Instant now)
    {
        if (_keys.Length == 0 && key == step.RepeatKey)
        {
            Ask([step.Prompt]);
            return;
        }
        if (_keys.Length == 0)
            Call.Decide(new CallDecision.StopPlaying()); // a key ends the prompt
        _keys += key;
        if (step.Choices.Keys.Any(choice => choice.Length > _keys.Length && choice.StartsWith(_keys, StringComparison.Ordinal)))
            Await(now);
        else
            Choose(now);
    }

    private void Await(Instant now) => Call.Deadlines[CallDeadline.Prompt] = now + TimeSpan.FromSeconds(step.InputSeconds);

    private void Choose(Instant now)
    {
        Call.Deadlines.Clear(CallDeadline.Prompt);
        var keys = _keys;
        _keys = "";
        if (step.Choices.TryGetValue(keys, out var next))
            Host.Leave(next, HangupCause.FlowEnded, now);
        else if (++_tries >= step.Tries)
            Host.Leave(step.Next, HangupCause.FlowEnded, now);
        else
            Ask(keys.Length > 0 && step.Invalid is { } invalid ? [invalid, step.Prompt] : [step.Prompt]);
    }

    private void Ask(string[] audio) =>
        Call.Decide(new CallDecision.Play(_play = Host.NextNumber(), audio, IsLoop: false, Host.Language));
}
