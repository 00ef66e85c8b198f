using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Rules;
using Gateway.Sip.Endpoint;
using Gateway.Worker.Agents;
using Gateway.Worker.Legs;
using Gateway.Worker.Tracing;

namespace Gateway.Worker.Calls;

/// <summary>
/// Pick-ups: an agent dials a code and has the user's call that has rung or waited the longest for a group of theirs, on the phone that
/// dialled. The agent is taken for that call before it is answered. Only calls of this node can be picked up.
/// </summary>
internal sealed class PickUpCalls(AgentServices agents, CallSupervisor calls, PbxTrunks trunks, CallTraces traces)
{
    private static readonly (int, string) Nothing = (404, "No call to pick up");

    /// <summary>Null: the phone has the call. Otherwise it is to be refused with this.</summary>
    public async Task<(int Status, string Text)?> TryAsync(SipCall invite, Agent agent)
    {
        if (trunks[invite.Info.Trunk].IsPstn)
            return (403, CauseTable.Refusal(HangupCause.PstnForbidden).Text);
        GroupId[] groups = [.. agent.Groups.Select(membership => membership.Group)];
        if (calls.LongestWaiting(groups) is not { } call)
            return await IsElsewhereAsync(groups) ? (480, "The call that waits is on another node") : Nothing;
        var registry = agents.Registry;
        if (await registry.TakeBusyAsync(agent.Id, call.Identity.Id, call.Identity.Node, CancellationToken.None) is not { } taken)
            return (486, "The agent has a call already");
        if (await call.TryPickUpAsync(invite, taken))
        {
            traces.Attach(invite, call.Identity.Id);
            return null;
        }
        await registry.ReleaseAsync(agent.Id, taken.Token, TimeSpan.Zero, CancellationToken.None);
        return Nothing;
    }

    /// <summary>A call waits in the queue of one of the groups, and no call of this node does.</summary>
    private async Task<bool> IsElsewhereAsync(GroupId[] groups)
    {
        foreach (var group in groups)
            if ((await agents.Registry.WaitingAsync(group, CancellationToken.None)).Any(waiting => calls.Find(waiting.Call) is null))
                return true;
        return false;
    }
}
