using Media.Protocols.Primitives;

namespace Gateway.Calls;

/// <summary>
/// An agent dials a WhatsApp user: invited → admitted → media offered → connect → the user's phone rings, and so does the agent's → pick-up
/// → the PBX's INVITE is answered → live.
/// </summary>
/// <remarks>
/// Meta's SDP answer may come before, between or after ringing and pick-up, so the machine waits for both facts in either order. Pick-up
/// is status ACCEPTED or the user's first audio, whichever is first: ACCEPTED normally comes after media is up (Meta:
/// "Business-initiated calls"). The SDP answer alone is no pick-up.
/// </remarks>
public sealed class OutboundCall(CallIdentity identity, CallOptions options, Instant now) : Call(identity, options, now)
{
    private bool _answerSeen;
    private bool _answerApplied;
    private bool _pickedUp;

    protected override bool HandleInState(CallInput input, Instant now)
    {
        switch (State, input)
        {
            case (CallState.New, CallInput.PbxInvited invited):
                PbxLeg = PbxLegState.Incoming;
                Trunk = invited.Trunk;
                Agent = invited.Agent;
                EnterState(CallState.Admitting, now + Options.Preparation);
                Decide(new CallDecision.CheckAdmission());
                return true;

            case (CallState.Admitting, CallInput.Refused refused):
                return End(refused, now);

            case (CallState.Admitting, CallInput.Admitted admitted):
                ReserveMedia(admitted, whatsAppOffer: null, now);
                return true;

            case (CallState.Reserving, CallInput.MediaRefused refused):
                return End(refused.Cause, now);

            case (CallState.Reserving, CallInput.MediaReserved reserved):
                WhatsAppLeg = WhatsAppLegState.Asked;
                EnterState(CallState.ConnectingWhatsApp, now + Options.GraphAnswer);
                Decide(new CallDecision.Connect(reserved.Sdp));
                return true;

            case (CallState.ConnectingWhatsApp, CallInput.Connected { Error: { } error } failed):
                WhatsAppLeg = failed.MayRing ? WhatsAppLegState.Asked : WhatsAppLegState.Released;
                return End(error, now);

            case (CallState.ConnectingWhatsApp, CallInput.Connected connected):
                WhatsAppId = connected.Id;
                WhatsAppLeg = WhatsAppLegState.Engaged;
                EnterState(CallState.RingingWhatsApp, now + Options.WhatsAppAnswer);
                BecomeLiveIfPickedUp(now);
                return true;

            // Webhooks may overtake the answer to connect.
            case (CallState.ConnectingWhatsApp or CallState.RingingWhatsApp, _):
                return HandleProgress(input, now);

            default:
                return false;
        }
    }

    private bool HandleProgress(CallInput input, Instant now)
    {
        switch (input)
        {
            case CallInput.WhatsAppRinging:
                NoteRinging(now);
                Decide(new CallDecision.RingPbx());
                return true;

            case CallInput.WhatsAppAnswered answered when !_answerSeen:
                _answerSeen = true;
                Decide(new CallDecision.ApplyWhatsAppAnswer(answered.Sdp));
                return true;

            case CallInput.WhatsAppAnswerApplied { Applied: false }:
                return End(HangupCause.IncompatibleMedia, now);

            case CallInput.WhatsAppAnswerApplied:
                _answerApplied = true;
                BecomeLiveIfPickedUp(now);
                return true;

            case CallInput.WhatsAppPickedUp or CallInput.FirstAudio { Leg: CallLeg.WhatsApp }:
                _pickedUp = true;
                BecomeLiveIfPickedUp(now);
                return true;

            case CallInput.WhatsAppDeclined:
                WhatsAppLeg = WhatsAppLeg == WhatsAppLegState.Asked ? WhatsAppLegState.Asked : WhatsAppLegState.Released;
                return End(HangupCause.Declined, now);

            default:
                return false;
        }
    }

    private void BecomeLiveIfPickedUp(Instant now)
    {
        if (State != CallState.RingingWhatsApp || !_pickedUp || !_answerApplied)
            return;
        PbxLeg = PbxLegState.Engaged;
        Decide(new CallDecision.AnswerPbx());
        BecomeLive(now);
    }
}
