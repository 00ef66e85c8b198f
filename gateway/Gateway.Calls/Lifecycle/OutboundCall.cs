using Media.Protocols.Primitives;

namespace Gateway.Calls.Lifecycle;

/// <summary>
/// An agent dials a WhatsApp user: invited → admitted → media offered → connect → the user's phone rings, and so does the agent's → pick-up
/// → the PBX's INVITE is answered → live.
/// </summary>
public sealed class OutboundCall(CallIdentity identity, CallOptions options, Instant now, DateTimeOffset startedAt)
    : CallToUser(identity, options, now, startedAt)
{
    protected override bool HandleBeforeConnect(CallInput input, Instant now)
    {
        switch (State, input)
        {
            case (CallState.New, CallInput.PbxInvited invited):
                PbxLeg = PbxLegState.Incoming;
                Trunk = invited.Trunk;
                NameAgent(invited.Agent, now);
                if (invited.AgentId is { } agent)
                    Decide(new CallDecision.MarkAgentBusy(agent));
                EnterState(CallState.Admitting, now + Options.Preparation);
                Decide(new CallDecision.CheckAdmission());
                return true;

            case (CallState.Admitting, CallInput.Refused refused):
                return End(CallEnding.Of(refused), now);

            case (CallState.Admitting, CallInput.Admitted admitted):
                ReserveMedia(admitted, whatsAppOffer: null, now);
                return true;

            case (CallState.Reserving, CallInput.MediaReserved reserved):
                ConnectWhatsApp(reserved.Sdp, now);
                return true;

            default:
                return false;
        }
    }

    protected override void UserRings() => Decide(new CallDecision.RingPbx());

    protected override void UserAnswered()
    {
        PbxLeg = PbxLegState.Engaged;
        Decide(new CallDecision.AnswerPbx());
    }
}
