using Gateway.WhatsApp.Webhooks;
using Gateway.Worker.Nodes;

namespace Gateway.Worker.Calls;

/// <summary>
/// The sources of Meta's events: the webhooks that this node received, and what others hand to it, or leave, while it has its lease.
/// </summary>
internal sealed class EventIntake(
    WebhookQueue webhooks, InboxLoop inbox, ClusterMember member, CallSupervisor calls, CallEventHandler events) : IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Completes when everything that came in was handled, after <see cref="Complete"/>.</summary>
    public async Task RunAsync()
    {
        await Task.WhenAll(
            member.RunAsync(calls, events.HandleForwardedAsync, _stop.Token), events.ReadWebhooksAsync(webhooks.Webhooks),
            inbox.RunAsync(events.HandleForwardedAsync, _stop.Token));
        await member.EndAsync();
    }

    /// <summary>Takes nothing more.</summary>
    public void Complete()
    {
        webhooks.Complete();
        _stop.Cancel();
    }

    public void Dispose() => _stop.Dispose();
}
