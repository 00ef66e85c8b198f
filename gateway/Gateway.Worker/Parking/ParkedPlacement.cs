using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Lifecycle;
using Gateway.Storage.Parking;
using Gateway.Worker.Agents;
using Gateway.Worker.Calls;

namespace Gateway.Worker.Parking;

/// <summary>
/// Places parked calls, one at a time: claimed in PostgreSQL, an agent taken in the registry, the id of the call noted, and only then
/// begun. A node that dies before the id is noted leaves a claim and a lease that lapse; one that dies after it leaves a call that is not
/// begun again. Users who wait in the group's queue come first.
/// </summary>
internal sealed class ParkedPlacement(
    ParkedPlacementStore store, CallSupervisor calls, NodeCapacity capacity, ResilientAgentRegistry registry, AgentDirectory directory,
    TimeProvider time)
{
    /// <summary>The business numbers of which this node places calls.</summary>
    public IReadOnlyCollection<ChannelId> Channels => calls.Channels;

    /// <summary>False: nothing can be placed for this target now.</summary>
    public async Task<bool> TryPlaceAsync(ParkedTarget target, CancellationToken cancellation)
    {
        if (!HasRoom || !await MayBeFreeAsync(target, cancellation)
            || await store.ClaimAsync(target, Channels, time.GetUtcNow(), cancellation) is not { } claimed)
            return false;
        var call = calls.Identify(CallDirection.Outbound, claimed.Channel, claimed.User);
        var request = new TakeRequest(
            call.Id, call.Node, target.Group, target.Agent is { } agent ? [agent] : [], AgentOrder.LongestIdle, 1, [],
            InTurn: target.Group is not null);
        if ((await registry.TakeAsync(request, cancellation)).Agents is not [var taken])
        {
            await store.GiveUpAsync(claimed, time.GetUtcNow(), cancellation);
            return false;
        }
        if (!await TryNoteAsync(claimed, call.Id, taken))
            return false;
        ParkedCallMetrics.Became(ParkedCallState.Placed);
        calls.CallBack(call, new CallInput.CallbackWanted(null, NumberOf(taken.Agent), taken.Agent)
        {
            Ring = claimed.RingSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            Taken = taken,
            Group = target.Group,
        });
        return true;
    }

    private bool HasRoom => capacity.Refusal() is null && capacity.ActiveCalls < capacity.Budget.Calls;

    /// <summary>
    /// By what this node has heard: whether it is so the registry says, when the agent is taken. Whoever waits for one agent waits behind
    /// the queues of that agent's groups.
    /// </summary>
    private async Task<bool> MayBeFreeAsync(ParkedTarget target, CancellationToken cancellation)
    {
        if (!registry.Known.Any(one => one.Known is { State: AgentState.Available }
            && (one.Agent.Id == target.Agent || one.Agent.Groups.Any(membership => membership.Group == target.Group))))
            return false;
        if (target.Agent is not { } agent || directory.Find(agent) is not { } known)
            return true;
        foreach (var membership in known.Groups)
            if ((await registry.WaitingAsync(membership.Group, cancellation)).Count > 0)
                return false;
        return true;
    }

    /// <summary>False: the parked call was cancelled, or another node has it. The agent is given back.</summary>
    private async Task<bool> TryNoteAsync(ClaimedCall claimed, CallId call, TakenAgent taken)
    {
        var isNoted = false;
        try
        {
            return isNoted = await store.PlaceAsync(claimed, call, taken.Agent, time.GetUtcNow(), CancellationToken.None);
        }
        finally
        {
            if (!isNoted)
                await registry.ReleaseAsync(taken.Agent, taken.Token, TimeSpan.Zero, CancellationToken.None);
        }
    }

    /// <summary>For the record, until a phone answers.</summary>
    private string NumberOf(AgentId agent) => directory.Find(agent)?.NumberAt(null) ?? agent.Value;
}
