using Gateway.Calls.Agents;
using Media.Protocols.Primitives;

namespace Gateway.Calls.Lifecycle;

/// <summary>The call, as the steps of its flow see it.</summary>
internal interface IFlowCall
{
    CallIdentity Identity { get; }

    CallOptions Options { get; }

    /// <summary>The gateway has answered: audio can be played, and keys come.</summary>
    bool IsAccepted { get; }

    /// <summary>Before that: Meta's time for an answer is over, so phones alone can ring no longer.</summary>
    bool IsWindowOver { get; }

    /// <summary>The node records messages; where it does not, a flow passes over them.</summary>
    bool MayRecord { get; }

    /// <summary>The deadlines of the steps: <see cref="CallDeadline.Ringing"/> to <see cref="CallDeadline.Step"/>.</summary>
    DeadlineTable<CallDeadline> Deadlines { get; }

    /// <summary>The agent who had the contact's last call, at most so long ago; null: none that we know.</summary>
    AgentId? LastAgentWithin(TimeSpan age);

    /// <summary>Numbers for attempts, requests and plays, each new in the call.</summary>
    int NextNumber();

    void Decide(CallDecision decision);

    /// <summary>Answers the call at WhatsApp; the step hears of it when that is done.</summary>
    void Accept(Instant now);

    /// <summary>The call begins to wait for an agent of a group, or of none.</summary>
    void NoteWaiting(GroupId? group, Instant now);

    void NoteTrunk(string trunk);

    void NoteRinging(Instant now);
}

/// <summary>What a step asks of the flow that runs it.</summary>
internal interface IStepHost
{
    IFlowCall Call { get; }

    string Language { get; }

    /// <summary>A phone has answered and is not connected with the user yet: meanwhile nobody else is to be rung.</summary>
    bool IsAnswered { get; }

    /// <summary>Numbers for attempts, requests and plays, each new.</summary>
    int NextNumber();

    /// <summary>The step is over without an answer. While <see cref="IsAnswered"/> it is left only once that phone is lost.</summary>
    /// <param name="next">The step that follows; null: the call ends.</param>
    /// <param name="cause">Why nobody answered: the call's cause where it ends.</param>
    /// <param name="now">The time.</param>
    void Leave(string? next, HangupCause cause, Instant now);

    /// <summary>The call ends with a refusal of the PBX.</summary>
    void Leave(string? next, CallInput.PbxRefused refused, Instant now);
}
