using Gateway.Calls.Records;
using static Gateway.Calls.HangupCause;

namespace Gateway.Calls.Rules;

/// <summary>The outcome of an attempt, as users of the API filter by it.</summary>
public enum CallOutcome
{
    /// <summary>It was answered, or the called side was reached and did not answer.</summary>
    Ended,

    /// <summary>A user called and was not answered, for any reason: someone should call back.</summary>
    Missed,

    /// <summary>It was not allowed to begin: by our settings, the account, the user's permission, or a limit.</summary>
    Refused,
}

/// <summary>Maps causes to outcomes.</summary>
public static class CallOutcomes
{
    public static CallOutcome Of(CallRecord call) => Of(
        call.Direction, call.Cause, call.AnsweredAt is not null, call is { Flow: not null, WaitedFrom: not null, AgentAnsweredAt: null });

    /// <param name="direction">Who called.</param>
    /// <param name="cause">Why it ended.</param>
    /// <param name="isAnswered">True where anybody answered, the gateway itself included.</param>
    /// <param name="wasOnlyHeld">True where a flow let it wait for an agent, and none answered.</param>
    public static CallOutcome Of(CallDirection direction, HangupCause cause, bool isAnswered, bool wasOnlyHeld)
    {
        // Whoever gave up in a queue was answered by the gateway alone, and wanted an agent.
        if (isAnswered)
            return wasOnlyHeld ? CallOutcome.Missed : CallOutcome.Ended;
        if (direction == CallDirection.Outbound)
            return IsRefusal(cause) ? CallOutcome.Refused : CallOutcome.Ended;
        // Where users may not call at all, the call was not missed; and a call that another node answered is that node's.
        return cause switch
        {
            ChannelDisabled or CountryNotServed => CallOutcome.Refused,
            AnsweredElsewhere => CallOutcome.Ended,
            _ => CallOutcome.Missed,
        };
    }

    /// <summary>
    /// True for an outbound attempt that the gateway itself refused before Meta heard of it: it reached nobody, costs nothing and says
    /// nothing about the user. A PBX can make any number of them.
    /// </summary>
    public static bool IsRefusedHere(CallRecord call) =>
        call is
        {
            Direction: CallDirection.Outbound, AnsweredAt: null, Funding: null, WhatsAppId: null, WhatsAppError: null,
            WhatsAppQuality: null, PbxQuality: null, EarlierAgents.Count: 0,
        } && IsRefusal(call.Cause);

    private static bool IsRefusal(HangupCause cause) =>
        cause is NotPermitted or ChannelDisabled or CountryNotServed or BalanceTooLow or NoRate
        or PaymentRequired or RateLimited or NoRoute or PstnForbidden or NoCapacity or Draining or StorageUnavailable;
}
