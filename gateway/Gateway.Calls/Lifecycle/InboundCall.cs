using Gateway.Calls.Channels;
using Gateway.Calls.Rules;
using Media.Protocols.Primitives;

namespace Gateway.Calls.Lifecycle;

/// <summary>
/// A WhatsApp user calls the contact centre: offered → admitted → media answered → pre_accept → PBX rings, trunk after trunk → first
/// answer takes the lock → accept, with the SDP of pre_accept → live.
/// </summary>
/// <remarks>
/// pre_accept comes before the PBX is rung, so that ICE and DTLS run while the agent's phone rings (Meta: "User-initiated calls"). Meta
/// takes the first media packet for the pick-up, so audio waits for the 200 to accept.
/// </remarks>
public sealed class InboundCall(CallIdentity identity, CallOptions options, Instant now, DateTimeOffset startedAt)
    : Call(identity, options, now, startedAt)
{
    private string _offer = "";
    private string _answer = "";
    private IReadOnlyList<CallRoute> _routes = [];
    private int _nextRoute;
    private Instant _ringUntil = Instant.Never;

    protected override bool HandleInState(CallInput input, Instant now)
    {
        switch (State, input)
        {
            case (CallState.New, CallInput.WhatsAppOffered offered):
                WhatsAppId = offered.Id;
                WhatsAppLeg = WhatsAppLegState.Offered;
                _offer = offered.Sdp;
                EnterState(CallState.Admitting, now + Options.Preparation);
                Decide(new CallDecision.CheckAdmission());
                return true;

            case (CallState.Admitting, CallInput.Refused refused):
                return End(refused, now);

            case (CallState.Admitting, CallInput.Admitted { Routes.Count: 0 }):
                return End(HangupCause.NoRoute, now);

            case (CallState.Admitting, CallInput.Admitted admitted):
                _routes = admitted.Routes;
                ReserveMedia(admitted, _offer, now);
                return true;

            case (CallState.Reserving, CallInput.MediaReserved reserved):
                _answer = reserved.Sdp;
                WhatsAppLeg = WhatsAppLegState.Engaged;
                EnterState(CallState.PreAccepting, now + Options.GraphAnswer);
                Decide(new CallDecision.PreAccept(WhatsAppId!.Value, _answer));
                return true;

            // pre_accept only speeds up what accept does alone: after a failure that is no verdict on the call, the agent is rung all the
            // same.
            case (CallState.PreAccepting, CallInput.PreAccepted { Error: { IsTransient: false } error }):
                return End(error, now);

            case (CallState.PreAccepting, CallInput.PreAccepted):
                _ringUntil = now + Options.PbxAnswer;
                InviteNextTrunk();
                return true;

            case (CallState.RingingPbx, CallInput.PbxRinging):
                NoteRinging(now);
                return true;

            case (CallState.RingingPbx, CallInput.PbxRefused refused):
                PbxLeg = PbxLegState.Released;
                if (!CauseTable.OfPbxRefusal(refused.Status, refused.Q850).TryNextTrunk || _nextRoute == _routes.Count)
                    return End(refused, now);
                InviteNextTrunk();
                return true;

            case (CallState.RingingPbx, CallInput.PbxAnswered answered):
                NameAgent(answered.Agent, now);
                EnterState(CallState.TakingAnswerLock, now + Options.Preparation);
                Decide(new CallDecision.TakeAnswerLock());
                return true;

            case (CallState.TakingAnswerLock, CallInput.AnswerLockTaken { Won: false }):
                WhatsAppLeg = WhatsAppLegState.Released; // owned by the winner now: terminating it here would end the winner's call
                return End(HangupCause.AnsweredElsewhere, now);

            case (CallState.TakingAnswerLock, CallInput.AnswerLockTaken):
                EnterState(CallState.Accepting, now + Options.GraphAnswer);
                Decide(new CallDecision.Accept(WhatsAppId!.Value, _answer));
                return true;

            // The SDP is the one that pre_accept accepted: the request that Meta finds invalid now is to accept a call that is over.
            case (CallState.Accepting, CallInput.Accepted { Error: { Code: WhatsAppErrorCodes.InvalidParameter } error }):
                return End(error, HangupCause.CallerGaveUp, now);

            case (CallState.Accepting, CallInput.Accepted { Error: { } error }):
                return End(error, now);

            case (CallState.Accepting, CallInput.Accepted):
                BecomeLive(now);
                return true;

            default:
                return false;
        }
    }

    private void InviteNextTrunk()
    {
        var route = _routes[_nextRoute++];
        Trunk = route.Trunk;
        PbxLeg = PbxLegState.Engaged;
        EnterState(CallState.RingingPbx, _ringUntil);
        Decide(new CallDecision.InvitePbx(route));
    }
}
