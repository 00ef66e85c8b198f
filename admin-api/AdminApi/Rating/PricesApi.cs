using System.ComponentModel;
using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Calls.Rating;
using Gateway.Storage.Rating;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Rating;

/// <summary>What a call would cost.</summary>
public static class PricesApi
{
    private const double LongestSeconds = 30 * 24 * 3600;

    public static void MapPrices(this IEndpointRouteBuilder api) =>
        api.MapGet("/prices/preview", PreviewAsync).WithTags("rates").WithName("previewPrice").Requires(Scope.Read)
            .Problems(Problems.InvalidRequest, BookProblems.UnknownAccount, BookProblems.NoRate).WithSummary("What a call would cost, by a card or for an account");

    /// <summary>The call that might be.</summary>
    internal readonly record struct Query(
        [property: Description("The rate card; without it, that of the account.")] string? Card,
        [property: Description("Who would pay; its volume of the month counts.")] string? Account,
        [property: Description("outbound: the business calls.")] WireValue<CallDirection> Direction,
        [property: Description("The WhatsApp user: a phone number with country code, or a business-scoped id.")] string User,
        [property: Description("Talk time in seconds, at most 30 days.")] double Seconds,
        [property: Description("When it would begin; now unless told.")] QueryTime? At,
        [property: Description("Billed minutes of the month before it; those of the account unless told.")] long? MonthlyMinutes);

    private static async Task<Results<Ok<PriceView>, ProblemResult>> PreviewAsync(
        [AsParameters] Query query, PriceQuotes quotes, TimeProvider time, CancellationToken cancellation)
    {
        var check = new Check();
        var user = UserText.Checked(query.User, "user", check)!;
        check.That(query.Card is not null || query.Account is not null, "card", "Name a card or an account.");
        check.That(user.UserId is null || CallingCodes.CountryOf(user) is not null, "user", "A business-scoped id begins with its country, such as US.1349.");
        check.That(query.Seconds is >= 0 and <= LongestSeconds, "seconds", "Lies between 0 and 30 days.");
        check.That(query.MonthlyMinutes is null or (>= 0 and <= 10_000_000_000), "monthlyMinutes", "Lies between 0 and 10,000,000,000.");
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

    /// <param name="Amount">What the call would cost.</param>
    /// <param name="Currency">ISO 4217.</param>
    /// <param name="Pulses">Whole pulses that are billed.</param>
    /// <param name="BilledSeconds">Their time.</param>
    /// <param name="PricePerMinute">Of the rate or of its tier.</param>
    /// <param name="MonthlySeconds">Billed time of the month before the call.</param>
    /// <param name="Rate">The rate that holds for it.</param>
    public sealed record PriceView(decimal Amount, string Currency, int Pulses, long BilledSeconds, decimal PricePerMinute, long MonthlySeconds, RateView Rate)
    {
        public static PriceView Of(Quote quote) => new(
            quote.Price.Amount, quote.Rate.Rate.Currency, quote.Price.Pulses, (long)quote.Price.BilledTime.TotalSeconds, quote.Price.PricePerMinute,
            (long)quote.VolumeBefore.TotalSeconds, RateView.Of(quote.Rate));
    }
}
