using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Storage;

namespace AdminApi;

/// <summary>What the books refuse, as kinds of error: the code is the refusal's wire name.</summary>
public static class BookProblems
{
    public static readonly ProblemKind AlreadyExists = Kind(BookRefusal.AlreadyExists, 409, "The id is taken");
    public static readonly ProblemKind RateCardInUse = Kind(BookRefusal.RateCardInUse, 409, "The rate card is in use");
    public static readonly ProblemKind OverlappingRates = Kind(BookRefusal.OverlappingRates, 409, "Two rates would hold for the same call");
    public static readonly ProblemKind RateWasInForce = Kind(BookRefusal.RateWasInForce, 409, "What was in force stays as it was");
    public static readonly ProblemKind AccountClosed = Kind(BookRefusal.AccountClosed, 409, "The account is closed");
    public static readonly ProblemKind AccountInUse = Kind(BookRefusal.AccountInUse, 409, "The account is in use");
    public static readonly ProblemKind UnknownCurrency = Kind(BookRefusal.UnknownCurrency, 422, "No such currency");
    public static readonly ProblemKind CurrencyMismatch = Kind(BookRefusal.CurrencyMismatch, 422, "The currencies differ");
    public static readonly ProblemKind UnknownRateCard = Kind(BookRefusal.UnknownRateCard, 422, "No such rate card");
    public static readonly ProblemKind UnknownAccount = Kind(BookRefusal.UnknownAccount, 422, "No such account");
    public static readonly ProblemKind NoRate = Kind(BookRefusal.NoRate, 422, "No rate for such a call");
    public static readonly ProblemKind InvalidAmount = Kind(BookRefusal.InvalidAmount, 422, "The amount makes no sense");
    public static readonly ProblemKind PeriodNotOver = Kind(BookRefusal.PeriodNotOver, 422, "The period is not over");

    private static readonly ProblemKind[] All =
    [
        AlreadyExists, RateCardInUse, OverlappingRates, RateWasInForce, AccountClosed, AccountInUse, UnknownCurrency, CurrencyMismatch, UnknownRateCard,
        UnknownAccount, NoRate, InvalidAmount, PeriodNotOver, Problems.NotFound, Problems.StaleVersion, Problems.IdempotencyKeyReused,
    ];

    /// <summary>The answer to what was refused.</summary>
    /// <param name="outcome">One with a refusal.</param>
    /// <param name="inPath">What the path names: where that is unknown the answer is 404.</param>
    public static ProblemResult Problem<T>(this Outcome<T> outcome, BookRefusal? inPath = null) where T : class
    {
        var kind = outcome.Refusal == inPath ? Problems.NotFound : All.Single(k => k.Code == WireName.Of(outcome.Refusal!.Value));
        return kind.Of(outcome.Detail);
    }

    private static ProblemKind Kind(BookRefusal refusal, int status, string title) => new(status, WireName.Of(refusal), title);
}
