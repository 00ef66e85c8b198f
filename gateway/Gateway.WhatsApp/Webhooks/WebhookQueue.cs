using System.Threading.Channels;

namespace Gateway.WhatsApp.Webhooks;

/// <summary>The receiver of verified webhooks.</summary>
public interface IWebhookSink
{
    /// <summary>Takes all of the batch or none of it. Null means "no room now": the sender is asked to retry.</summary>
    /// <param name="batch">What is in the webhook.</param>
    /// <param name="abandoned">Cancelled when the sender waits no longer.</param>
    /// <returns>Completes when what was in it outlives this process; false: it does not, and the sender is asked to retry.</returns>
    Task<bool>? TryAccept(WebhookBatch batch, CancellationToken abandoned);
}

/// <summary>The bounded channel between the webhook endpoint and the handlers of the events.</summary>
public sealed class WebhookQueue(int capacity) : IWebhookSink
{
    private readonly Channel<QueuedWebhook> _channel = Channel.CreateBounded<QueuedWebhook>(
        new BoundedChannelOptions(capacity) { FullMode = BoundedChannelFullMode.Wait, AllowSynchronousContinuations = false });

    public ChannelReader<QueuedWebhook> Webhooks => _channel.Reader;

    public Task<bool>? TryAccept(WebhookBatch batch, CancellationToken abandoned)
    {
        var webhook = new QueuedWebhook(batch, abandoned);
        return _channel.Writer.TryWrite(webhook) ? webhook.Kept : null;
    }

    /// <summary>Stops accepting (Meta retries at another node); queued events can still be read.</summary>
    public void Complete() => _channel.Writer.TryComplete();
}
