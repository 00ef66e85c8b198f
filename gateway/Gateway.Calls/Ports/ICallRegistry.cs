namespace Gateway.Calls;

/// <summary>What became of an attempt to own a WhatsApp call id.</summary>
public enum ClaimResult
{
    /// <summary>Ours: go on.</summary>
    Claimed,

    /// <summary>Already owned, by this node or another: a duplicate webhook.</summary>
    Duplicate,

    /// <summary>The call ended before, or its terminate came before its connect: nothing may ring.</summary>
    Tombstoned,
}

/// <summary>
/// The cluster's live memory of calls (Redis): who owns which, which have ended, and who may answer. Everything in it can be lost without
/// losing money or a record.
/// </summary>
public interface ICallRegistry
{
    /// <summary>Takes ownership of a WhatsApp call id for this node.</summary>
    Task<ClaimResult> ClaimAsync(WhatsAppCallId whatsAppId, CallId callId, CancellationToken cancellation);

    /// <summary>The call and node that own a WhatsApp call id, or null.</summary>
    Task<CallOwner?> FindAsync(WhatsAppCallId whatsAppId, CancellationToken cancellation);

    /// <summary>Remembers that this WhatsApp call is over, so that late webhooks start no ghost. True where the call was owned by nobody.</summary>
    Task<bool> BuryAsync(WhatsAppCallId whatsAppId, CancellationToken cancellation);

    /// <summary>Publishes what an operator sees of a live call; refreshed by its owner, gone some time after the owner is.</summary>
    Task PublishAsync(LiveCall call, CancellationToken cancellation);

    /// <summary>Forgets a live call that has ended; its tombstone stays.</summary>
    Task RemoveAsync(CallId callId, CancellationToken cancellation);

    /// <summary>
    /// Keeps what ends the call at the PBX when its node has died: a text of the SIP side, which nobody else reads. It outlives the node by hours and goes
    /// with <see cref="RemoveAsync"/>.
    /// </summary>
    Task KeepDialogAsync(CallId callId, string dialog, CancellationToken cancellation);

    /// <summary>Takes the kept dialog away; one caller gets it, all others null.</summary>
    Task<string?> TakeDialogAsync(CallId callId, CancellationToken cancellation);

    /// <summary>One answer wins: true for the first caller per call, false for all others.</summary>
    Task<bool> TakeAnswerLockAsync(WhatsAppCallId whatsAppId, CallId callId, CancellationToken cancellation);

    /// <summary>All live calls of all nodes.</summary>
    Task<IReadOnlyList<LiveCall>> ListAsync(CancellationToken cancellation);
}

/// <summary>Which node runs a call.</summary>
public sealed record CallOwner(CallId CallId, string Node);

/// <summary>A live call as an operator sees it.</summary>
public sealed record LiveCall(
    CallId Id,
    WhatsAppCallId? WhatsAppId,
    CallDirection Direction,
    ChannelId Channel,
    string User,
    string? Trunk,
    string? Agent,
    CallState State,
    DateTimeOffset StartedAt,
    DateTimeOffset? AnsweredAt,
    string Node);
