using Gateway.Calls.Channels;
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
    public sealed record InvitePbx(CallRoute Route) : CallDecision;

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

    /// <summary>Warn the agent by a tone that the money is nearly used up.</summary>
    public sealed record WarnOfBalance : CallDecision;

    /// <summary>→ <see cref="CallInput.MediaReleased"/>.</summary>
    public sealed record ReleaseMedia : CallDecision;

    /// <summary>The call is over and both legs are released: write the record, drop the call. Always the last decision.</summary>
    public sealed record Finish(CallRecord Record) : CallDecision;
}
