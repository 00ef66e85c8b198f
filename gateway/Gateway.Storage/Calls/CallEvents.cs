using Gateway.Calls;
using Gateway.Calls.Records;
using Gateway.Calls.Rules;
using Gateway.Storage.Events;

namespace Gateway.Storage.Calls;

/// <summary>The events at the end of a call: its outcome, and the effect on the account.</summary>
internal static class CallEvents
{
    public static NewEvent Of(CallRecord call, CallOutcome outcome, long? contact)
    {
        var kind = outcome switch
        {
            CallOutcome.Missed => EventKind.CallMissed,
            CallOutcome.Refused => EventKind.CallRefused,
            _ => EventKind.CallEnded,
        };
        return new NewEvent(kind, call.EndedAt, call.Channel.Value, contact, call.Id.Value, call.Funding?.Account, DataOf(call));
    }

    private static CallEndedData DataOf(CallRecord call) => new(
        call.Direction, CallRow.Clean(call.User.Handle)!, call.Cause, call.MediaFault, CallRow.Clean(call.Trunk),
        CallRow.Clean(call.Agent), call.AgentSince, call.AgentId, call.Flow, call.Group, call.WaitedFrom, call.AgentAnsweredAt,
        call.StartedAt, call.AnsweredAt, call.EndedAt, call.Funding?.Currency, call.Price?.Amount);

    /// <summary>A user who waited for an agent and did not get one, beside the missed call.</summary>
    public static IEnumerable<NewEvent> OfQueue(CallRecord call, CallOutcome outcome, long? contact)
    {
        if (outcome != CallOutcome.Missed || call is not { WaitedFrom: { } since, AgentAnsweredAt: null })
            yield break;
        yield return new NewEvent(
            EventKind.CallAbandoned, call.EndedAt, call.Channel.Value, contact, call.Id.Value, Data: new CallAbandonedData(
                CallRow.Clean(call.User.Handle)!, call.Group, call.Flow, Math.Max(0, (int)(call.EndedAt - since).TotalSeconds),
                call.Cause));
    }

    /// <param name="call">The call with its price.</param>
    /// <param name="payer">The account before the charge; null: the call is not billed.</param>
    public static IEnumerable<NewEvent> OfMoney(CallRecord call, PayingAccount? payer)
    {
        if (payer is null || call.Funding is not { } funding)
            yield break;
        var balance = payer.Balance - (call.Price?.Amount ?? 0);
        if (balance < payer.Minimum && payer.Balance >= payer.Minimum)
            yield return new NewEvent(
                EventKind.BalanceLow, call.EndedAt, CallId: call.Id.Value, Account: payer.Id,
                Data: new BalanceLowData(balance, payer.Minimum, funding.Currency));
        if (call.Cause == HangupCause.BalanceExhausted)
            yield return new NewEvent(
                EventKind.BalanceExhausted, call.EndedAt, call.Channel.Value, CallId: call.Id.Value, Account: payer.Id,
                Data: new BalanceExhaustedData(balance, funding.Currency));
    }
}
