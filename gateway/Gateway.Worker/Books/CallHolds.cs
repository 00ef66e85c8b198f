using Gateway.Calls;
using Gateway.Calls.Admission;
using Gateway.Worker.Configuration;

namespace Gateway.Worker.Books;

/// <summary>The money that calls in progress hold: more of it while they run, all of it back where they never began.</summary>
internal sealed partial class CallHolds(
    GatewayOptions options, IAdmissionBook book, AwayBook away, TimeProvider time, ILogger<CallHolds> logger)
{
    private static readonly TimeSpan LongestPatience = TimeSpan.FromSeconds(5);

    /// <summary>For one answer of the store. The call goes on meanwhile, and has half a slice left: time for a second question.</summary>
    private readonly TimeSpan _patience = options.Calls.HoldSlice / 4 < LongestPatience ? options.Calls.HoldSlice / 4 : LongestPatience;

    /// <summary>The answer for the call: how much is held for it now, or that the store did not say.</summary>
    /// <param name="call">Whose hold.</param>
    /// <param name="startedAt">When it began.</param>
    /// <param name="upTo">All that is to be held.</param>
    public async Task<CallInput> ExtendAsync(CallIdentity call, DateTimeOffset startedAt, decimal upTo)
    {
        try
        {
            using var patience = new CancellationTokenSource(_patience, time);
            var result = await book.ExtendAsync(call.Id, upTo, patience.Token).WaitAsync(patience.Token);
            away.StoreIsBack();
            if (result.Outcome == HoldOutcome.Gone && away.HeldFor(call.Id) is { } local)
                result = await TakeOverAsync(call, startedAt, upTo, local, patience.Token);
            BookMetrics.Extended(result.Outcome);
            if (result.Outcome != HoldOutcome.Gone)
                return new CallInput.HoldExtended(result.Held, IsLast: result.Outcome == HoldOutcome.LastPulses);
            LogGone(call.Id);
            return new CallInput.HangUpRequested(HangupCause.NodeLost);
        }
        catch (Exception e) // Whatever ails the store: a live call goes on without it.
        {
            BookMetrics.NotExtended();
            if (away.Extend(call.Id, upTo) is { } granted)
                return new CallInput.HoldExtended(granted.Held, IsLast: granted.Outcome == HoldOutcome.LastPulses);
            LogNotExtended(call.Id, e.Message);
            return new CallInput.HoldFailed();
        }
    }

    /// <summary>The call has ended: what it held in memory is of no more use.</summary>
    public void Forget(CallIdentity call) => away.Forget(call.Id);

    /// <summary>A call that began while the store was away gets a hold like any other. Where the account cannot pay, it has what it was granted.</summary>
    private async Task<HoldResult> TakeOverAsync(CallIdentity call, DateTimeOffset startedAt, decimal upTo, decimal local, CancellationToken cancellation)
    {
        await book.AdmitAsync(AdmissionOf(call, startedAt, TimeSpan.Zero), cancellation);
        var result = await book.ExtendAsync(call.Id, upTo, cancellation);
        if (result.Outcome == HoldOutcome.Gone || result.Held < local)
            return new HoldResult(HoldOutcome.LastPulses, local);
        away.Forget(call.Id);
        return result;
    }

    /// <summary>How the books are asked about a call.</summary>
    public static AdmissionRequest AdmissionOf(CallIdentity call, DateTimeOffset startedAt, TimeSpan firstHold) =>
        new(call.Id, call.Direction, call.Channel, call.User, call.Node, call.NodeStart, startedAt, firstHold);

    /// <summary>Gives back what is held for a call that was refused or has ended while it was admitted. Its record gives it back too, only later.</summary>
    public async Task ReleaseAsync(CallIdentity call)
    {
        try
        {
            using var patience = new CancellationTokenSource(_patience, time);
            await book.ReleaseAsync(call.Id, patience.Token);
        }
        catch (Exception e) // The record of the call, once it is settled, releases what is left.
        {
            LogNotReleased(call.Id, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Call {CallId}: nothing is held for it any more: it was taken for lost and settled, so it ends")]
    private partial void LogGone(CallId callId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Call {CallId}: its hold could not be extended ({Reason}); it goes on")]
    private partial void LogNotExtended(CallId callId, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Call {CallId}: its hold could not be released ({Reason}); its record does it")]
    private partial void LogNotReleased(CallId callId, string reason);
}
