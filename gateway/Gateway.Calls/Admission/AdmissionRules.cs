using Gateway.Calls.Balances;
using Gateway.Calls.Channels;
using Gateway.Calls.Permissions;
using Gateway.Calls.Rules;

namespace Gateway.Calls.Admission;

/// <summary>
/// Decides from everything the store knows whether a call may begin: the channel first, then the money, the user's permission last, because
/// Meta may know a newer permission than the store.
/// </summary>
public static class AdmissionRules
{
    public static AdmissionVerdict Decide(AdmissionFacts facts, AdmissionRequest request)
    {
        var funding = FundingOf(facts);
        if (facts.Channel is not { } channel)
            return Refused(HangupCause.NoRoute, funding);
        if (ChannelRules.MayCall(channel, request.Direction, request.At) is { } refusal)
            return new AdmissionVerdict.Refused(refusal.Cause, refusal.Text, funding);
        if (facts.Account is { } account && MoneyRefusal(account, facts) is var (cause, text))
            return new AdmissionVerdict.Refused(cause, text ?? CauseTable.Refusal(cause).Text, funding);
        if (request.Direction == CallDirection.Outbound && !PermissionRules.MayCall(facts.Contact, request.At))
            return Refused(HangupCause.NotPermitted, funding);
        return new AdmissionVerdict.Admitted(funding);
    }

    /// <summary>The balance is compared exactly: 9.98 is below 10.</summary>
    private static (HangupCause Cause, string? Text)? MoneyRefusal(AccountFacts account, AdmissionFacts facts)
    {
        if (account.IsClosed)
            return (HangupCause.BalanceTooLow, "The account is closed");
        if (facts.Rate is null)
            return (HangupCause.NoRate, null);
        if (account.Balance < account.Minimum || facts.Held is null)
            return (HangupCause.BalanceTooLow, null);
        return null;
    }

    private static Funding? FundingOf(AdmissionFacts facts) =>
        facts is { Account: { } account, Rate: { } rate, Held: { } held } ? new Funding(account.Id, account.Currency, rate, held) : null;

    private static AdmissionVerdict.Refused Refused(HangupCause cause, Funding? funding) =>
        new(cause, CauseTable.Refusal(cause).Text, funding);
}
