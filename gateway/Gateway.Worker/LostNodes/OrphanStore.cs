using Gateway.Calls;
using Gateway.Calls.Quality;
using Gateway.Calls.Records;
using Gateway.Storage.Calls;
using Gateway.Storage.Nodes;
using Media.Protocols.Primitives;

namespace Gateway.Worker.LostNodes;

/// <summary>
/// The store through which the sweeper completes orphans: in PostgreSQL, at Meta and at the PBX. What another node goes on with is none.
/// </summary>
internal sealed class OrphanStore(
    ICallStore store, PostgresCallStore rows, NodeLeases leases, LostCalls lost, LostPhones phones) : ICallStore
{
    public async Task CompleteAsync(CallRecord record, CancellationToken cancellation)
    {
        if (await lost.GoesOnAsync(record.Id, record.OwnerToken, cancellation))
            return; // PostgreSQL is to learn of it yet, or it is found again
        await phones.HangUpAsync(record.Id, await rows.FindDialogsAsync(record.Id, cancellation), cancellation);
        if (lost.Complete(record).WhatsAppId is { } whatsAppId)
        {
            if (!await IsBackAsync(record.Node)) // or it reads its inbox itself
                await lost.NoteEndsAsync(record.Node);
            lost.End(record.Id, record.Channel, whatsAppId);
        }
        record = lost.Complete(record);
        if (record.AnsweredAt is not null || !lost.IsReportAwaited(record.Id)) // or it is found again
            await store.CompleteAsync(record, cancellation);
    }

    public Task CompleteAllAsync(IReadOnlyList<CallRecord> records, CancellationToken cancellation) =>
        store.CompleteAllAsync(records, cancellation);

    public Task AnsweredAsync(IReadOnlyList<CallAnswer> answers, CancellationToken cancellation) =>
        store.AnsweredAsync(answers, cancellation);

    public Task<bool> DialogsAsync(CallId call, DateTimeOffset startedAt, string dialogs, CancellationToken cancellation) =>
        store.DialogsAsync(call, startedAt, dialogs, cancellation);

    public Task TalkedAsync(CallId call, WhatsAppCallId whatsAppId, DateTimeOffset pickUp, CancellationToken cancellation) =>
        store.TalkedAsync(call, whatsAppId, pickUp, cancellation);

    public Task SilentAsync(CallId call, DateTimeOffset startedAt, DateTimeOffset at, CallLeg leg, CancellationToken cancellation) =>
        store.SilentAsync(call, startedAt, at, leg, cancellation);

    public Task DegradedAsync(
        CallId call, DateTimeOffset startedAt, DateTimeOffset at, Degradation degradation, CancellationToken cancellation) =>
        store.DegradedAsync(call, startedAt, at, degradation, cancellation);

    public Task RecoveredAsync(
        CallId call, DateTimeOffset startedAt, DateTimeOffset at, Recovery recovery, CancellationToken cancellation) =>
        store.RecoveredAsync(call, startedAt, at, recovery, cancellation);

    public Task<IReadOnlyList<CallRecord>> ListAsync(CallQuery query, CancellationToken cancellation) =>
        store.ListAsync(query, cancellation);

    public Task<CallRecord?> FindAsync(CallId call, CancellationToken cancellation) => store.FindAsync(call, cancellation);

    /// <summary>The node has started again. True too where Redis cannot say.</summary>
    private async Task<bool> IsBackAsync(string node)
    {
        try
        {
            return (await leases.AliveAsync()).Any(one => one.Id == node);
        }
        catch (Exception) // Redis.
        {
            return true;
        }
    }
}
