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
/// <param name="phones">Completes when what was decided so far about an agent's phones is done, and the call is over at them.</param>
/// <param name="onFailure">Takes what a store did not do.</param>
internal sealed class CallAgents(
    CallIdentity identity, AgentServices services, ICallInbox call, Func<AgentId, Task> phones, Action<Exception> onFailure)
{
    /// <summary>What else the call asks of agents waits no longer for a phone that says nothing.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(500);

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
            CallDecision.ReleaseAgent release => ReleaseAfter(phones(release.Agent.Agent), release.Agent, release.Group),
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
                GiveBack(agent);
        else if (late is CallInput.AgentConfirmed { IsOurs: true } confirmed)
            GiveBack(confirmed.Agent);
        else if (late is CallInput.PbxAnswered { By: { } picker })
            GiveBack(picker);
    }

    private void GiveBack(TakenAgent agent) => _operations.Add(ReleaseAfter(phones(agent.Agent), agent, null));

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

    /// <summary>
    /// Whoever is free may be rung at once, so the call is over at the phone before. Who has a phone that says nothing is busy until SIP
    /// waits for it no longer; whatever else the call asks goes on meanwhile, and so does the end of the call.
    /// </summary>
    private Func<Task> ReleaseAfter(Task ended, TakenAgent agent, GroupId? group) => async () =>
    {
        if (!ended.IsCompleted)
            await Task.WhenAny(ended, Task.Delay(Soon, services.Time));
        if (ended.IsCompleted)
            await ReleaseOwnAsync(agent, group);
        else
            _ = new OperationQueue(onFailure).Add(async () =>
            {
                await ended;
                await ReleaseOwnAsync(agent, group);
            });
    };

    private Task ReleaseOwnAsync(TakenAgent agent, GroupId? group) => _isLetGo ? Task.CompletedTask : ReleaseAsync(agent, group);

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
