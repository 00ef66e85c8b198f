using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Records;
using Gateway.Storage;
using Gateway.Storage.Calls;
using Media.Protocols.Primitives;

namespace Gateway.Worker.LostNodes;

/// <summary>Ends calls of lost nodes that nobody can go on with: both sides, and the record, with all that a record changes.</summary>
internal sealed partial class LostCallEnds(
    PostgresCallStore rows, OrphanSweeper orphans, ICallStore records, LostCalls lost, LostPhones phones, TimeProvider time,
    ILogger<LostCallEnds> logger)
{
    /// <summary>PostgreSQL is asked for the record of an ended call so often; then a sweep has it.</summary>
    private const int RecordTries = 10;

    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    /// <summary>Returns when both sides are being ended; the record follows.</summary>
    public async Task EndAsync(LiveCall call)
    {
        await phones.HangUpAsync(call.Id, await DialogsOfAsync(call.Id), CancellationToken.None);
        await lost.EndAtMetaAsync(call, rows.KnowsAsync);
        _ = RecordAsync(call.Id);
    }

    /// <summary>The same of a call that was answered, whose row PostgreSQL has.</summary>
    public async Task EndAsync(CallIdentity call, WhatsAppCallId whatsAppId)
    {
        await phones.HangUpAsync(call.Id, await DialogsOfAsync(call.Id), CancellationToken.None);
        lost.End(call.Id, call.Channel, whatsAppId);
        _ = RecordAsync(call.Id);
    }

    /// <summary>Where this process ends meanwhile, a sweep finds the row. Never throws.</summary>
    private async Task RecordAsync(CallId call)
    {
        for (var tries = 1; ; tries++, await Task.Delay(Retry, time))
        {
            try
            {
                if (await time.WithinAsync(Retry, timeout => orphans.FindAsync(call, timeout)) is not { } record)
                    return;
                if (record.AnsweredAt is null)
                    await lost.ReportAsync(call);
                await time.WithinAsync(Retry, timeout => records.CompleteAsync(lost.Complete(record), timeout));
                return;
            }
            catch (Exception e) // PostgreSQL. While this node's claim is in Redis no sweep ends the call.
            {
                if (tries < RecordTries)
                    continue;
                LogNotRecorded(call, e.Message);
                return;
            }
        }
    }

    /// <summary>Those that the call had when it was answered, where PostgreSQL says so in time.</summary>
    private async Task<string?> DialogsOfAsync(CallId call)
    {
        try
        {
            return await time.WithinAsync(Retry, timeout => rows.FindDialogsAsync(call, timeout));
        }
        catch (Exception) // Redis has them, in most cases.
        {
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Call {CallId} was ended for a node that is gone; its record follows: {Reason}")]
    private partial void LogNotRecorded(CallId callId, string reason);
}
