using Gateway.Calls.Quality;
using Media.Protocols.Primitives;

namespace Gateway.Calls.Records;

/// <summary>The durable store of calls (PostgreSQL): one row per call attempt, and what it cost. Every write may be repeated.</summary>
public interface ICallStore
{
    /// <summary>
    /// Stores pick-ups, so that calls cut short by a crash are charged from there; the beginnings of the calls too, where they are missing.
    /// Repeating it changes nothing.
    /// </summary>
    Task AnsweredAsync(IReadOnlyList<CallAnswer> answers, CancellationToken cancellation);

    /// <summary>
    /// Notes the phones' dialogs of an answered call whose pick-up was stored without them. Does nothing where the call is over, or another
    /// node's. False: the call has no row yet, so they are to be noted again.
    /// </summary>
    Task<bool> DialogsAsync(CallId call, DateTimeOffset startedAt, string dialogs, CancellationToken cancellation);

    /// <summary>
    /// Notes in the row of a call that no node has any more when it was picked up, as Meta says at its end. Does nothing where a pick-up is
    /// known, or the record is complete.
    /// </summary>
    Task TalkedAsync(CallId call, WhatsAppCallId whatsAppId, DateTimeOffset pickUp, CancellationToken cancellation);

    /// <summary>Stores as an event that no packet came from a leg for the configured time; the call goes on.</summary>
    Task SilentAsync(CallId call, DateTimeOffset startedAt, DateTimeOffset at, CallLeg leg, CancellationToken cancellation);

    /// <summary>Stores as an event that a leg's quality has become too bad; the call goes on.</summary>
    Task DegradedAsync(
        CallId call, DateTimeOffset startedAt, DateTimeOffset at, Degradation degradation, CancellationToken cancellation);

    /// <summary>Stores as an event that a leg's spell of bad quality is over.</summary>
    Task RecoveredAsync(CallId call, DateTimeOffset startedAt, DateTimeOffset at, Recovery recovery, CancellationToken cancellation);

    /// <summary>
    /// Settles a call, all or nothing: completes its row, charges its account once, counts its volume, releases its hold, and adds the
    /// event. The first completion of a call is final; <see cref="CallRecord.Price"/> is calculated here.
    /// </summary>
    Task CompleteAsync(CallRecord record, CancellationToken cancellation);

    /// <summary>
    /// Settles several calls, each as it would be alone: together, or none of them where one cannot be written.
    /// </summary>
    Task CompleteAllAsync(IReadOnlyList<CallRecord> records, CancellationToken cancellation);

    /// <summary>A page of completed attempts, the newest first.</summary>
    Task<IReadOnlyList<CallRecord>> ListAsync(CallQuery query, CancellationToken cancellation);

    /// <summary>A completed attempt; null: there is none.</summary>
    Task<CallRecord?> FindAsync(CallId call, CancellationToken cancellation);
}
