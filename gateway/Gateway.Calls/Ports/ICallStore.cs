namespace Gateway.Calls;

/// <summary>The memory that must survive (PostgreSQL): one row per call attempt, and what it cost. Every write may be repeated.</summary>
public interface ICallStore
{
    /// <summary>Notes that an attempt began, so that even one cut short by a crash leaves a row. Repeating it changes nothing.</summary>
    Task BeginAsync(CallIdentity call, DateTimeOffset startedAt, CancellationToken cancellation);

    /// <summary>Notes the pick-up, so that a call cut short by a crash is charged from there. Repeating it changes nothing.</summary>
    Task AnsweredAsync(
        CallId call, DateTimeOffset startedAt, DateTimeOffset answeredAt, string? agent, string? trunk, WhatsAppCallId? whatsAppId,
        CancellationToken cancellation);

    /// <summary>Notes that nothing came from a leg of a call for the configured time: an event; the call goes on.</summary>
    Task SilentAsync(CallId call, DateTimeOffset startedAt, DateTimeOffset at, CallLeg leg, CancellationToken cancellation);

    /// <summary>
    /// Settles a call, all or nothing: completes its row, charges its account once, counts its volume, releases its hold, and tells of it.
    /// The first completion of a call is the one that stays; <see cref="CallRecord.Price"/> is worked out here.
    /// </summary>
    Task CompleteAsync(CallRecord record, CancellationToken cancellation);

    /// <summary>A page of completed attempts, the newest first.</summary>
    Task<IReadOnlyList<CallRecord>> ListAsync(CallQuery query, CancellationToken cancellation);

    /// <summary>A completed attempt; null: there is none.</summary>
    Task<CallRecord?> FindAsync(CallId call, CancellationToken cancellation);
}
