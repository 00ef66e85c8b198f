using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Lifecycle;
using Gateway.Worker.Agents;
using Gateway.Worker.Legs;

namespace Gateway.Worker.Calls;

/// <summary>
/// The agents and the places in queues of one call: what the call decides about them is done one after the other, and comes back as input.
/// </summary>
/// <param name="identity">The call.</param>
/// <param name="services">What all calls share.</param>
/// <param name="call">Where inputs go.</param>
/// <param name="phones">Completes when phones have been told what was decided about them so far.</param>
/// <param name="onFailure">Takes what a store did not do.</param>
internal sealed class CallAgents(
    CallIdentity identity, AgentServices services, ICallInbox call, Func<Task> phones, Action<Exception> onFailure)
{
    private readonly OperationQueue _operations = new(onFailure);
    private volatile bool _isLetGo;

    /// <summary>Completes when everything decided so far is done.</summary>
    public Task Idle => _operations.Idle;

    /// <summary>False: the decision is about no agent and no queue.</summary>
    public bool TryPerform(CallDecision decision)
    {
        Func<Task>? operation = decision switch
        {
            CallDecision.TakeAgents take => () => TakeAsync(take),
            CallDecision.ConfirmAgent confirm => () => ConfirmAsync(confirm.Agent),
            CallDecision.MarkAgentBusy mark => () => MarkBusyAsync(mark.Agent),
            CallDecision.ReleaseAgent release => ReleaseAfter(phones(), release),
            CallDecision.JoinQueue join => () => JoinAsync(join),
            CallDecision.LeaveQueue leave => () => LeaveAsync(leave.Group),
            _ => null,
        };
        if (operation is null)
            return false;
        _operations.Add(operation);
        return true;
    }

    /// <summary>Another node has the call, and its agents.</summary>
    public void LetGo()
    {
        _isLetGo = true;
        services.Registry.LetGo(identity.Id);
    }

    /// <summary>The call is over, and nobody took this result: it is undone.</summary>
    public void GiveBack(CallInput late)
    {
        if (late is CallInput.OfConsultation of)
            late = of.What;
        if (late is CallInput.AgentsTaken taken)
            foreach (var agent in taken.Result.Agents)
                _operations.Add(() => ReleaseAsync(agent, null));
        else if (late is CallInput.AgentConfirmed { IsOurs: true } confirmed)
            _operations.Add(() => ReleaseAsync(confirmed.Agent, null));
        else if (late is CallInput.PbxAnswered { By: { } picker })
            _operations.Add(() => ReleaseAsync(picker, null));
    }

    private async Task TakeAsync(CallDecision.TakeAgents take)
    {
        var result = await services.Registry.TakeAsync(take.What, CancellationToken.None);
        Post(new CallInput.AgentsTaken(take.Request, result));
    }

    private async Task ConfirmAsync(TakenAgent agent)
    {
        var isOurs = await services.Registry.AnswerAsync(agent.Agent, agent.Token, CancellationToken.None);
        Post(new CallInput.AgentConfirmed(agent, isOurs));
    }

    private async Task MarkBusyAsync(AgentId agent)
    {
        if (await services.Registry.TakeBusyAsync(agent, identity.Id, identity.Node, CancellationToken.None) is { } taken)
            Post(new CallInput.AgentConfirmed(taken, IsOurs: true));
    }

    /// <summary>Whoever is free may be rung at once: the phone has been told before that this call is over.</summary>
    private Func<Task> ReleaseAfter(Task phones, CallDecision.ReleaseAgent release) => async () =>
    {
        await phones;
        if (!_isLetGo)
            await ReleaseAsync(release.Agent, release.Group);
    };

    private async Task ReleaseAsync(TakenAgent agent, GroupId? group)
    {
        var wrapUp = group is { } known ? services.Directory.Find(known)?.WrapUp ?? TimeSpan.Zero : TimeSpan.Zero;
        await services.Registry.ReleaseAsync(agent.Agent, agent.Token, wrapUp, CancellationToken.None);
    }

    private async Task JoinAsync(CallDecision.JoinQueue join)
    {
        var isFull = (await services.Registry.WaitingAsync(join.Group, CancellationToken.None)).Count >= join.Capacity;
        if (!isFull)
        {
            var waiting = new WaitingCall(identity.Id, join.Group, join.Priority, services.Time.GetUtcNow(), identity.Node);
            await services.Registry.JoinAsync(waiting, CancellationToken.None);
            services.Waiting.Add(waiting, call.Post);
        }
        call.Post(new CallInput.QueueJoined(isFull));
    }

    private Task LeaveAsync(GroupId group)
    {
        services.Waiting.Remove(group, identity.Id);
        return services.Registry.LeaveAsync(identity.Id, group, CancellationToken.None);
    }

    private void Post(CallInput result)
    {
        if (!call.Post(result))
            GiveBack(result);
    }
}
