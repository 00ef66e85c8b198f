using Gateway.Sip.Endpoint;
using Gateway.WhatsApp.Webhooks;
using Gateway.Worker.Calls;
using Gateway.Worker.Permissions;
using Gateway.Worker.Webhooks;

namespace Gateway.Worker;

/// <summary>The sources of work for this node's calls: webhooks, INVITEs, granted permissions. Each has a reader of its own.</summary>
internal sealed class NodeIntake(
    WebhookQueue webhooks, SipEndpoint sip, CallSupervisor calls, NonCallEvents others, ReturnCalls returnCalls)
{
    private Task _readers = Task.CompletedTask;

    /// <summary>The calls that it has begun.</summary>
    public CallSupervisor Calls => calls;

    public void Start() => _readers = Task.WhenAll(
        calls.ReadWebhooksAsync(webhooks.Batches), calls.ReadInvitesAsync(sip.IncomingCalls), returnCalls.RunAsync(calls),
        others.RunAsync());

    /// <summary>Takes nothing more; what has come in is still handled.</summary>
    public void Complete()
    {
        webhooks.Complete();
        others.Complete();
        returnCalls.Complete();
    }

    /// <summary>
    /// Completes when everything that came in was handled: after <see cref="Complete"/>, and after the end of the SIP endpoint.
    /// </summary>
    public Task Idle => _readers;
}
