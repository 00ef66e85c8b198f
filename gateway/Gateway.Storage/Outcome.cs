namespace Gateway.Storage;

/// <summary>The reason why the store refused a change: a closed set, spelled by its wire name in
/// answers of the admin API. Nothing was changed.</summary>
public enum StoreRefusal
{
    /// <summary>The object of the change, or one it refers to, does not exist.</summary>
    NotFound,

    /// <summary>The id is taken.</summary>
    AlreadyExists,

    /// <summary>It has changed since the caller read it.</summary>
    StaleVersion,

    UnknownCurrency,

    /// <summary>A rate card, an account and an amount must have the same currency.</summary>
    CurrencyMismatch,

    /// <summary>No card of this id.</summary>
    UnknownRateCard,

    /// <summary>No account of this id.</summary>
    UnknownAccount,

    /// <summary>Accounts are rated by this card.</summary>
    RateCardInUse,

    /// <summary>Another rate of the card for the same direction and prefix is valid at some of the same time.</summary>
    OverlappingRates,

    /// <summary>Calls may have been rated by it: a rate that was in force stays unchanged.</summary>
    RateWasInForce,

    /// <summary>The card has no rate for such a call.</summary>
    NoRate,

    /// <summary>A closed account takes no money and pays nothing.</summary>
    AccountClosed,

    /// <summary>Money is held for calls in progress.</summary>
    AccountInUse,

    /// <summary>The amount is zero, negative where it must not be, or beyond the limit of the ledger.</summary>
    InvalidAmount,

    /// <summary>The key was already used for another movement.</summary>
    IdempotencyKeyReused,

    /// <summary>A period that has not ended cannot be rated anew.</summary>
    PeriodNotOver,

    /// <summary>Flows or their rules name it.</summary>
    InUse,

    /// <summary>It names a group, an agent or a channel that does not exist, or another agent's phone.</summary>
    UnknownReference,

    /// <summary>The flow breaks <see cref="Gateway.Calls.Flows.FlowRules"/>.</summary>
    InvalidFlow,

    /// <summary>The rules that pick a flow break <see cref="Gateway.Calls.Flows.FlowRouteRules"/>.</summary>
    InvalidFlowRoutes,
}

/// <summary>The result of a change, or the reason why nothing was changed. An expected outcome is a value, not an exception.</summary>
public sealed record Outcome<T>(T? Value, StoreRefusal? Refusal, string Detail) where T : class
{
    /// <summary>Everything wrong, in sentences that begin with the member; empty where <see cref="Detail"/> says it.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    public static implicit operator Outcome<T>(T value) => new(value, null, "");

    public static implicit operator Outcome<T>((StoreRefusal Why, string Detail) refusal) => new(null, refusal.Why, refusal.Detail);
}
