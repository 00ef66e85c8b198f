using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Storage;
using Media.Protocols.Primitives;

namespace AdminApi.Platform;

/// <summary>The store's refusals as kinds of error: the code is the refusal's wire name.</summary>
public static class StoreProblems
{
    public static readonly ProblemKind AlreadyExists = Kind(StoreRefusal.AlreadyExists, 409, "The id is taken");
    public static readonly ProblemKind RateCardInUse = Kind(StoreRefusal.RateCardInUse, 409, "The rate card is in use");
    public static readonly ProblemKind OverlappingRates = Kind(
        StoreRefusal.OverlappingRates, 409, "Two rates would apply to the same call");
    public static readonly ProblemKind RateWasInForce = Kind(
        StoreRefusal.RateWasInForce, 409, "A rate that was in force cannot be changed");
    public static readonly ProblemKind AccountClosed = Kind(StoreRefusal.AccountClosed, 409, "The account is closed");
    public static readonly ProblemKind AccountInUse = Kind(StoreRefusal.AccountInUse, 409, "The account is in use");
    public static readonly ProblemKind UnknownCurrency = Kind(StoreRefusal.UnknownCurrency, 422, "No such currency");
    public static readonly ProblemKind CurrencyMismatch = Kind(StoreRefusal.CurrencyMismatch, 422, "The currencies differ");
    public static readonly ProblemKind UnknownRateCard = Kind(StoreRefusal.UnknownRateCard, 422, "No such rate card");
    public static readonly ProblemKind UnknownAccount = Kind(StoreRefusal.UnknownAccount, 422, "No such account");
    public static readonly ProblemKind NoRate = Kind(StoreRefusal.NoRate, 422, "No rate for this call");
    public static readonly ProblemKind InvalidAmount = Kind(StoreRefusal.InvalidAmount, 422, "The amount is not valid");
    public static readonly ProblemKind PeriodNotOver = Kind(StoreRefusal.PeriodNotOver, 422, "The period is not over");

    public static readonly ProblemKind InUse = Kind(StoreRefusal.InUse, 409, "Flows or flow routes name it");
    public static readonly ProblemKind UnknownReference = Kind(
        StoreRefusal.UnknownReference, 422, "It names what does not exist, or is another's");
    public static readonly ProblemKind InvalidFlow = Kind(StoreRefusal.InvalidFlow, 422, "The flow has errors; nothing was changed");
    public static readonly ProblemKind InvalidFlowRoutes = Kind(
        StoreRefusal.InvalidFlowRoutes, 422, "The flow routes have errors; nothing was changed");

    private static readonly ProblemKind[] All =
    [
        AlreadyExists, RateCardInUse, OverlappingRates, RateWasInForce, AccountClosed, AccountInUse, UnknownCurrency, CurrencyMismatch,
        UnknownRateCard, UnknownAccount, NoRate, InvalidAmount, PeriodNotOver, Problems.NotFound, Problems.StaleVersion,
        Problems.IdempotencyKeyReused, InUse, UnknownReference, InvalidFlow, InvalidFlowRoutes,
    ];

    /// <summary>The answer to a refusal.</summary>
    /// <param name="outcome">An outcome with a refusal.</param>
    /// <param name="inPath">The refusal that means that the object of the path is unknown: answered 404.</param>
    public static ProblemResult Problem<T>(this Outcome<T> outcome, StoreRefusal? inPath = null) where T : class
    {
        var kind = outcome.Refusal == inPath ? Problems.NotFound : All.Single(k => k.Code == WireName.Of(outcome.Refusal!.Value));
        return kind.Of(outcome.Detail, outcome.Problems.Count == 0 ? null : [.. outcome.Problems.Select(FieldError.Of)]);
    }

    private static ProblemKind Kind(StoreRefusal refusal, int status, string title) => new(status, WireName.Of(refusal), title);
}
