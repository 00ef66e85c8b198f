using System.Threading.Channels;

namespace Gateway.WhatsApp.Webhooks;

/// <summary>The receiver of verified webhooks. Must not block: the sender is answered as soon as this returns.</summary>
public interface IWebhookSink
{
    /// <summary>Takes all of the batch or none of it. False means "no room now": the sender is asked to retry.</summary>
    bool TryAccept(WebhookBatch batch);
}

/// <summary>The bounded channel between the webhook endpoint and the handlers of the events.</summary>
public sealed class WebhookQueue(int capacity) : IWebhookSink
{
    private readonly Channel<WebhookBatch> _channel = Channel.CreateBounded<WebhookBatch>(
        new BoundedChannelOptions(capacity) { FullMode = BoundedChannelFullMode.Wait, AllowSynchronousContinuations = false });

    public ChannelReader<WebhookBatch> Batches => _channel.Reader;

    public bool TryAccept(WebhookBatch batch) => _channel.Writer.TryWrite(batch);

    /// <summary>Stops accepting (Meta retries at another node); queued events can still be read.</summary>
    public void Complete() => _channel.Writer.TryComplete();
}
