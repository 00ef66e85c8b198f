using Gateway.WhatsApp.Webhooks;
using Gateway.Worker.Nodes;

namespace Gateway.Worker.Calls;

/// <summary>The sources of Meta's events: the webhooks that this node received, and what other nodes hand to it.</summary>
internal sealed class EventIntake(WebhookQueue webhooks, InboxLoop inbox, CallSupervisor calls) : IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Completes when everything that came in was handled, after <see cref="Complete"/>.</summary>
    public Task RunAsync() =>
        Task.WhenAll(calls.ReadWebhooksAsync(webhooks.Batches), inbox.RunAsync(calls.HandleForwardedAsync, _stop.Token));

    /// <summary>Takes nothing more.</summary>
    public void Complete()
    {
        webhooks.Complete();
        _stop.Cancel();
    }

    public void Dispose() => _stop.Dispose();
}
