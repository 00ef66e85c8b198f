using Gateway.Calls.Admission;
using Gateway.Calls.Agents;
using Gateway.Calls.Balances;
using Gateway.Calls.Channels;
using Gateway.Calls.Flows;
using Gateway.Calls.Permissions;
using Gateway.Calls.Quality;
using Gateway.Calls.Records;
using Gateway.Calls.Rules;
using Media.Protocols.Primitives;
using Media.Protocols.Quality;

namespace Gateway.Calls.Lifecycle;

/// <summary>Everything that can happen to a call: a closed family. Results of decisions come back as inputs too.</summary>
public abstract record CallInput
{
    private CallInput() { }

    // The start of a call.

    /// <summary>A WhatsApp user calls: the webhook's `connect` with Meta's SDP offer.</summary>
    public sealed record WhatsAppOffered(WhatsAppCallId Id, string Sdp) : CallInput
    {
        /// <summary>Another node may run this call too: it heard of it, and no registry said whose it is.</summary>
        public bool MayBeAnothers { get; init; }
    }

    /// <summary>The PBX calls a WhatsApp user: an INVITE that names one.</summary>
    /// <param name="Trunk">The trunk it came by.</param>
    /// <param name="Agent">Who dialled, as the PBX says.</param>
    /// <param name="AgentId">The agent of ours whose phone it is; null: none that we know.</param>
    public sealed record PbxInvited(string Trunk, string Agent, AgentId? AgentId = null) : CallInput;

    /// <summary>An agent is to be rung, and then connected with the user.</summary>
    /// <param name="Trunk">Null: the channel's routes, in order.</param>
    /// <param name="Agent">The number dialled at the PBX, or the agent's name.</param>
    /// <param name="AgentId">The agent of ours, whose phones ring; null: <paramref name="Agent"/> is dialled.</param>
    public sealed record CallbackWanted(string? Trunk, string Agent, AgentId? AgentId = null) : CallInput
    {
        /// <summary>How long the agent's phone rings; null: <see cref="CallOptions.PbxAnswer"/>.</summary>
        public TimeSpan? Ring { get; init; }

        /// <summary>The agent, where taken for this call already; null: the call takes the agent when it is admitted.</summary>
        public TakenAgent? Taken { get; init; }

        /// <summary>The group whose agent it is, and whose wrap-up follows; null: none.</summary>
        public GroupId? Group { get; init; }
    }

    // Results from the stores and the media engine.

    /// <param name="Routes">The routes of an inbound call, in the order in which they are tried; not used for an outbound one.</param>
    /// <param name="Funding">The funding of the call; null: it is not billed.</param>
    public sealed record Admitted(IReadOnlyList<CallRoute> Routes, Funding? Funding = null) : CallInput
    {
        /// <summary>The flow of an inbound call; null: <see cref="Routes"/>, one after the other.</summary>
        public Flow? Flow { get; init; }

        /// <summary>The longest that the answered call may last; null: any time.</summary>
        public TimeSpan? MaxLength { get; init; }

        /// <summary>The agent who had the contact's last call, and when; null: none that we know.</summary>
        public LastAgent? LastAgent { get; init; }
    }

    /// <param name="Cause">The reason why the call may not begin.</param>
    /// <param name="Text">The text for the agent's phone instead of the cause's usual sentence.</param>
    /// <param name="Permission">The state of the user's permission, where that is the reason.</param>
    public sealed record Refused(HangupCause Cause, string? Text = null, PermissionState? Permission = null) : CallInput
    {
        /// <summary>The figures behind it, for operators and no phone's display; null: there are none.</summary>
        public string? Detail { get; init; }
    }

    /// <summary>
    /// An answer to admission that no call is given: another node has begun the call of this offer, and this one lets go of its own.
    /// </summary>
    /// <param name="As">The other node's.</param>
    public sealed record BegunElsewhere(CallId As) : CallInput;

    /// <param name="Held">The total now held for this call.</param>
    /// <param name="IsLast">True where the account has no more.</param>
    public sealed record HoldExtended(decimal Held, bool IsLast) : CallInput;

    /// <summary>The store did not answer: the state of the account is unknown.</summary>
    public sealed record HoldFailed : CallInput;

    /// <param name="Sdp">The SDP for WhatsApp: our answer (inbound) or our offer (outbound).</param>
    public sealed record MediaReserved(string Sdp) : CallInput;

    /// <summary>Media cannot be had, or a peer's description cannot be taken and there is none that was agreed before.</summary>
    /// <param name="Cause">Goes into the record.</param>
    /// <param name="Fault">What was wrong with the description, where that is why.</param>
    /// <param name="Warning">For the PBX whose own offer could not be taken; null otherwise.</param>
    public sealed record MediaRefused(HangupCause Cause, MediaFault? Fault = null, MediaWarning? Warning = null) : CallInput;

    public sealed record AnswerLockTaken(bool Won) : CallInput;

    /// <summary>ICE and DTLS with WhatsApp are up.</summary>
    public sealed record MediaConnected : CallInput;

    public sealed record MediaFailed : CallInput;

    /// <summary>WhatsApp closed its media in good order (DTLS close_notify): the user has hung up,
    /// and the webhook that reports it will follow.</summary>
    public sealed record MediaClosed : CallInput;

    /// <summary>The first RTP packet of a leg was decrypted and accepted.</summary>
    public sealed record FirstAudio(CallLeg Leg) : CallInput;

    /// <summary>No packet came from a leg for the configured time. Raised again only after the leg's next packet.</summary>
    public sealed record MediaTimedOut(CallLeg Leg) : CallInput;

    /// <summary>
    /// The quality of both legs since the last sample, and how the host kept up meanwhile. It changes no call: the loop has it judged and
    /// shown.
    /// </summary>
    public sealed record MediaSampled(MediaSample Sample, HostStrain Host) : CallInput;

    public sealed record MediaReleased(LegQuality? WhatsApp, LegQuality? Pbx) : CallInput;

    // Results of Graph requests. A null error is success.

    public sealed record PreAccepted(WhatsAppError? Error) : CallInput;

    public sealed record Accepted(WhatsAppError? Error) : CallInput;

    /// <summary>The answer to connect, or the first webhook that names the call, whichever comes first.</summary>
    /// <param name="Id">Null exactly when <paramref name="Error"/> is not.</param>
    /// <param name="Error">The reason why WhatsApp does not ring.</param>
    /// <param name="MayRing">The answer was lost: WhatsApp may ring all the same,
    /// under an id that only a webhook can still announce.</param>
    public sealed record Connected(WhatsAppCallId? Id, WhatsAppError? Error, bool MayRing = false) : CallInput;

    /// <summary>The answer to reject or terminate.</summary>
    public sealed record WhatsAppReleased(WhatsAppError? Error) : CallInput;

    /// <summary>Meta's SDP answer was taken.</summary>
    public sealed record WhatsAppAnswerApplied : CallInput;

    // Events from webhooks.

    /// <summary>Outbound `connect`: Meta's SDP answer. It may come before or after ringing, and before pick-up.</summary>
    public sealed record WhatsAppAnswered(string Sdp) : CallInput;

    public sealed record WhatsAppRinging : CallInput;

    /// <summary>Status ACCEPTED: the user picked up.</summary>
    public sealed record WhatsAppPickedUp : CallInput;

    public sealed record WhatsAppDeclined : CallInput;

    /// <summary>The call is over at WhatsApp.</summary>
    /// <param name="Error">Meta's reason; null: somebody hung up.</param>
    public sealed record WhatsAppTerminated(WhatsAppError? Error) : CallInput
    {
        /// <summary>How long it was talked on, as Meta says of a call that was picked up; null: it was not, or that is not known.</summary>
        public TimeSpan? Talk { get; init; }
    }

    // Events from the PBX.

    /// <param name="Attempt">The phone: that of <see cref="CallDecision.InvitePbx"/> is 0, those of
    /// <see cref="CallDecision.RingAgent"/> are numbered there.</param>
    public sealed record PbxRinging(int Attempt = 0) : CallInput;

    /// <param name="Agent">Who answered, as the PBX says.</param>
    /// <param name="Attempt">The phone.</param>
    /// <param name="Trunk">The way to it; null: that of <see cref="CallDecision.InvitePbx"/>.</param>
    public sealed record PbxAnswered(string Agent, int Attempt = 0, string? Trunk = null) : CallInput
    {
        /// <summary>An agent who picked the call up from a phone that was not rung, and is busy with it; null: a phone that was.</summary>
        public TakenAgent? By { get; init; }
    }

    /// <summary>A final refusal of our INVITE.</summary>
    /// <param name="Status">The SIP status; 408 and 503 also stand for failures of the transport.</param>
    /// <param name="Q850">The Q.850 cause of its Reason header (RFC 3326), where it has one.</param>
    /// <param name="Attempt">The phone; of an agent with several phones, the last of them.</param>
    public sealed record PbxRefused(int Status, int? Q850 = null, int Attempt = 0) : CallInput;

    /// <summary>The dialog with the PBX is over: BYE, CANCEL of its own INVITE, or a dialog that timed out.</summary>
    /// <param name="Cause">The hang-up cause of an answered call.</param>
    /// <param name="Attempt">The phone.</param>
    public sealed record PbxEnded(HangupCause Cause = HangupCause.PbxHungUp, int Attempt = 0) : CallInput;

    /// <summary>
    /// Another agent is at the PBX's end: the PBX says so, or another phone has taken the call (REFER, INVITE with Replaces).
    /// </summary>
    public sealed record PbxIdentified(string Agent) : CallInput;

    /// <summary>What happened on the phones of a consultation's target; still under this number when the target has the call.</summary>
    public sealed record OfConsultation(int Number, CallInput What) : CallInput;

    /// <summary>A key press signalled to the gateway outside RTP (SIP INFO).</summary>
    public sealed record DigitPressed(CallLeg From, char Digit, TimeSpan Duration) : CallInput;

    // Agents, queues and what the user hears.

    /// <summary>The result of <see cref="CallDecision.TakeAgents"/>; empty also where the registry did not answer.</summary>
    public sealed record AgentsTaken(int Request, TakeResult Result) : CallInput;

    /// <summary>The result of <see cref="CallDecision.ConfirmAgent"/> or <see cref="CallDecision.MarkAgentBusy"/>; false: another call has
    /// the agent.</summary>
    public sealed record AgentConfirmed(TakenAgent Agent, bool IsOurs) : CallInput;

    /// <summary>An agent of the group became available, or a call before this one left the queue.</summary>
    public sealed record GroupChanged(GroupId Group) : CallInput;

    /// <summary>The result of <see cref="CallDecision.JoinQueue"/>.</summary>
    public sealed record QueueJoined(bool IsFull) : CallInput;

    /// <summary>What <see cref="CallDecision.Play"/> named was heard to its end.</summary>
    public sealed record PlayEnded(int Play) : CallInput;

    /// <summary>The message of <see cref="CallDecision.RecordMessage"/> is over.</summary>
    public sealed record MessageRecorded(TimeSpan Length) : CallInput;

    // Requests of operators and of the node itself.

    /// <summary>An operator gives the waiting call to an agent.</summary>
    public sealed record AssignRequested(AgentId Agent) : CallInput;

    /// <summary>An agent, or an operator for the agent, declines the call that rings.</summary>
    public sealed record DeclineRequested(AgentId Agent) : CallInput;

    /// <summary>The live call is to go to somebody else, by the flow.</summary>
    public sealed record TransferRequested(Flow Flow) : CallInput;

    /// <summary>The agent of the live call is to ask somebody, found by the flow, before the call goes there.</summary>
    public sealed record ConsultationRequested(Flow Flow) : CallInput;

    /// <summary>The target who has answered is to have the call.</summary>
    public sealed record CompletionRequested : CallInput;

    /// <summary>Agent and user are to be together again.</summary>
    public sealed record CancellationRequested : CallInput;

    public sealed record HangUpRequested(HangupCause Cause) : CallInput;

    /// <summary>The process is about to end: a call that ends waits for no answer any longer.</summary>
    public sealed record EndCutShort : CallInput;
}
