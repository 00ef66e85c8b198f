using Gateway.Calls.Agents;
using Media.Protocols.Primitives;

namespace Gateway.Calls.Lifecycle;

/// <summary>One step of a flow while a call is in it. Its deadlines are cleared when it is left.</summary>
internal abstract class StepRun(IStepHost host)
{
    /// <summary>The cause of the call where the user hangs up in this step.</summary>
    public virtual HangupCause CauseOfHangUp => HangupCause.CallerGaveUp;

    /// <summary>True where the step needs no answer at WhatsApp: it only lets phones ring.</summary>
    public virtual bool OnlyRings => false;

    /// <summary>The group whose agents are rung; null: none.</summary>
    public virtual GroupId? Group => null;

    protected IStepHost Host => host;

    protected IFlowCall Call => host.Call;

    public abstract void Begin(Instant now);

    /// <summary>Phones ring, and the user, whose call is accepted, is to hear it.</summary>
    protected void PlayRingback() =>
        Call.Decide(new CallDecision.Play(Host.NextNumber(), [CallDecision.Play.Ringback], IsLoop: true, Host.Language));

    /// <summary>Called where <see cref="IFlowCall.Accept"/> was asked for, once it is done.</summary>
    public virtual void HandleAccepted(Instant now)
    {
    }

    /// <summary>False: the input is none of this step's.</summary>
    public virtual bool Handle(CallInput input, Instant now) => false;

    public virtual void HandleDeadline(Instant now)
    {
    }

    /// <summary>A phone of this step has answered. Null in <paramref name="agent"/>: it is none of an agent that we know.</summary>
    public virtual bool TryAnswer(int attempt, out TakenAgent? agent)
    {
        agent = null;
        return false;
    }

    /// <summary>The phone that had answered is gone again, before the user could be connected with it.</summary>
    public virtual void HandleLost(Instant now)
    {
    }

    /// <summary>Ends what the step holds: phones that ring, the agents of those, the place in a queue.</summary>
    /// <param name="isAnswered">Another phone of the call has it.</param>
    public virtual void Release(bool isAnswered)
    {
    }
}
