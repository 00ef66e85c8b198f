namespace Gateway.WhatsApp.Webhooks;

/// <summary>A verified webhook whose sender waits for its answer.</summary>
/// <param name="batch">What is in it.</param>
/// <param name="abandoned">Cancelled when the sender waits no longer.</param>
public sealed class QueuedWebhook(WebhookBatch batch, CancellationToken abandoned)
{
    private readonly TaskCompletionSource<bool> _kept = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public WebhookBatch Batch => batch;

    /// <summary>The sender waits no longer: Meta sends it again, to any node.</summary>
    public bool IsAbandoned => abandoned.IsCancellationRequested;

    /// <summary>The answer: true where all of it outlives this process, false where Meta is to send it again.</summary>
    public Task<bool> Kept => _kept.Task;

    /// <summary>Answers the sender. Once.</summary>
    public void Answer(bool isKept) => _kept.SetResult(isKept);
}
