using Media.Protocols.Primitives;

namespace Gateway.Calls.Lifecycle;

/// <summary>
/// A call of the business to a WhatsApp user, from connect to pick-up. The steps before it, and the signalling to the PBX, belong to
/// <see cref="OutboundCall"/> (an agent dialled) and <see cref="CallbackCall"/> (the agent was rung first).
/// </summary>
/// <remarks>
/// Meta's SDP answer may come before, between or after ringing and pick-up, so the machine waits for both in either order. Pick-up is
/// status ACCEPTED or the user's first audio, whichever is first: ACCEPTED normally comes after media is up (Meta:
/// "Business-initiated calls"). The SDP answer alone is not a pick-up.
/// </remarks>
public abstract class CallToUser(CallIdentity identity, CallOptions options, Instant now, DateTimeOffset startedAt)
    : Call(identity, options, now, startedAt)
{
    private bool _answerSeen;
    private bool _answerApplied;
    private bool _pickedUp;

    protected sealed override bool HandleInState(CallInput input, Instant now)
    {
        switch (State, input)
        {
            case (CallState.ConnectingWhatsApp, CallInput.Connected { Error: { } error } failed):
                WhatsAppLeg = failed.MayRing ? WhatsAppLegState.Unknown : WhatsAppLegState.Released;
                return End(CallEnding.Of(error), now);

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
                return HandleBeforeConnect(input, now);
        }
    }

    /// <summary>The agent of ours who places the call is busy with it.</summary>
    protected override bool HandleFlow(CallInput input, Instant now)
    {
        if (input is not CallInput.AgentConfirmed { IsOurs: true } confirmed || Held is not null)
            return false;
        Held = confirmed.Agent;
        return true;
    }

    /// <summary>The transitions up to <see cref="ConnectWhatsApp"/>.</summary>
    protected abstract bool HandleBeforeConnect(CallInput input, Instant now);

    /// <summary>Signals to the agent that the user's phone rings.</summary>
    protected abstract void UserRings();

    /// <summary>Completes the agent's leg, as far as needed before audio, after the user has picked up.</summary>
    protected abstract void UserAnswered();

    protected void ConnectWhatsApp(string offer, Instant now)
    {
        WhatsAppLeg = WhatsAppLegState.Asked;
        EnterState(CallState.ConnectingWhatsApp, now + Options.GraphAnswer);
        Decide(new CallDecision.Connect(offer));
    }

    private bool HandleProgress(CallInput input, Instant now)
    {
        switch (input)
        {
            case CallInput.WhatsAppRinging:
                NoteRinging(now);
                UserRings();
                return true;

            case CallInput.WhatsAppAnswered answered when !_answerSeen:
                _answerSeen = true;
                Decide(new CallDecision.ApplyWhatsAppAnswer(answered.Sdp));
                return true;

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
        UserAnswered();
        BecomeLive(now);
    }
}
