using Gateway.Calls;
using Gateway.Calls.Lifecycle;

namespace Gateway.Worker.Tests.Calls;

/// <summary>A registry of which a test overrides what it uses; nothing else may be asked.</summary>
internal abstract class UnusedRegistry : ICallRegistry
{
    public virtual Task<ClaimResult> ClaimAsync(WhatsAppCallId whatsAppId, CallId callId, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public virtual Task<bool> ReclaimAsync(WhatsAppCallId whatsAppId, CallId from, CallId callId, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public virtual Task<ClaimHolder?> FindHolderAsync(WhatsAppCallId whatsAppId, CallId? call, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public virtual Task<ClaimHolder?> SetTombstoneAsync(WhatsAppCallId whatsAppId, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public virtual Task<bool> PublishAsync(LiveCall call, CancellationToken cancellation) => throw new NotSupportedException();

    public virtual Task<bool> RemoveAsync(CallId callId, long token, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public virtual Task KeepDialogAsync(CallId callId, long token, string dialog, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public virtual Task<TakenDialog> TakeDialogAsync(CallId callId, CancellationToken cancellation) => throw new NotSupportedException();

    public virtual Task ForgetDialogAsync(CallId callId, CancellationToken cancellation) => throw new NotSupportedException();

    public virtual Task<bool?> GoesOnAsync(CallId callId, long token, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public virtual Task<bool> TakeAnswerLockAsync(WhatsAppCallId whatsAppId, CallId callId, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public virtual Task<IReadOnlyList<LiveCall>> ListAsync(CancellationToken cancellation) => throw new NotSupportedException();
}
