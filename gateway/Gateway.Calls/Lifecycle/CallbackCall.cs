using Gateway.Calls.Agents;
using Gateway.Calls.Rules;
using Media.Protocols.Primitives;

namespace Gateway.Calls.Lifecycle;

/// <summary>
/// An agent is rung, and a WhatsApp user is called once the agent has answered: requested → admitted → media → the agent's phone rings,
/// trunk after trunk → the agent answers and hears ringing → connect → the user picks up → live.
/// </summary>
/// <remarks>
/// Admission comes before the agent's phone rings, so that nobody is rung for a call that is not permitted. The agent comes first because
/// a user who picks up must find an agent on the line.
/// </remarks>
public sealed class CallbackCall(CallIdentity identity, CallOptions options, Instant now, DateTimeOffset startedAt)
    : CallToUser(identity, options, now, startedAt)
{
    private const int Attempt = 1;

    private string _agent = "";
    private AgentId? _agentId;
    private TimeSpan? _ring;
    private string _offer = "";
    private IReadOnlyList<string> _trunks = [];
    private int _nextTrunk;
    private Instant _ringUntil = Instant.Never;

    protected override bool HandleBeforeConnect(CallInput input, Instant now)
    {
        switch (State, input)
        {
            case (CallState.New, CallInput.CallbackWanted wanted):
                Note(wanted, now);
                EnterState(CallState.Admitting, now + Options.Preparation);
                Decide(new CallDecision.CheckAdmission());
                return true;

            case (CallState.Admitting, CallInput.Refused refused):
                return End(CallEnding.Of(refused), now);

            case (CallState.Admitting, CallInput.Admitted admitted):
                _trunks = Trunk is { } asked ? [asked] : [.. admitted.Routes.Select(route => route.Trunk).Distinct()];
                if (_trunks.Count == 0 && _agentId is null)
                    return End(HangupCause.NoRoute, now);
                ReserveMedia(admitted, whatsAppOffer: null, now);
                return true;

            case (CallState.Reserving, CallInput.MediaReserved reserved):
                _offer = reserved.Sdp;
                _ringUntil = now + (_ring ?? Options.PbxAnswer);
                ReachAgent();
                return true;

            case (CallState.Reserving, CallInput.AgentsTaken { Result.Agents: [var taken] }):
                Ring(taken);
                return true;

            case (CallState.Reserving, CallInput.AgentsTaken):
                return End(HangupCause.AgentUnavailable, now);

            case (CallState.RingingPbx, CallInput.PbxRefused { Attempt: Attempt } refused):
                return End(CallEnding.Of(refused), now);

            case (CallState.RingingPbx, CallInput.PbxRefused refused):
                PbxLeg = PbxLegState.Released;
                if (!CauseTable.OfPbxRefusal(refused.Status, refused.Q850).TryNextTrunk || _nextTrunk == _trunks.Count)
                    return End(CallEnding.Of(refused), now);
                InviteNextTrunk();
                return true;

            case (CallState.RingingPbx, CallInput.PbxAnswered answered):
                NameAgent(answered.Agent, now);
                Trunk = answered.Trunk ?? Trunk;
                if (Held is { } confirmed)
                    Decide(new CallDecision.ConfirmAgent(confirmed));
                Decide(new CallDecision.PlayRingback());
                ConnectWhatsApp(_offer, now);
                return true;

            default:
                return false;
        }
    }

    /// <summary>Does nothing: the agent hears ringback already.</summary>
    protected override void UserRings()
    {
    }

    /// <summary>Does nothing for the dialog: the agent has answered already.</summary>
    protected override void UserAnswered()
    {
    }

    private void Note(CallInput.CallbackWanted wanted, Instant now)
    {
        NameAgent(_agent = wanted.Agent, now);
        (_agentId, _ring, Trunk) = (wanted.AgentId, wanted.Ring, wanted.Trunk);
        (Held, Group) = (wanted.Taken, wanted.Group);
    }

    private void ReachAgent()
    {
        if (Held is { } held)
            Ring(held);
        else if (_agentId is { } agent)
            TakeAgent(agent);
        else
            InviteNextTrunk();
    }

    /// <summary>No phone rings, and the state says so, until the agent is this call's.</summary>
    private void TakeAgent(AgentId agent) => Decide(new CallDecision.TakeAgents(
        Attempt, new TakeRequest(Identity.Id, Identity.Node, null, [agent], AgentOrder.InOrder, 1, [])));

    private void Ring(TakenAgent taken)
    {
        Held = taken;
        PbxLeg = PbxLegState.Engaged;
        EnterState(CallState.RingingPbx, _ringUntil);
        Decide(new CallDecision.RingAgent(taken.Agent, Attempt, Trunk: Trunk));
    }

    private void InviteNextTrunk()
    {
        Trunk = _trunks[_nextTrunk++];
        PbxLeg = PbxLegState.Engaged;
        EnterState(CallState.RingingPbx, _ringUntil);
        Decide(new CallDecision.InvitePbx(new Channels.CallRoute(Trunk, _agent)));
    }
}
