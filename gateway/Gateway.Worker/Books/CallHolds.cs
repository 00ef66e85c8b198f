using Gateway.Calls;
using Gateway.Calls.Admission;

namespace Gateway.Worker.Books;

/// <summary>The money that calls in progress hold: more of it while they run, all of it back where they never began.</summary>
internal sealed partial class CallHolds(IAdmissionBook book, TimeProvider time, ILogger<CallHolds> logger)
{
    /// <summary>For one answer of the store; the call goes on meanwhile.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>The answer for the call: how much is held for it now, or that the store did not say.</summary>
    public async Task<CallInput> ExtendAsync(CallIdentity call, decimal upTo)
    {
        try
        {
            using var patience = new CancellationTokenSource(Patience, time);
            var result = await book.ExtendAsync(call.Id, upTo, patience.Token);
            BookMetrics.Extended(result.Outcome);
            if (result.Outcome != HoldOutcome.Gone)
                return new CallInput.HoldExtended(result.Held, IsLast: result.Outcome == HoldOutcome.LastPulses);
            LogGone(call.Id);
            return new CallInput.HangUpRequested(HangupCause.NodeLost);
        }
        catch (Exception e) // Whatever ails the store: a live call goes on without it.
        {
            BookMetrics.NotExtended();
            LogNotExtended(call.Id, e.Message);
            return new CallInput.HoldFailed();
        }
    }

    /// <summary>Gives back what is held for a call that was refused or has ended while it was admitted. Its record gives it back too, only later.</summary>
    public async Task ReleaseAsync(CallIdentity call)
    {
        try
        {
            using var patience = new CancellationTokenSource(Patience, time);
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
