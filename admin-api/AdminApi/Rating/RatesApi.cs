using System.ComponentModel;
using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Calls.Rating;
using Gateway.Storage;
using Gateway.Storage.Rating;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Rating;

/// <summary>The rates of a card. A rate that was in force stays unchanged: rates are closed or replaced from now on or later.</summary>
public static class RatesApi
{
    private const string CardText = "The rate card's id.";
    private const string RateText = "The rate's id.";

    public static void MapRates(this IEndpointRouteBuilder api)
    {
        var rates = api.MapGroup("/rate-cards/{card}/rates").WithTags("rates");
        rates.MapGet("/", ListAsync).WithName("listRates").Requires(Scope.Read).Paged().Problems(Problems.NotFound)
            .WithSummary("The rates of a card, past and future ones included");
        rates.MapPost("/", AddAsync).WithName("createRate").Requires(Scope.Billing)
            .Problems(Problems.NotFound, StoreProblems.OverlappingRates).WithSummary("Adds a rate");
        rates.MapGet("/{rate:long}", GetAsync).WithName("getRate").Requires(Scope.Read).Problems(Problems.NotFound).WithSummary("A rate");
        rates.MapPost("/{rate:long}/close", CloseAsync).WithName("closeRate").Requires(Scope.Billing).WithIfMatch()
            .Problems(Problems.NotFound, StoreProblems.OverlappingRates, StoreProblems.RateWasInForce)
            .WithSummary("Sets the end of a rate to a future time, or removes it");
        rates.MapPost("/{rate:long}/replace", ReplaceAsync).WithName("replaceRate").Requires(Scope.Billing).WithIfMatch()
            .Problems(Problems.NotFound, StoreProblems.OverlappingRates, StoreProblems.RateWasInForce)
            .WithSummary("Replaces a rate from a time on; the answer is the new rate");
        rates.MapDelete("/{rate:long}", DeleteAsync).WithName("deleteRate").Requires(Scope.Billing).WithIfMatch()
            .Problems(Problems.NotFound, StoreProblems.RateWasInForce).WithSummary("Deletes a rate by which no call can have been rated");
    }

    /// <summary>The filter of a list of rates.</summary>
    internal readonly record struct Filter(
        [property: Description("Rates of this direction.")] WireValue<CallDirection>? Direction,
        [property: Description("Rates of exactly this prefix.")] string? Prefix,
        [property: Description("Rates valid at this time.")] QueryTime? ValidAt);

    private static async Task<Results<Ok<Page<RateView>>, ProblemResult>> ListAsync(
        [Description(CardText)] string card, [AsParameters] Filter filter, [AsParameters] PageRequest page, RateStore store,
        RateCardStore cards,
        CancellationToken cancellation)
    {
        if (!Cursor.TryRead(page.Cursor, out long? after))
            return Cursor.Problem();
        var prefix = filter.Prefix is { } typed ? PhoneText.PrefixOf(typed) : null;
        var check = new Check();
        check.That(prefix is null
            || prefix.All(char.IsAsciiDigit), "prefix", "Must be at most 15 digits, with country code; empty for every number.");
        if (check.Failed(out var problem))
            return problem;
        var found = await store.ListAsync(card, filter.Direction?.Value, prefix, filter.ValidAt?.Value, after, page.Rows, cancellation);
        if (found.Count == 0 && await cards.FindAsync(card, cancellation) is null)
            return Problems.NotFound.Of($"There is no rate card '{card}'.");
        return TypedResults.Ok(Page.Of(found, page, RateView.Of, rate => Cursor.Of(rate.Rate.Id)));
    }

    private static async Task<Results<Created<RateView>, ProblemResult>> AddAsync(
        [Description(CardText)] string card, NewRate body, RateStore store, TimeProvider time, Caller caller,
        CancellationToken cancellation)
    {
        var terms = body.Terms(time.GetUtcNow());
        if (Wrong(terms, out var problem))
            return problem;
        var outcome = await store.AddAsync(card, terms, caller.Actor, cancellation);
        return outcome.Value is { } rate
            ? TypedResults.Created(PathOf(rate), RateView.Of(rate))
            : outcome.Problem(inPath: StoreRefusal.UnknownRateCard);
    }

    private static async Task<Results<Ok<RateView>, ProblemResult>> GetAsync(
        [Description(CardText)] string card, [Description(RateText)] long rate, RateStore store, CancellationToken cancellation) =>
        await store.FindAsync(card, rate, cancellation) is { } found ? TypedResults.Ok(RateView.Of(found)) : NoRate(card, rate);

    private static async Task<Results<Ok<RateView>, ProblemResult>> CloseAsync(
        [Description(CardText)] string card, [Description(RateText)] long rate, RateEnd body, IfMatch version, RateStore store,
        TimeProvider time, Caller caller,
        CancellationToken cancellation)
    {
        var outcome = await store.CloseAsync(card, rate, version.Version, body.Until, caller.Actor, time.GetUtcNow(), cancellation);
        return outcome.Value is { } closed ? TypedResults.Ok(RateView.Of(closed)) : outcome.Problem(inPath: StoreRefusal.UnknownRateCard);
    }

    private static async Task<Results<Created<RateView>, ProblemResult>> ReplaceAsync(
        [Description(CardText)] string card, [Description(RateText)] long rate, ReplacementRate body, IfMatch version, RateStore store,
        TimeProvider time,
        Caller caller, CancellationToken cancellation)
    {
        if (await store.FindAsync(card, rate, cancellation) is not { } replaced)
            return NoRate(card, rate);
        var now = time.GetUtcNow();
        var terms = body.Terms(replaced.Rate, now);
        if (Wrong(terms, out var problem))
            return problem;
        var outcome = await store.ReplaceAsync(card, rate, version.Version, terms, caller.Actor, now, cancellation);
        return outcome.Value is { } replacement
            ? TypedResults.Created(PathOf(replacement), RateView.Of(replacement)) : outcome.Problem(inPath: StoreRefusal.UnknownRateCard);
    }

    private static async Task<Results<NoContent, ProblemResult>> DeleteAsync(
        [Description(CardText)] string card, [Description(RateText)] long rate, IfMatch version, RateStore store, TimeProvider time,
        Caller caller,
        CancellationToken cancellation)
    {
        var outcome = await store.DeleteAsync(card, rate, version.Version, caller.Actor, time.GetUtcNow(), cancellation);
        return outcome.Value is not null ? TypedResults.NoContent() : outcome.Problem(inPath: StoreRefusal.UnknownRateCard);
    }

    private static bool Wrong(RateTerms terms, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ProblemResult? problem)
    {
        var check = new Check();
        foreach (var error in terms.Errors())
            check.That(false, error.Field, error.Message);
        return check.Failed(out problem);
    }

    private static ProblemResult NoRate(string card, long rate) => Problems.NotFound.Of($"The rate card '{card}' has no rate {rate}.");

    private static string PathOf(CardRate rate) => $"/v1/rate-cards/{rate.Rate.Card}/rates/{rate.Rate.Id}";
}
