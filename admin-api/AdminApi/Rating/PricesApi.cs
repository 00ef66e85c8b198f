using System.ComponentModel;
using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Calls.Rating;
using Gateway.Storage.Rating;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Rating;

/// <summary>Price quotes.</summary>
public static class PricesApi
{
    private const double LongestSeconds = 30 * 24 * 3600;

    public static void MapPrices(this IEndpointRouteBuilder api) =>
        api.MapGet("/prices/preview", PreviewAsync).WithTags("rates").WithName("previewPrice").Requires(Scope.Read)
            .Problems(Problems.InvalidRequest, StoreProblems.UnknownAccount, StoreProblems.NoRate)
            .WithSummary("The price of a possible call, by a card or for an account");

    /// <summary>The possible call.</summary>
    internal readonly record struct Query(
        [property: Description("The rate card; without it, that of the account.")] string? Card,
        [property: Description("The account that would pay; its volume of the month counts.")] string? Account,
        [property: Description("outbound: the business calls.")] WireValue<CallDirection> Direction,
        [property: Description("The WhatsApp user: a phone number with country code, or a business-scoped id.")] string User,
        [property: Description("Talk time in seconds, at most 30 days.")] double Seconds,
        [property: Description("The time at which it would begin; by default now.")] QueryTime? At,
        [property: Description("Billed minutes of the month before it; by default those of the account.")] long? MonthlyMinutes);

    private static async Task<Results<Ok<PriceView>, ProblemResult>> PreviewAsync(
        [AsParameters] Query query, PriceQuotes quotes, TimeProvider time, CancellationToken cancellation)
    {
        var check = new Check();
        var user = UserText.Checked(query.User, "user", check)!;
        check.That(query.Card is not null || query.Account is not null, "card", "Must be given, or an account.");
        check.That(user.UserId is null
            || CallingCodes.CountryOf(user) is not null, "user", "A business-scoped id must begin with its country, such as US.1349.");
        check.That(query.Seconds is >= 0 and <= LongestSeconds, "seconds", "Must be between 0 and 30 days.");
        check.That(query.MonthlyMinutes is null or (>= 0 and <= 10_000_000_000), "monthlyMinutes", "Must be between 0 and 10,000,000,000.");
        if (check.Failed(out var problem))
            return problem;
        var outcome = await quotes.QuoteAsync(
            new QuoteRequest(
                query.Card, query.Account, query.Direction.Value, user,
                TimeSpan.FromSeconds(query.Seconds), query.At?.Value ?? time.GetUtcNow(),
                query.MonthlyMinutes is { } minutes ? TimeSpan.FromMinutes(minutes) : null),
            cancellation);
        return outcome.Value is { } quote ? TypedResults.Ok(PriceView.Of(quote)) : outcome.Problem();
    }

    /// <param name="Amount">The price of the call.</param>
    /// <param name="Currency">ISO 4217.</param>
    /// <param name="Pulses">The number of whole pulses billed.</param>
    /// <param name="BilledSeconds">Their time.</param>
    /// <param name="PricePerMinute">The price of the rate or of its tier.</param>
    /// <param name="MonthlySeconds">Billed time of the month before the call.</param>
    /// <param name="Rate">The rate that applies.</param>
    public sealed record PriceView(
        decimal Amount, string Currency, int Pulses, long BilledSeconds, decimal PricePerMinute, long MonthlySeconds, RateView Rate)
    {
        public static PriceView Of(Quote quote) => new(
            quote.Price.Amount, quote.Rate.Rate.Currency, quote.Price.Pulses, (long)quote.Price.BilledTime.TotalSeconds,
            quote.Price.PricePerMinute,
            (long)quote.VolumeBefore.TotalSeconds, RateView.Of(quote.Rate));
    }
}
