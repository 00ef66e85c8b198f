using Gateway.Calls.Agents;
using Gateway.Calls.Channels;
using Gateway.Calls.Flows;
using Gateway.Calls.Records;
using Gateway.Calls.Rules;
using Media.Protocols.Primitives;

namespace Gateway.Calls.Lifecycle;

/// <summary>
/// Everything a call can decide: a closed family. The loop performs decisions in order; the result of a decision comes back as the
/// <see cref="CallInput"/> that its summary names.
/// </summary>
public abstract record CallDecision
{
    private CallDecision() { }

    /// <summary>→ <see cref="CallInput.Admitted"/> or <see cref="CallInput.Refused"/>.</summary>
    public sealed record CheckAdmission : CallDecision;

    /// <summary>Reserve media for both legs; answer WhatsApp's offer, or make one where it is null.
    /// → <see cref="CallInput.MediaReserved"/> or <see cref="CallInput.MediaRefused"/>.</summary>
    public sealed record ReserveMedia(string? WhatsAppOffer) : CallDecision;

    /// <summary>→ <see cref="CallInput.PreAccepted"/>.</summary>
    public sealed record PreAccept(WhatsAppCallId Id, string Sdp) : CallDecision;

    /// <summary>→ <see cref="CallInput.Accepted"/>.</summary>
    public sealed record Accept(WhatsAppCallId Id, string Sdp) : CallDecision;

    /// <summary>→ <see cref="CallInput.Connected"/>.</summary>
    public sealed record Connect(string Sdp) : CallDecision;

    /// <summary>Only before pre_accept; afterwards Meta requires <see cref="Terminate"/>. →
    /// <see cref="CallInput.WhatsAppReleased"/>.</summary>
    public sealed record Reject(WhatsAppCallId Id) : CallDecision;

    /// <summary>→ <see cref="CallInput.WhatsAppReleased"/>.</summary>
    public sealed record Terminate(WhatsAppCallId Id) : CallDecision;

    /// <summary>→ <see cref="CallInput.WhatsAppAnswerApplied"/> or <see cref="CallInput.MediaRefused"/>.</summary>
    public sealed record ApplyWhatsAppAnswer(string Sdp) : CallDecision;

    /// <summary>→ <see cref="CallInput.PbxRinging"/>, <see cref="CallInput.PbxAnswered"/>, <see cref="CallInput.PbxRefused"/>.</summary>
    /// <param name="Route">Where to.</param>
    public sealed record InvitePbx(CallRoute Route) : CallDecision;

    /// <summary>Ring the phones of an agent who was taken. → the same as <see cref="InvitePbx"/>, with the attempt's number.</summary>
    /// <param name="Agent">Who.</param>
    /// <param name="Attempt">1, 2 …: names this ringing in inputs and in <see cref="CancelPhone"/>.</param>
    /// <param name="AutoAnswer">The phone is to answer by itself: an operator accepted for the agent.</param>
    /// <param name="Trunk">Only the phones there; null: all.</param>
    public sealed record RingAgent(AgentId Agent, int Attempt, bool AutoAnswer = false, string? Trunk = null) : CallDecision;

    /// <summary>End one ringing, on all phones of that agent, and no other.</summary>
    /// <param name="Attempt">Which.</param>
    /// <param name="IsElsewhere">Another phone has the call: the phone shows no missed call.</param>
    public sealed record CancelPhone(int Attempt, bool IsElsewhere = false) : CallDecision;

    /// <summary>End the phone that has answered. The call goes on without it.</summary>
    public sealed record HangUpAgent : CallDecision;

    /// <summary>The agent is to ask somebody: it stays in the call, and is connected with the phones of <see cref="OfConsultation"/>
    /// in place of the user.</summary>
    /// <param name="Number">1, 2 …: names it.</param>
    public sealed record BeginConsultation(int Number) : CallDecision;

    /// <summary>What concerns the phones of whom the agent asks, or the sounds that the agent hears meanwhile. The results come back in
    /// <see cref="CallInput.OfConsultation"/>.</summary>
    public sealed record OfConsultation(int Number, CallDecision What) : CallDecision;

    /// <summary>Connect the user with the target, and end the agent's phone.</summary>
    public sealed record CompleteConsultation(int Number) : CallDecision;

    /// <summary>Connect the user with the agent again, and end what is left of the target's phones.</summary>
    public sealed record CancelConsultation(int Number) : CallDecision;

    /// <summary>Take agents before they ring. → <see cref="CallInput.AgentsTaken"/>.</summary>
    public sealed record TakeAgents(int Request, TakeRequest What) : CallDecision;

    /// <summary>Mark an agent who answered as busy. → <see cref="CallInput.AgentConfirmed"/>.</summary>
    public sealed record ConfirmAgent(TakenAgent Agent) : CallDecision;

    /// <summary>Mark an agent who dialled as busy. → <see cref="CallInput.AgentConfirmed"/>.</summary>
    public sealed record MarkAgentBusy(AgentId Agent) : CallDecision;

    /// <summary>Give an agent back.</summary>
    /// <param name="Agent">Who, by which token.</param>
    /// <param name="Group">The group whose wrap-up follows; null: no wrap-up.</param>
    public sealed record ReleaseAgent(TakenAgent Agent, GroupId? Group = null) : CallDecision;

    /// <summary>Wait in a group's queue. → <see cref="CallInput.QueueJoined"/>.</summary>
    public sealed record JoinQueue(GroupId Group, int Priority, int Capacity) : CallDecision;

    public sealed record LeaveQueue(GroupId Group) : CallDecision;

    /// <summary>Play audio files to the user. → <see cref="CallInput.PlayEnded"/>, unless it loops or another follows.</summary>
    /// <param name="Id">Names it in the input.</param>
    /// <param name="Audio">Names of audio files in order, or of what is built in; what is not there is left out.</param>
    /// <param name="IsLoop">The last one repeats.</param>
    /// <param name="Language">The language of the files.</param>
    public sealed record Play(int Id, IReadOnlyList<string> Audio, bool IsLoop, string Language) : CallDecision
    {
        /// <summary>The names of the built-in hold music and ringing tone.</summary>
        public const string Music = "builtin:hold-music", Ringback = "builtin:ringback";

        public bool Equals(Play? other) => other is not null && (Id, IsLoop, Language) == (other.Id, other.IsLoop, other.Language)
            && Audio.SequenceEqual(other.Audio);

        public override int GetHashCode() => HashCode.Combine(Id, IsLoop, Language);
    }

    /// <summary>Play the caller's place in a queue and the expected wait, where there are files for it, and then music.</summary>
    public sealed record PlayPlace(GroupId Group, string? PlaceAudio, string? WaitAudio, string Music, string Language) : CallDecision;

    /// <summary>End what is played: the user hears the agent, or silence where there is none.</summary>
    public sealed record StopPlaying : CallDecision;

    /// <summary>Record the user's message. → <see cref="CallInput.MessageRecorded"/>.</summary>
    public sealed record RecordMessage(GroupId? Group, TimeSpan Longest, TimeSpan Silence) : CallDecision;

    /// <summary>Take the lock by which only one of several answers in the cluster may accept. →
    /// <see cref="CallInput.AnswerLockTaken"/>.</summary>
    public sealed record TakeAnswerLock : CallDecision;

    /// <summary>Signal to the agent that the user's WhatsApp rings.</summary>
    public sealed record RingPbx : CallDecision;

    /// <summary>The user picked up: answer the PBX's INVITE.</summary>
    public sealed record AnswerPbx : CallDecision;

    /// <summary>Refuse the PBX's unanswered INVITE.</summary>
    public sealed record RefusePbx(PbxRefusal Refusal) : CallDecision;

    /// <summary>End our INVITE or an answered dialog, by CANCEL or BYE as its state requires.</summary>
    public sealed record HangUpPbx(HangupCause Cause) : CallDecision;

    /// <summary>Play ringback to an agent who has answered, until audio opens.</summary>
    public sealed record PlayRingback : CallDecision;

    /// <summary>Allow audio to WhatsApp from now on; never before Meta's 200 to accept.</summary>
    public sealed record OpenAudio : CallDecision;

    public sealed record SendDigit(CallLeg To, char Digit, TimeSpan Duration) : CallDecision;

    /// <summary>Report a leg of the conversation as silent. The call goes on: audio may come back.</summary>
    public sealed record ReportSilence(CallLeg Leg) : CallDecision;

    /// <summary>Extend the hold on the account's money. → <see cref="CallInput.HoldExtended"/> or
    /// <see cref="CallInput.HoldFailed"/>.</summary>
    /// <param name="UpTo">The new total to hold for this call, in the account's currency.</param>
    public sealed record ExtendHold(decimal UpTo) : CallDecision;

    /// <summary>Warn the agent by a tone that the call is to end soon.</summary>
    public sealed record Warn(WarnReason Reason) : CallDecision;

    /// <summary>→ <see cref="CallInput.MediaReleased"/>.</summary>
    public sealed record ReleaseMedia : CallDecision;

    /// <summary>The call is over and both legs are released: write the record, drop the call. Always the last decision.</summary>
    public sealed record Finish(CallRecord Record) : CallDecision;
}

/// <summary>Why a call is to end soon.</summary>
public enum WarnReason
{
    /// <summary>The account's money is nearly used up.</summary>
    Balance,

    /// <summary>The call is nearly as long as its channel's calls may be.</summary>
    MaxLength,
}
