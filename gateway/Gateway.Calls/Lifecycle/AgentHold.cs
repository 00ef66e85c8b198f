using Gateway.Calls.Agents;

namespace Gateway.Calls.Lifecycle;

/// <summary>The agent of ours whom a call keeps busy.</summary>
internal sealed class AgentHold(Action<CallDecision> decide)
{
    /// <summary>Null: none that we know.</summary>
    public TakenAgent? Agent { get; set; }

    /// <summary>Who was kept last.</summary>
    public AgentId? Last { get; private set; }

    /// <summary>The call was another process's until now.</summary>
    public void Restore(TakenAgent? agent, AgentId? last) => (Agent, Last) = (agent, last);

    /// <param name="group">The group whose wrap-up follows; null: there was no conversation.</param>
    public void Release(GroupId? group)
    {
        if (Agent is not { } agent)
            return;
        decide(new CallDecision.ReleaseAgent(agent, group));
        (Last, Agent) = (agent.Agent, null);
    }

    /// <summary>Gives back agents who were taken for nothing. False: the input is about none.</summary>
    public bool GiveBack(CallInput input)
    {
        if (input is CallInput.OfConsultation of)
            return GiveBack(of.What);
        if (input is CallInput.AgentsTaken taken)
            foreach (var agent in taken.Result.Agents)
                decide(new CallDecision.ReleaseAgent(agent));
        else if (input is CallInput.AgentConfirmed { IsOurs: true } confirmed && confirmed.Agent != Agent)
            decide(new CallDecision.ReleaseAgent(confirmed.Agent));
        else if (input is CallInput.PbxAnswered { By: { } picker })
        {
            decide(new CallDecision.HangUpAgent());
            decide(new CallDecision.ReleaseAgent(picker));
        }
        return input is CallInput.AgentsTaken or CallInput.AgentConfirmed or CallInput.PbxAnswered { By: not null };
    }
}
