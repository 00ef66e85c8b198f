using Gateway.Calls.Lifecycle;
using Gateway.Sip.Endpoint;
using Gateway.Worker.Agents;
using Gateway.Worker.Calls;
using Gateway.Worker.Permissions;
using Gateway.Worker.Webhooks;

namespace Gateway.Worker;

/// <summary>
/// The sources of work for this node's calls: webhooks, what other nodes hand over, INVITEs, granted permissions. Each has a reader of its
/// own.
/// </summary>
internal sealed class NodeIntake(
    EventIntake events, SipEndpoint sip, CallSupervisor calls, FeatureCodeCalls features, NonCallEvents others, ReturnCalls returnCalls,
    ResilientAgentRegistry agents)
{
    private Task _readers = Task.CompletedTask;

    /// <summary>The calls that it has begun.</summary>
    public CallSupervisor Calls => calls;

    public void Start()
    {
        // Another call has the agent: the phone of this one is to ring no more.
        agents.OnLost = lost => calls.Find(lost.Call)?.Post(new CallInput.DeclineRequested(lost.Agent.Agent));
        _readers = Task.WhenAll(
            events.RunAsync(), calls.ReadInvitesAsync(sip.IncomingCalls, features.TryTake), returnCalls.RunAsync(calls), others.RunAsync());
    }

    /// <summary>Takes nothing more; what has come in is still handled.</summary>
    public void Complete()
    {
        events.Complete();
        others.Complete();
        returnCalls.Complete();
    }

    /// <summary>
    /// Completes when everything that came in was handled: after <see cref="Complete"/>, and after the end of the SIP endpoint.
    /// </summary>
    public Task Idle => _readers;
}
