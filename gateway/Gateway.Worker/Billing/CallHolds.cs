using Gateway.Calls;
using Gateway.Calls.Admission;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Records;
using Gateway.Worker.Configuration;

namespace Gateway.Worker.Billing;

/// <summary>The holds of calls in progress: extended while they run, released where they never began.</summary>
internal sealed partial class CallHolds(
    LiveOptions live, IAdmissionStore admissions, ICallStore calls, OutageAdmissions outage, TimeProvider time,
    ILogger<CallHolds> logger)
{
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Timeout of one request to the store. The call goes on meanwhile, and has
    /// half a slice left: time for a second request.</summary>
    private TimeSpan LongestWait => live.Options.Calls.HoldSlice / 4 is var quarter && quarter < LongestTimeout ? quarter : LongestTimeout;

    /// <summary>Extends a hold. The result is the amount now held, or that the store was unavailable.</summary>
    /// <param name="call">The call.</param>
    /// <param name="startedAt">Its start.</param>
    /// <param name="upTo">The new total to hold.</param>
    public async Task<CallInput> ExtendAsync(CallIdentity call, DateTimeOffset startedAt, decimal upTo)
    {
        try
        {
            using var timeout = new CancellationTokenSource(LongestWait, time);
            var result = await admissions.ExtendAsync(call.Id, upTo, timeout.Token).WaitAsync(timeout.Token);
            outage.StoreIsBack();
            if (result.Outcome == HoldOutcome.Gone && await StillHeldAsync(call.Id, timeout.Token) is { } local)
                result = await TakeOverAsync(call, startedAt, upTo, local, timeout.Token);
            AdmissionMetrics.Extended(result.Outcome);
            if (result.Outcome != HoldOutcome.Gone)
                return new CallInput.HoldExtended(result.Held, IsLast: result.Outcome == HoldOutcome.LastPulses);
            LogGone(call.Id);
            return new CallInput.HangUpRequested(HangupCause.NodeLost);
        }
        catch (Exception e) // Whatever the fault of the store: a call in progress goes on without it.
        {
            AdmissionMetrics.NotExtended();
            if (outage.Extend(call.Id, upTo) is { } granted)
                return new CallInput.HoldExtended(granted.Held, IsLast: granted.Outcome == HoldOutcome.LastPulses);
            LogNotExtended(call.Id, e.Message);
            return new CallInput.HoldFailed();
        }
    }

    /// <summary>Drops what is held in memory for a call that has ended.</summary>
    public void Forget(CallIdentity call) => outage.Forget(call.Id);

    /// <summary>
    /// The money of a call whose hold the store does not have: held here, because the store was unavailable; nothing, where the store never
    /// heard of it, as a standby that was promoted before it had the call. Null: the call was settled by somebody else.
    /// </summary>
    private async Task<decimal?> StillHeldAsync(CallId call, CancellationToken cancellation) =>
        outage.HeldFor(call) ?? (await calls.FindAsync(call, cancellation) is null ? 0m : null);

    /// <summary>Gives a call a regular hold that the store does not have. Where the account cannot pay, it keeps what it was
    /// granted.</summary>
    private async Task<HoldResult> TakeOverAsync(
        CallIdentity call, DateTimeOffset startedAt, decimal upTo, decimal local, CancellationToken cancellation)
    {
        await admissions.AdmitAsync(AdmissionOf(call, startedAt, TimeSpan.Zero), cancellation);
        var result = await admissions.ExtendAsync(call.Id, upTo, cancellation);
        if (result.Outcome == HoldOutcome.Gone || result.Held < local)
            return new HoldResult(HoldOutcome.LastPulses, local);
        outage.Forget(call.Id);
        return result;
    }

    /// <summary>The request to the store about a call.</summary>
    public static AdmissionRequest AdmissionOf(CallIdentity call, DateTimeOffset startedAt, TimeSpan firstHold) =>
        new(call.Id, call.Direction, call.Channel, call.User, call.Node, call.NodeStart, startedAt, firstHold);

    /// <summary>Releases the hold of a call that was refused or ended during admission.
    /// Its record would release it too, only later.</summary>
    public async Task ReleaseAsync(CallIdentity call)
    {
        try
        {
            using var timeout = new CancellationTokenSource(LongestWait, time);
            await admissions.ReleaseAsync(call.Id, timeout.Token);
        }
        catch (Exception e) // The record of the call, once it is settled, releases what is left.
        {
            LogNotReleased(call.Id, e.Message);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Error, Message = "Call {CallId}: its hold is gone, because it was taken for lost and settled; the call ends")]
    private partial void LogGone(CallId callId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Call {CallId}: its hold could not be extended ({Reason}); the call goes on")]
    private partial void LogNotExtended(CallId callId, string reason);

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "Call {CallId}: its hold could not be released ({Reason}); it is released with the record")]
    private partial void LogNotReleased(CallId callId, string reason);
}
