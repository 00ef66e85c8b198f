using System.Diagnostics.Metrics;
using Gateway.Calls;

namespace Gateway.Worker.Calls;

/// <summary>
/// The registry as calls see it: when Redis is away or slow, calls go on with what this node knows by itself. A claim then counts as won
/// (this node still knows its own duplicates), an answer lock too, and what cannot be shown is not shown. Each such answer is counted.
/// </summary>
internal sealed class ForgivingRegistry(ICallRegistry registry) : ICallRegistry
{
    /// <summary>Far above what Redis takes, far below what a caller notices.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    private static readonly Meter Meter = new("Gateway.Registry");

    private static readonly Counter<long> Failures = Meter.CreateCounter<long>(
        "gateway_registry_failures", "{operation}", "Registry operations that Redis did not answer in time, by operation");

    public Task<ClaimResult> ClaimAsync(WhatsAppCallId whatsAppId, CallId callId, CancellationToken cancellation) =>
        TryAsync("claim", registry.ClaimAsync(whatsAppId, callId, cancellation), ClaimResult.Claimed);

    public Task<CallOwner?> FindAsync(WhatsAppCallId whatsAppId, CancellationToken cancellation) =>
        TryAsync("find", registry.FindAsync(whatsAppId, cancellation), null);

    public Task<bool> BuryAsync(WhatsAppCallId whatsAppId, CancellationToken cancellation) =>
        TryAsync("bury", registry.BuryAsync(whatsAppId, cancellation), false);

    public Task PublishAsync(LiveCall call, CancellationToken cancellation) => TryAsync("publish", Done(registry.PublishAsync(call, cancellation)), true);

    public Task RemoveAsync(CallId callId, CancellationToken cancellation) => TryAsync("remove", Done(registry.RemoveAsync(callId, cancellation)), true);

    public Task<bool> TakeAnswerLockAsync(WhatsAppCallId whatsAppId, CallId callId, CancellationToken cancellation) =>
        TryAsync("answer_lock", registry.TakeAnswerLockAsync(whatsAppId, callId, cancellation), true);

    public Task<IReadOnlyList<LiveCall>> ListAsync(CancellationToken cancellation) => registry.ListAsync(cancellation);

    private static async Task<bool> Done(Task operation)
    {
        await operation;
        return true;
    }

    private static async Task<T> TryAsync<T>(string name, Task<T> operation, T otherwise)
    {
        try
        {
            return await operation.WaitAsync(Patience);
        }
        catch (Exception) // Whatever keeps Redis from answering, the call goes on.
        {
            Failures.Add(1, new KeyValuePair<string, object?>("operation", name));
            return otherwise;
        }
    }
}
