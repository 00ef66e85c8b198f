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
        return new NewEvent(kind, call.EndedAt, call.Channel.Value, contact, call.Id.Value, call.Funding?.Account, new
        {
            call.Direction,
            User = CallRow.Clean(call.User.Handle),
            call.Cause,
            call.MediaFault,
            Trunk = CallRow.Clean(call.Trunk),
            Agent = CallRow.Clean(call.Agent),
            call.AgentSince,
            call.StartedAt,
            call.AnsweredAt,
            call.EndedAt,
            call.Funding?.Currency,
            Price = call.Price?.Amount,
        });
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
                Data: new { balance, payer.Minimum, funding.Currency });
        if (call.Cause == HangupCause.BalanceExhausted)
            yield return new NewEvent(
                EventKind.BalanceExhausted, call.EndedAt, call.Channel.Value, CallId: call.Id.Value, Account: payer.Id,
                Data: new { balance, funding.Currency });
    }
}
