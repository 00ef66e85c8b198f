using Gateway.Calls.Balances;
using Gateway.Calls.Channels;
using Gateway.Calls.Permissions;

namespace Gateway.Calls;

/// <summary>Everything that can happen to a call: a closed family. Results of decisions come back as inputs too.</summary>
public abstract record CallInput
{
    private CallInput() { }

    // How a call begins.

    /// <summary>A WhatsApp user calls: the webhook's `connect` with Meta's SDP offer.</summary>
    public sealed record WhatsAppOffered(WhatsAppCallId Id, string Sdp) : CallInput;

    /// <summary>The PBX calls a WhatsApp user: an INVITE that named one.</summary>
    public sealed record PbxInvited(string Trunk, string Agent) : CallInput;

    /// <summary>An agent is to be rung, and then connected with the user.</summary>
    /// <param name="Trunk">Null: the channel's routes, in order.</param>
    /// <param name="Agent">What is dialled at the PBX.</param>
    public sealed record CallbackWanted(string? Trunk, string Agent) : CallInput;

    // What the stores and the media engine answered.

    /// <param name="Routes">Where an inbound call may go, in the order in which it is tried; means nothing to an outbound one.</param>
    /// <param name="Funding">What pays for the call; null: it is not billed.</param>
    public sealed record Admitted(IReadOnlyList<CallRoute> Routes, Funding? Funding = null) : CallInput;

    /// <param name="Cause">Why the call may not begin.</param>
    /// <param name="Text">What the agent's phone shows instead of the cause's usual sentence.</param>
    /// <param name="Permission">What the user permits, where that is why.</param>
    public sealed record Refused(HangupCause Cause, string? Text = null, PermissionState? Permission = null) : CallInput;

    /// <param name="Held">All that is held for this call now.</param>
    /// <param name="IsLast">The account has no more.</param>
    public sealed record HoldExtended(decimal Held, bool IsLast) : CallInput;

    /// <summary>The store did not answer: nothing is known of the account.</summary>
    public sealed record HoldFailed : CallInput;

    /// <param name="Sdp">What WhatsApp is to be sent: our answer (inbound) or our offer (outbound).</param>
    public sealed record MediaReserved(string Sdp) : CallInput;

    /// <param name="Cause">Goes into the record.</param>
    /// <param name="Warning">For the PBX whose own offer could not be taken; null otherwise.</param>
    public sealed record MediaRefused(HangupCause Cause, MediaWarning? Warning = null) : CallInput;

    public sealed record AnswerLockTaken(bool Won) : CallInput;

    /// <summary>ICE and DTLS with WhatsApp are up.</summary>
    public sealed record MediaConnected : CallInput;

    public sealed record MediaFailed : CallInput;

    /// <summary>WhatsApp closed its media in good order (DTLS close_notify): its user has hung up, and the webhook that says so is on its way.</summary>
    public sealed record MediaClosed : CallInput;

    /// <summary>The first RTP packet of a leg was decrypted and accepted.</summary>
    public sealed record FirstAudio(CallLeg Leg) : CallInput;

    /// <summary>Nothing came from a leg for the configured time. Again after its next packet only.</summary>
    public sealed record MediaTimedOut(CallLeg Leg) : CallInput;

    public sealed record MediaReleased(LegQuality? WhatsApp, LegQuality? Pbx) : CallInput;

    // What Graph answered. A null error is success.

    public sealed record PreAccepted(WhatsAppError? Error) : CallInput;

    public sealed record Accepted(WhatsAppError? Error) : CallInput;

    /// <summary>The answer to connect, or the first webhook that names the call, whichever comes first.</summary>
    /// <param name="Id">Null exactly when <paramref name="Error"/> is not.</param>
    /// <param name="Error">Why WhatsApp does not ring.</param>
    /// <param name="MayRing">The answer was lost: WhatsApp may ring all the same, under an id that only a webhook can still tell.</param>
    public sealed record Connected(WhatsAppCallId? Id, WhatsAppError? Error, bool MayRing = false) : CallInput;

    /// <summary>The answer to reject or terminate.</summary>
    public sealed record WhatsAppReleased(WhatsAppError? Error) : CallInput;

    /// <param name="Applied">False where Meta's SDP answer cannot be used.</param>
    public sealed record WhatsAppAnswerApplied(bool Applied) : CallInput;

    // What webhooks say.

    /// <summary>Outbound `connect`: Meta's SDP answer. It may come before or after ringing, and before pick-up.</summary>
    public sealed record WhatsAppAnswered(string Sdp) : CallInput;

    public sealed record WhatsAppRinging : CallInput;

    /// <summary>Status ACCEPTED: the user picked up.</summary>
    public sealed record WhatsAppPickedUp : CallInput;

    public sealed record WhatsAppDeclined : CallInput;

    public sealed record WhatsAppTerminated(WhatsAppError? Error) : CallInput;

    // What the PBX says.

    public sealed record PbxRinging : CallInput;

    public sealed record PbxAnswered(string Agent) : CallInput;

    /// <summary>A final refusal of our INVITE.</summary>
    /// <param name="Status">The SIP status; 408 and 503 also stand for what the transport could not do.</param>
    /// <param name="Q850">The Q.850 cause of its Reason header (RFC 3326), where it has one.</param>
    public sealed record PbxRefused(int Status, int? Q850 = null) : CallInput;

    /// <summary>The dialog with the PBX is over: BYE, CANCEL of its own INVITE, or a dialog that timed out.</summary>
    /// <param name="Cause">What that means to an answered call.</param>
    public sealed record PbxEnded(HangupCause Cause = HangupCause.PbxHungUp) : CallInput;

    /// <summary>The PBX names another agent at its end of an answered call.</summary>
    public sealed record PbxIdentified(string Agent) : CallInput;

    /// <summary>A key pressed towards us outside RTP (SIP INFO).</summary>
    public sealed record DigitPressed(CallLeg From, char Digit, TimeSpan Duration) : CallInput;

    // What operators and the node itself want.

    public sealed record HangUpRequested(HangupCause Cause) : CallInput;
}
