using Gateway.Sip.Messages;

namespace Gateway.Sip.Dialogs;

/// <summary>The side or the rule that ended an established call.</summary>
public enum SipCallEnd
{
    /// <summary>BYE or CANCEL from the peer.</summary>
    Remote,

    /// <summary>Our own hang-up was carried out.</summary>
    Local,

    /// <summary>The session timer ran out (RFC 4028 §10).</summary>
    SessionExpired,

    /// <summary>The peer never acknowledged our 2xx (RFC 3261 §13.3.1.4) or our PRACKed response (RFC 3262 §3).</summary>
    NotAcknowledged,

    /// <summary>The peer answered 408 or 481 inside the dialog, or could not be reached (RFC 3261 §12.2.1.2).</summary>
    DialogLost,

    /// <summary>Another INVITE took this call's place (RFC 3891).</summary>
    Replaced,

    /// <summary>The owner did not read its events: the call was ended rather than buffered without limit.</summary>
    EventsNotRead,

    /// <summary>The endpoint stopped.</summary>
    Stopped,
}

/// <summary>
/// The events of a call, in order. Exactly one of <see cref="Failed"/> and <see cref="Ended"/> comes last, then the channel completes.
/// </summary>
public abstract record SipCallEvent
{
    private SipCallEvent()
    {
    }

    /// <summary>
    /// A 101…199 to our INVITE that says something new. <paramref name="SdpIsOffer"/>: they offer in a reliable response, reply with
    /// <c>SipCall.AcceptOfferAsync</c>.
    /// </summary>
    public sealed record Provisional(int Status, string? Sdp, bool SdpIsOffer) : SipCallEvent;

    /// <summary>
    /// The first 2xx to our INVITE. <paramref name="Sdp"/> is the answer; it may repeat one that a provisional response carried. With
    /// <paramref name="SdpIsOffer"/> it is their offer: reply with <c>SipCall.AcceptOfferAsync</c>, which sends the ACK. It is null when
    /// nothing is left to settle: their offer came in a reliable provisional response, or an UPDATE had the last word. <paramref
    /// name="Identity"/> is who answered: P-Asserted-Identity or Remote-Party-ID, else the Contact's user; null when nothing names one.
    /// </summary>
    public sealed record Answered(string? Sdp, bool SdpIsOffer, SipParty? Identity) : SipCallEvent;

    /// <summary>The peer's ACK to our 2xx arrived (incoming calls); media may be considered agreed.</summary>
    public sealed record Acknowledged : SipCallEvent;

    /// <summary>
    /// The answer to an offer of ours that was not in an INVITE of an outgoing call: in ACK, PRACK, or a 2xx to our re-INVITE.
    /// </summary>
    public sealed record AnswerReceived(string Sdp) : SipCallEvent;

    /// <summary>
    /// The peer renegotiates (re-INVITE, UPDATE). Null: it wants our offer. Reply with <c>SipCall.AcceptOfferAsync</c> or
    /// <c>SipCall.RejectOfferAsync</c>. A refresh without any change of SDP is answered without this event.
    /// </summary>
    public sealed record OfferReceived(string? Sdp) : SipCallEvent;

    /// <summary>Our re-INVITE was refused; the session goes on as it was (RFC 3261 §14.1).</summary>
    public sealed record OfferRefused(int Status, string ReasonPhrase) : SipCallEvent;

    /// <summary>
    /// A re-INVITE or UPDATE names somebody else at the other end: a queue that has found its agent, an attended transfer inside the PBX.
    /// </summary>
    public sealed record IdentityChanged(SipParty Identity) : SipCallEvent;

    /// <summary>A key pressed, reported by INFO (application/dtmf-relay or application/dtmf).</summary>
    public sealed record DigitReceived(char Digit, TimeSpan Duration) : SipCallEvent;

    /// <summary>
    /// REFER on a trunk with a profile that accepts it; it was answered 202. Report progress with <c>SipCall.NotifyTransferAsync</c>.
    /// <paramref name="Target"/> is the Refer-To URI without its headers, <paramref name="Replaces"/> the value of the Replaces header
    /// embedded in it, unescaped, or null for a blind transfer. <paramref name="ReferredBy"/> is that header's value as it came (RFC 3892),
    /// and
    /// <paramref name="Headers"/> are those the Refer-To wants in the new INVITE besides (RFC 3261 §19.1.5), without what only its sender
    /// may say.
    /// </summary>
    public sealed record TransferRequested(
        string Target, string? Replaces, string? ReferredBy, IReadOnlyList<(string Name, string Value)> Headers) : SipCallEvent;

    /// <summary>
    /// Our INVITE did not lead to a call: final status (408 also for silence, 503 for an unreachable trunk, 487 after our own CANCEL).
    /// </summary>
    public sealed record Failed(int Status, string ReasonPhrase, SipReason? Reason) : SipCallEvent;

    /// <summary>The call is over.</summary>
    public sealed record Ended(SipCallEnd By, SipReason? Reason) : SipCallEvent;
}
