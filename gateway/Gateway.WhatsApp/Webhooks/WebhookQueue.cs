using System.Threading.Channels;

namespace Gateway.WhatsApp.Webhooks;

/// <summary>Where verified webhooks go. Must not block: the sender is answered as soon as this returns.</summary>
public interface IWebhookSink
{
    /// <summary>All of the batch or none of it. False means "no room now": the sender is told to come again.</summary>
    bool TryAccept(WebhookBatch batch);
}

/// <summary>The bounded channel between the webhook endpoint and whoever works on the events.</summary>
public sealed class WebhookQueue(int capacity) : IWebhookSink
{
    private readonly Channel<WebhookBatch> _channel = Channel.CreateBounded<WebhookBatch>(
        new BoundedChannelOptions(capacity) { FullMode = BoundedChannelFullMode.Wait, AllowSynchronousContinuations = false });

    public ChannelReader<WebhookBatch> Batches => _channel.Reader;

    public bool TryAccept(WebhookBatch batch) => _channel.Writer.TryWrite(batch);

    /// <summary>From now on nothing is accepted (Meta retries at another node); what is inside can still be read.</summary>
    public void Complete() => _channel.Writer.TryComplete();
}
