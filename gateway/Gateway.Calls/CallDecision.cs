using Gateway.Calls.Channels;

namespace Gateway.Calls;

/// <summary>
/// Everything a call can want done: a closed family. The loop performs decisions in order; each one that has a result brings it back as the
/// <see cref="CallInput"/> that its summary names.
/// </summary>
public abstract record CallDecision
{
    private CallDecision() { }

    /// <summary>→ <see cref="CallInput.Admitted"/> or <see cref="CallInput.Refused"/>.</summary>
    public sealed record CheckAdmission : CallDecision;

    /// <summary>Take media for both legs; answer WhatsApp's offer, or make one where it is null.
    /// → <see cref="CallInput.MediaReserved"/> or <see cref="CallInput.MediaRefused"/>.</summary>
    public sealed record ReserveMedia(string? WhatsAppOffer) : CallDecision;

    /// <summary>→ <see cref="CallInput.PreAccepted"/>.</summary>
    public sealed record PreAccept(WhatsAppCallId Id, string Sdp) : CallDecision;

    /// <summary>→ <see cref="CallInput.Accepted"/>.</summary>
    public sealed record Accept(WhatsAppCallId Id, string Sdp) : CallDecision;

    /// <summary>→ <see cref="CallInput.Connected"/>.</summary>
    public sealed record Connect(string Sdp) : CallDecision;

    /// <summary>Only before pre_accept; afterwards Meta wants <see cref="Terminate"/>. → <see cref="CallInput.WhatsAppReleased"/>.</summary>
    public sealed record Reject(WhatsAppCallId Id) : CallDecision;

    /// <summary>→ <see cref="CallInput.WhatsAppReleased"/>.</summary>
    public sealed record Terminate(WhatsAppCallId Id) : CallDecision;

    /// <summary>→ <see cref="CallInput.WhatsAppAnswerApplied"/>.</summary>
    public sealed record ApplyWhatsAppAnswer(string Sdp) : CallDecision;

    /// <summary>→ <see cref="CallInput.PbxRinging"/>, <see cref="CallInput.PbxAnswered"/>, <see cref="CallInput.PbxRefused"/>.</summary>
    public sealed record InvitePbx(CallRoute Route) : CallDecision;

    /// <summary>Of several answers in the cluster, one may accept. → <see cref="CallInput.AnswerLockTaken"/>.</summary>
    public sealed record TakeAnswerLock : CallDecision;

    /// <summary>Let the agent hear that the user's WhatsApp rings.</summary>
    public sealed record RingPbx : CallDecision;

    /// <summary>The user picked up: answer the PBX's INVITE.</summary>
    public sealed record AnswerPbx : CallDecision;

    /// <summary>Refuse the PBX's unanswered INVITE.</summary>
    public sealed record RefusePbx(PbxRefusal Refusal) : CallDecision;

    /// <summary>End our INVITE or an answered dialog, whatever it takes (CANCEL or BYE).</summary>
    public sealed record HangUpPbx(HangupCause Cause) : CallDecision;

    /// <summary>An agent who has answered hears ringing until audio opens.</summary>
    public sealed record PlayRingback : CallDecision;

    /// <summary>From now on audio may be sent to WhatsApp; never before Meta's 200 to accept.</summary>
    public sealed record OpenAudio : CallDecision;

    public sealed record SendDigit(CallLeg To, char Digit, TimeSpan Duration) : CallDecision;

    /// <summary>A leg of the conversation is silent: tell those who watch. The call goes on: a silent leg may be heard again.</summary>
    public sealed record ReportSilence(CallLeg Leg) : CallDecision;

    /// <summary>Hold more of the account's money. → <see cref="CallInput.HoldExtended"/> or <see cref="CallInput.HoldFailed"/>.</summary>
    /// <param name="UpTo">All that is to be held for this call then, in the account's currency.</param>
    public sealed record ExtendHold(decimal UpTo) : CallDecision;

    /// <summary>Let the agent hear that the money is nearly over.</summary>
    public sealed record WarnOfBalance : CallDecision;

    /// <summary>→ <see cref="CallInput.MediaReleased"/>.</summary>
    public sealed record ReleaseMedia : CallDecision;

    /// <summary>The call is over and both legs are released: write the record, forget the call. Always the last decision.</summary>
    public sealed record Finish(CallRecord Record) : CallDecision;
}
