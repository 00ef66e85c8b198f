namespace Gateway.Storage;

/// <summary>Why the books did not take a change: a closed set, spelled by its wire name in answers of the admin API. Nothing was changed.</summary>
public enum BookRefusal
{
    /// <summary>What was to be changed, or refers to, is not there.</summary>
    NotFound,

    /// <summary>The id is taken.</summary>
    AlreadyExists,

    /// <summary>It has changed since the caller read it.</summary>
    StaleVersion,

    UnknownCurrency,

    /// <summary>A rate card, an account and an amount have to be of one currency.</summary>
    CurrencyMismatch,

    /// <summary>No card of this id.</summary>
    UnknownRateCard,

    /// <summary>No account of this id.</summary>
    UnknownAccount,

    /// <summary>Accounts are rated by this card.</summary>
    RateCardInUse,

    /// <summary>Another rate of the card for the same direction and prefix is valid at some moment that this one is.</summary>
    OverlappingRates,

    /// <summary>Calls may have been rated by it: what was in force stays as it was.</summary>
    RateWasInForce,

    /// <summary>The card has no rate for such a call.</summary>
    NoRate,

    /// <summary>A closed account takes no money and pays nothing.</summary>
    AccountClosed,

    /// <summary>Money is held for calls in progress.</summary>
    AccountInUse,

    /// <summary>The amount is nothing, below nothing where it may not be, or beyond what a ledger holds.</summary>
    InvalidAmount,

    /// <summary>The same key came with another movement.</summary>
    IdempotencyKeyReused,

    /// <summary>A period that has not ended cannot be rated anew.</summary>
    PeriodNotOver,
}

/// <summary>What a change came to: its result, or the reason why nothing was changed. An expected outcome is a value, not an exception.</summary>
public sealed record Outcome<T>(T? Value, BookRefusal? Refusal, string Detail) where T : class
{
    public static implicit operator Outcome<T>(T value) => new(value, null, "");

    public static implicit operator Outcome<T>((BookRefusal Why, string Detail) refusal) => new(null, refusal.Why, refusal.Detail);
}
