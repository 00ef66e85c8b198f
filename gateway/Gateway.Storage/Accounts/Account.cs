using Gateway.Calls;
using Gateway.Calls.Balances;

namespace Gateway.Storage.Accounts;

/// <summary>A paying account: money in one currency, and the card by which its calls are rated.</summary>
public sealed record Account
{
    public required string Id { get; init; }
    public required string Name { get; init; }

    /// <summary>ISO 4217; never changes.</summary>
    public required string Currency { get; init; }

    /// <summary>Null: its channels' calls have no price and are refused.</summary>
    public string? RateCard { get; init; }

    /// <summary>The sum of its ledger entries.</summary>
    public decimal Balance { get; init; }

    /// <summary>The part of the balance held for calls in progress.</summary>
    public decimal Held { get; init; }

    /// <summary>The balance required for a call of this direction.</summary>
    public decimal MinimumInbound { get; init; } = 10m;

    public decimal MinimumOutbound { get; init; } = 10m;

    /// <summary>The balance below which `balance.low` is published; null: the greater of both minimums.</summary>
    public decimal? LowBalance { get; init; }

    /// <summary>True where the account takes no money and pays for no calls.</summary>
    public bool IsClosed { get; init; }

    /// <summary>Incremented with each change of its terms; money does not change it.</summary>
    public long Version { get; init; } = 1;

    public DateTime CreatedAt { get; init; }

    /// <summary>The amount that new calls may hold.</summary>
    public decimal Available => Balance - Held;

    /// <summary>The amount missing before calls of a direction may begin; zero where none is.</summary>
    public decimal ShortfallFor(CallDirection direction) =>
        Amounts.Shortfall(Balance, direction == CallDirection.Inbound ? MinimumInbound : MinimumOutbound);
}

/// <summary>The settings of an account that an admin may change.</summary>
public sealed record AccountTerms(string Name, string? RateCard, decimal MinimumInbound, decimal MinimumOutbound, bool IsClosed = false,
    decimal? LowBalance = null);

/// <summary>A movement of an account's money. It never changes.</summary>
public sealed record LedgerEntry
{
    public required long Id { get; init; }
    public required string Account { get; init; }

    /// <summary>top_up, charge, adjustment or rerating.</summary>
    public required string Kind { get; init; }

    /// <summary>Negative where the account pays.</summary>
    public required decimal Amount { get; init; }

    public required decimal BalanceAfter { get; init; }

    /// <summary>The call of a charge or re-rating.</summary>
    public string? CallId { get; init; }

    public required string Actor { get; init; }
    public string? Note { get; init; }
    public required DateTime CreatedAt { get; init; }
}
