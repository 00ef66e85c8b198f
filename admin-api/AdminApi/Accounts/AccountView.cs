using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Storage.Accounts;

namespace AdminApi.Accounts;

/// <param name="Id">Its id in paths and channels.</param>
/// <param name="Name">For people.</param>
/// <param name="Currency">ISO 4217; never changes.</param>
/// <param name="RateCard">The card by which its calls are rated; null: they have no price and are refused.</param>
/// <param name="Balance">The sum of its ledger, to the last digit.</param>
/// <param name="Held">The part of the balance held for calls in progress.</param>
/// <param name="Available">The amount that new calls may hold.</param>
/// <param name="TopUpNeeded">True where calls of some direction are refused until there is more money.</param>
/// <param name="Inbound">Calls of users.</param>
/// <param name="Outbound">Calls to users.</param>
/// <param name="LowBalance">The balance below which balance.low is published; null: the greater of both minimums.</param>
/// <param name="IsClosed">True where it takes no money and pays for no calls.</param>
/// <param name="Version">Its ETag; money does not change it.</param>
/// <param name="CreatedAt">The time at which it was opened.</param>
public sealed record AccountView(
    string Id, string Name, string Currency, string? RateCard, decimal Balance, decimal Held, decimal Available, bool TopUpNeeded,
    MinimumView Inbound,
    MinimumView Outbound, decimal? LowBalance, bool IsClosed, long Version, DateTimeOffset CreatedAt) : IVersioned
{
    public static AccountView Of(Account account)
    {
        var inbound = MinimumView.Of(account, CallDirection.Inbound, account.MinimumInbound);
        var outbound = MinimumView.Of(account, CallDirection.Outbound, account.MinimumOutbound);
        return new AccountView(
            account.Id, account.Name, account.Currency, account.RateCard, account.Balance, account.Held, account.Available,
            inbound.TopUpNeeded || outbound.TopUpNeeded, inbound, outbound, account.LowBalance, account.IsClosed,
            account.Version, account.CreatedAt);
    }
}

/// <param name="Minimum">The balance required for such a call.</param>
/// <param name="TopUpNeeded">True where the balance is below it: such calls are refused.</param>
/// <param name="Shortfall">The amount missing to it.</param>
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
/// <param name="RateCard">A card of the same currency; null: its calls have no price and are refused.</param>
/// <param name="MinimumInbound">The balance required for a call of a user.</param>
/// <param name="MinimumOutbound">The balance required for a call to a user.</param>
/// <param name="LowBalance">The balance below which balance.low is published; null: the greater of both minimums.</param>
public sealed record NewAccount(
    string Id, string Name, string Currency, string? RateCard = null, decimal MinimumInbound = 10m, decimal MinimumOutbound = 10m,
    decimal? LowBalance = null);

/// <param name="Name">1 to 200 characters.</param>
/// <param name="RateCard">A card of the same currency; null: its calls have no price and are refused.</param>
/// <param name="MinimumInbound">The balance required for a call of a user.</param>
/// <param name="MinimumOutbound">The balance required for a call to a user.</param>
/// <param name="IsClosed">True closes it, unless money is held for calls in progress; false opens it again.</param>
/// <param name="LowBalance">The balance below which balance.low is published; null: the greater of both minimums.</param>
public sealed record ChangedAccount(
    string Name, string? RateCard, decimal MinimumInbound, decimal MinimumOutbound, bool IsClosed, decimal? LowBalance = null)
{
    internal AccountTerms Terms => new(Name, RateCard, MinimumInbound, MinimumOutbound, IsClosed, LowBalance);
}

/// <summary>The members of an account to change; those left out stay unchanged.</summary>
/// <param name="Name">1 to 200 characters.</param>
/// <param name="RateCard">A card of the same currency; empty: none, and calls are refused.</param>
/// <param name="MinimumInbound">The balance required for a call of a user.</param>
/// <param name="MinimumOutbound">The balance required for a call to a user.</param>
/// <param name="LowBalance">The balance below which balance.low is published.</param>
/// <param name="IsClosed">True closes it, unless money is held for calls in progress; false opens it again.</param>
public sealed record AccountPatch(
    string? Name = null, string? RateCard = null, decimal? MinimumInbound = null, decimal? MinimumOutbound = null,
    decimal? LowBalance = null, bool? IsClosed = null)
{
    internal ChangedAccount ApplyTo(Account account) => new(
        Name ?? account.Name, RateCard switch { null => account.RateCard, "" => null, _ => RateCard },
        MinimumInbound ?? account.MinimumInbound, MinimumOutbound ?? account.MinimumOutbound, IsClosed ?? account.IsClosed,
        LowBalance ?? account.LowBalance);
}

/// <param name="Amount">In the account's currency.</param>
/// <param name="Currency">The account's currency, as a check against mistakes.</param>
/// <param name="Note">A note for readers of the ledger; at most 500 characters.</param>
public sealed record NewMovement(decimal Amount, string Currency, string? Note = null);

/// <param name="Id">Increases with time.</param>
/// <param name="Kind">top_up, charge, adjustment or rerating.</param>
/// <param name="Amount">Negative where the account paid.</param>
/// <param name="BalanceAfter">The balance after it.</param>
/// <param name="Call">The gateway's id of the call, for charge and rerating.</param>
/// <param name="Actor">The author.</param>
/// <param name="Note">The reason.</param>
/// <param name="At">The time.</param>
public sealed record EntryView(
    long Id, string Kind, decimal Amount, decimal BalanceAfter, string? Call, string Actor, string? Note, DateTimeOffset At)
{
    public static EntryView Of(LedgerEntry entry) => new(
        entry.Id, entry.Kind, entry.Amount, entry.BalanceAfter, entry.CallId, entry.Actor, entry.Note, entry.CreatedAt);
}

/// <param name="Call">The gateway's id of the call for which it is held.</param>
/// <param name="Amount">The amount.</param>
/// <param name="Node">The node that carries the call.</param>
/// <param name="RateCard">The card by which the call is rated.</param>
/// <param name="Prefix">The rate's prefix.</param>
/// <param name="PricePerMinute">The rate's price, below its first tier.</param>
/// <param name="TakenAt">The time at which the call was admitted.</param>
/// <param name="ExtendedAt">The time at which the amount was last extended.</param>
public sealed record HoldView(
    string Call, decimal Amount, string Node, string RateCard, string Prefix, decimal PricePerMinute, DateTimeOffset TakenAt,
    DateTimeOffset ExtendedAt)
{
    public static HoldView Of(Hold hold) => new(
        hold.CallId, hold.Amount, hold.Node, hold.RateCard, hold.RatePrefix, hold.PricePerMinute, hold.TakenAt, hold.ExtendedAt);
}
