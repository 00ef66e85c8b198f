using Media.Protocols.Quality;

namespace Gateway.Calls.Lifecycle;

/// <summary>The result of an attempt to own a WhatsApp call id.</summary>
public enum ClaimResult
{
    /// <summary>Owned by the caller: go on.</summary>
    Claimed,

    /// <summary>Taken to be owned, since the registry does not answer: another node may have it too.</summary>
    Assumed,

    /// <summary>Already owned, by this node or another: a duplicate webhook.</summary>
    Duplicate,

    /// <summary>The call ended before, or its terminate came before its connect: it must not ring.</summary>
    Tombstoned,
}

/// <summary>The holder of a WhatsApp call id.</summary>
/// <param name="Node">The node that runs the call; of one that is over, the node that set its tombstone.</param>
/// <param name="Call">The call; null once it is over.</param>
public sealed record ClaimHolder(string Node, CallId? Call)
{
    /// <summary>The registry did not answer: perhaps a node has the call.</summary>
    public static ClaimHolder? Unknown { get; } = new("", null);

    /// <summary>The call is over, or its end came before it.</summary>
    public bool IsTombstone => Call is null;
}

/// <summary>
/// The cluster's shared state of live calls (Redis): their owners, tombstones and answer locks. All of it can be lost without losing money
/// or a record.
/// </summary>
public interface ICallRegistry
{
    /// <summary>Takes ownership of a WhatsApp call id for this node.</summary>
    Task<ClaimResult> ClaimAsync(WhatsAppCallId whatsAppId, CallId callId, CancellationToken cancellation);

    /// <summary>
    /// Takes over the claim of a node that died before anything else knew of its call. False: it is another's by now, or the registry did
    /// not answer.
    /// </summary>
    /// <param name="whatsAppId">Meta's id.</param>
    /// <param name="from">The call for which it was claimed.</param>
    /// <param name="callId">The call that begins instead.</param>
    /// <param name="cancellation">The caller's token.</param>
    Task<bool> ReclaimAsync(WhatsAppCallId whatsAppId, CallId from, CallId callId, CancellationToken cancellation);

    /// <summary>
    /// Sets a tombstone for a WhatsApp call that is over, so that late webhooks do not start it again. The holder until then, which is null
    /// where nobody had the call.
    /// </summary>
    Task<ClaimHolder?> SetTombstoneAsync(WhatsAppCallId whatsAppId, CancellationToken cancellation);

    /// <summary>A WhatsApp call is over: this node, and it alone, begins it no more. Nothing is written.</summary>
    void NoteEnd(WhatsAppCallId whatsAppId) { }

    /// <summary>The holder of a call that a webhook names; null where no node is known to have it.</summary>
    /// <param name="whatsAppId">Meta's id.</param>
    /// <param name="call">Our own id as Meta gave it back, which is known before Meta's is; null where it did not.</param>
    /// <param name="cancellation">The caller's token.</param>
    Task<ClaimHolder?> FindHolderAsync(WhatsAppCallId whatsAppId, CallId? call, CancellationToken cancellation);

    /// <summary>
    /// Publishes an operator's view of a live call; refreshed by its owner, expires some time after the owner is gone. False: another node
    /// has taken the call over, and nothing was written.
    /// </summary>
    Task<bool> PublishAsync(LiveCall call, CancellationToken cancellation);

    /// <summary>Removes a live call that has ended. False: another node has taken it over, and nothing was removed.</summary>
    /// <param name="callId">The call.</param>
    /// <param name="token">The owner's.</param>
    /// <param name="cancellation">The caller's token.</param>
    Task<bool> RemoveAsync(CallId callId, long token, CancellationToken cancellation);

    /// <summary>
    /// Stores the data that end the call at the PBX when its node is lost, in a format private to the SIP side. They outlive the node by
    /// hours and are removed by <see cref="RemoveAsync"/>. Nothing is stored where another node has taken the call over.
    /// </summary>
    Task KeepDialogAsync(CallId callId, long token, string dialog, CancellationToken cancellation);

    /// <summary>Another node has taken the call over: this one is not to show it again. Nothing is written.</summary>
    void LetGo(CallId callId) { }

    /// <summary>
    /// True for a call of a lost node that another one has taken over, or will, because its node has left what that needs: nobody else is
    /// to end it. Null: the registry did not answer.
    /// </summary>
    /// <param name="callId">The call.</param>
    /// <param name="token">The lost node's.</param>
    /// <param name="cancellation">The caller's token.</param>
    Task<bool?> GoesOnAsync(CallId callId, long token, CancellationToken cancellation) => Task.FromResult<bool?>(false);

    /// <summary>
    /// True for a call that another node has taken over, could not go on with, and has ended. Null: the registry did not answer.
    /// </summary>
    Task<bool?> WasEndedAsync(CallId callId, CancellationToken cancellation) => Task.FromResult<bool?>(false);

    /// <summary>
    /// Takes the stored dialog, to end it. One node gets it, as often as it asks until <see cref="ForgetDialogAsync"/>, since an answer may
    /// be lost; all others are to ask again, and one of them gets it where that node has died before it was forgotten.
    /// </summary>
    Task<TakenDialog> TakeDialogAsync(CallId callId, CancellationToken cancellation);

    /// <summary>The dialog that this node has taken is over.</summary>
    Task ForgetDialogAsync(CallId callId, CancellationToken cancellation);

    /// <summary>Takes the answer lock: true for the first caller per call, false for all others.</summary>
    Task<bool> TakeAnswerLockAsync(WhatsAppCallId whatsAppId, CallId callId, CancellationToken cancellation);

    /// <summary>All live calls of all nodes.</summary>
    Task<IReadOnlyList<LiveCall>> ListAsync(CancellationToken cancellation);
}

/// <summary>The answer to a node that is to end a call at the PBX.</summary>
/// <param name="WasAnswered">False: the registry did not answer, or another node has taken it; it is to be asked again.</param>
/// <param name="Text">As it was stored; null: none is, or no more.</param>
public readonly record struct TakenDialog(bool WasAnswered, string? Text)
{
    public static readonly TakenDialog Unknown = new(false, null);
}

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
    string Node)
{
    /// <summary>From when on <see cref="Agent"/> had the call; null before the answer, and while nobody is named.</summary>
    public DateTimeOffset? AgentSince { get; init; }

    /// <summary>The fencing token of <see cref="Node"/>.</summary>
    public long OwnerToken { get; init; } = 1;

    /// <summary>How far <see cref="Agent"/> is with asking somebody before handing the call over.</summary>
    public ConsultationState Consultation { get; init; }

    /// <summary>The last sample of the conversation's quality; null: there is none yet, or its node takes none.</summary>
    public LiveQuality? Quality { get; init; }
}

/// <summary>The quality of a live call.</summary>
/// <param name="At">The end of the time that the sample covers.</param>
/// <param name="Sample">Of both legs.</param>
public sealed record LiveQuality(DateTimeOffset At, MediaSample Sample);
