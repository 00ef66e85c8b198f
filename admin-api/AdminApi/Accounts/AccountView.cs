using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Storage.Accounts;

namespace AdminApi.Accounts;

/// <param name="Id">Its name in paths and channels.</param>
/// <param name="Name">For people.</param>
/// <param name="Currency">ISO 4217; never changes.</param>
/// <param name="RateCard">What its calls are rated by; null: they have no price and are refused.</param>
/// <param name="Balance">The sum of its ledger, to the last digit.</param>
/// <param name="Held">What calls in progress may spend of it.</param>
/// <param name="Available">What a new call may hold.</param>
/// <param name="TopUpNeeded">Calls of some direction are refused until there is more money.</param>
/// <param name="Inbound">Calls of users.</param>
/// <param name="Outbound">Calls to users.</param>
/// <param name="IsClosed">It takes no money and pays for nothing.</param>
/// <param name="Version">Its ETag; money does not change it.</param>
/// <param name="CreatedAt">When it was opened.</param>
public sealed record AccountView(
    string Id, string Name, string Currency, string? RateCard, decimal Balance, decimal Held, decimal Available, bool TopUpNeeded, MinimumView Inbound,
    MinimumView Outbound, bool IsClosed, long Version, DateTimeOffset CreatedAt) : IVersioned
{
    public static AccountView Of(Account account)
    {
        var inbound = MinimumView.Of(account, CallDirection.Inbound, account.MinimumInbound);
        var outbound = MinimumView.Of(account, CallDirection.Outbound, account.MinimumOutbound);
        return new AccountView(
            account.Id, account.Name, account.Currency, account.RateCard, account.Balance, account.Held, account.Available,
            inbound.TopUpNeeded || outbound.TopUpNeeded, inbound, outbound, account.IsClosed, account.Version, account.CreatedAt);
    }
}

/// <param name="Minimum">The balance that such a call needs.</param>
/// <param name="TopUpNeeded">The balance is below it: such calls are refused.</param>
/// <param name="Shortfall">What is missing to it.</param>
public sealed record MinimumView(decimal Minimum, bool TopUpNeeded, decimal Shortfall)
{
    public static MinimumView Of(Account account, CallDirection direction, decimal minimum)
    {
        var shortfall = account.ShortfallFor(direction);
        return new MinimumView(minimum, shortfall > 0, shortfall);
    }
}

/// <param name="Id">Lower-case letters, digits, - and _; at most 64.</param>
/// <param name="Name">1 to 200 characters.</param>
/// <param name="Currency">ISO 4217; never changes.</param>
/// <param name="RateCard">Of the same currency; null: its calls have no price and are refused.</param>
/// <param name="MinimumInbound">The balance that a call of a user needs.</param>
/// <param name="MinimumOutbound">The balance that a call to a user needs.</param>
public sealed record NewAccount(
    string Id, string Name, string Currency, string? RateCard = null, decimal MinimumInbound = 10m, decimal MinimumOutbound = 10m);

/// <param name="Name">1 to 200 characters.</param>
/// <param name="RateCard">Of the same currency; null: its calls have no price and are refused.</param>
/// <param name="MinimumInbound">The balance that a call of a user needs.</param>
/// <param name="MinimumOutbound">The balance that a call to a user needs.</param>
/// <param name="IsClosed">True closes it, unless calls in progress hold its money; false opens it again.</param>
public sealed record ChangedAccount(string Name, string? RateCard, decimal MinimumInbound, decimal MinimumOutbound, bool IsClosed);

/// <param name="Amount">In the account's currency.</param>
/// <param name="Currency">The account's: so that nobody tops up in another by mistake.</param>
/// <param name="Note">For whoever reads the ledger; at most 500 characters.</param>
public sealed record NewMovement(decimal Amount, string Currency, string? Note = null);

/// <param name="Id">Grows with time.</param>
/// <param name="Kind">top_up, charge, adjustment or rerating.</param>
/// <param name="Amount">Below zero where the account paid.</param>
/// <param name="BalanceAfter">The balance with it.</param>
/// <param name="Call">The gateway's id of the call, for charge and rerating.</param>
/// <param name="Actor">Who moved it.</param>
/// <param name="Note">Why.</param>
/// <param name="At">When.</param>
public sealed record EntryView(long Id, string Kind, decimal Amount, decimal BalanceAfter, string? Call, string Actor, string? Note, DateTimeOffset At)
{
    public static EntryView Of(LedgerEntry entry) => new(
        entry.Id, entry.Kind, entry.Amount, entry.BalanceAfter, entry.CallId, entry.Actor, entry.Note, entry.CreatedAt);
}

/// <param name="Call">The gateway's id of the call that may spend it.</param>
/// <param name="Amount">How much.</param>
/// <param name="Node">The node that carries the call.</param>
/// <param name="RateCard">By which the call is rated.</param>
/// <param name="Prefix">The rate's prefix.</param>
/// <param name="PricePerMinute">The rate's, below its first tier.</param>
/// <param name="TakenAt">When the call was admitted.</param>
/// <param name="ExtendedAt">When the amount last grew.</param>
public sealed record HoldView(
    string Call, decimal Amount, string Node, string RateCard, string Prefix, decimal PricePerMinute, DateTimeOffset TakenAt, DateTimeOffset ExtendedAt)
{
    public static HoldView Of(Hold hold) => new(
        hold.CallId, hold.Amount, hold.Node, hold.RateCard, hold.RatePrefix, hold.PricePerMinute, hold.TakenAt, hold.ExtendedAt);
}
