using static Gateway.Calls.HangupCause;

namespace Gateway.Calls;

/// <summary>What became of an attempt, as people ask about it.</summary>
public enum CallOutcome
{
    /// <summary>It was answered, or the called side was reached and did not answer.</summary>
    Ended,

    /// <summary>A user called and nobody answered, whatever the reason: someone should call back.</summary>
    Missed,

    /// <summary>It may not begin: by our settings, the account, the user's permission, or a limit.</summary>
    Refused,
}

/// <summary>Tells outcomes from causes.</summary>
public static class CallOutcomes
{
    public static CallOutcome Of(CallRecord call)
    {
        if (call.AnsweredAt is not null)
            return CallOutcome.Ended;
        if (call.Direction == CallDirection.Outbound)
            return IsRefusal(call.Cause) ? CallOutcome.Refused : CallOutcome.Ended;
        // Where users may not call at all, nobody missed them; and a call that another node answered is that node's.
        return call.Cause switch
        {
            ChannelDisabled or CountryNotServed => CallOutcome.Refused,
            AnsweredElsewhere => CallOutcome.Ended,
            _ => CallOutcome.Missed,
        };
    }

    private static bool IsRefusal(HangupCause cause) => cause is NotPermitted or ChannelDisabled or CountryNotServed or BalanceTooLow or NoRate
        or PaymentRequired or RateLimited or NoRoute or NoCapacity or Draining or StorageUnavailable;
}
