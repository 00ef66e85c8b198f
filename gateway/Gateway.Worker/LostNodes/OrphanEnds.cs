using Gateway.Calls.Records;
using Gateway.Storage.Calls;
using Gateway.Storage.Nodes;

namespace Gateway.Worker.LostNodes;

/// <summary>
/// Ends what the sweeper finds: in PostgreSQL, at Meta and at the PBX. What another node goes on with is no orphan.
/// </summary>
internal sealed class OrphanEnds(ICallStore store, PostgresCallStore rows, NodeLeases leases, LostCalls lost, LostPhones phones)
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
