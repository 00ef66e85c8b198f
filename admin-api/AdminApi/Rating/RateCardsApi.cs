using System.ComponentModel;
using AdminApi.Platform;
using Gateway.Storage;
using Gateway.Storage.Rating;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Rating;

/// <summary>Rate cards: price lists in one currency.</summary>
public static class RateCardsApi
{
    private const string CardText = "The rate card's id.";

    public static void MapRateCards(this IEndpointRouteBuilder api)
    {
        var cards = api.MapGroup("/rate-cards").WithTags("rates");
        cards.MapGet("/", ListAsync).WithName("listRateCards").Requires(Scope.Read).Paged().WithSummary("Rate cards by id");
        cards.MapPost("/", CreateAsync).WithName("createRateCard").Requires(Scope.Billing)
            .Problems(StoreProblems.AlreadyExists, StoreProblems.UnknownCurrency).WithSummary("Creates a rate card, without rates");
        cards.MapGet("/{card}", GetAsync).WithName("getRateCard").Requires(Scope.Read).Problems(Problems.NotFound)
            .WithSummary("A rate card");
        cards.MapPut("/{card}", RenameAsync).WithName("updateRateCard").Requires(Scope.Billing).WithIfMatch().Problems(Problems.NotFound)
            .WithSummary("Renames a rate card");
        cards.MapDelete("/{card}", DeleteAsync).WithName("deleteRateCard").Requires(Scope.Billing).WithIfMatch()
            .Problems(Problems.NotFound, StoreProblems.RateCardInUse)
            .WithSummary("Deletes a rate card that no account has, with its rates");
    }

    private static async Task<Results<Ok<Page<RateCardView>>, ProblemResult>> ListAsync(
        RateCardStore store, [AsParameters] PageRequest page, CancellationToken cancellation)
    {
        if (!Cursor.TryRead(page.Cursor, out string? after))
            return Cursor.Problem();
        return TypedResults.Ok(
            Page.Of(await store.ListAsync(after, page.Rows, cancellation), page, RateCardView.Of, card => Cursor.Of(card.Id)));
    }

    private static async Task<Results<Created<RateCardView>, ProblemResult>> CreateAsync(
        NewRateCard body, RateCardStore store, Caller caller, CancellationToken cancellation)
    {
        var check = new Check();
        check.That(Names.IsId(body.Id), "id", Names.IdRule);
        check.That(Names.IsName(body.Name), "name", Names.NameRule);
        if (check.Failed(out var problem))
            return problem;
        var outcome = await store.CreateAsync(body.Id, body.Name, body.Currency, caller.Actor, cancellation);
        return outcome.Value is { } card ? TypedResults.Created($"/v1/rate-cards/{card.Id}", RateCardView.Of(card)) : outcome.Problem();
    }

    private static async Task<Results<Ok<RateCardView>, ProblemResult>> GetAsync(
        [Description(CardText)] string card, RateCardStore store, CancellationToken cancellation) =>
        await store.FindAsync(card, cancellation) is { } found
            ? TypedResults.Ok(RateCardView.Of(found))
            : Problems.NotFound.Of($"There is no rate card '{card}'.");

    private static async Task<Results<Ok<RateCardView>, ProblemResult>> RenameAsync(
        [Description(CardText)] string card, RateCardName body, IfMatch version, RateCardStore store, Caller caller,
        CancellationToken cancellation)
    {
        var check = new Check();
        check.That(Names.IsName(body.Name), "name", Names.NameRule);
        if (check.Failed(out var problem))
            return problem;
        var outcome = await store.RenameAsync(card, body.Name, version.Version, caller.Actor, cancellation);
        return outcome.Value is { } renamed
            ? TypedResults.Ok(RateCardView.Of(renamed))
            : outcome.Problem(inPath: StoreRefusal.UnknownRateCard);
    }

    private static async Task<Results<NoContent, ProblemResult>> DeleteAsync(
        [Description(CardText)] string card, IfMatch version, RateCardStore store, Caller caller, CancellationToken cancellation)
    {
        var outcome = await store.DeleteAsync(card, version.Version, caller.Actor, cancellation);
        return outcome.Value is not null ? TypedResults.NoContent() : outcome.Problem(inPath: StoreRefusal.UnknownRateCard);
    }

    /// <param name="Id">Lower-case letters, digits, - and _; at most 64.</param>
    /// <param name="Name">1 to 200 characters.</param>
    /// <param name="Currency">ISO 4217; never changes.</param>
    public sealed record NewRateCard(string Id, string Name, string Currency);

    /// <param name="Name">1 to 200 characters.</param>
    public sealed record RateCardName(string Name);

    /// <param name="Id">Its id in paths and accounts.</param>
    /// <param name="Name">For people.</param>
    /// <param name="Currency">ISO 4217.</param>
    /// <param name="Rates">The number of its rates, past and future ones included.</param>
    /// <param name="Accounts">The number of accounts rated by it.</param>
    /// <param name="Version">Its ETag.</param>
    /// <param name="CreatedAt">The time of its creation.</param>
    public sealed record RateCardView(
        string Id, string Name, string Currency, int Rates, int Accounts, long Version, DateTimeOffset CreatedAt) : IVersioned
    {
        public static RateCardView Of(RateCard card) =>
            new(card.Id, card.Name, card.Currency, card.Rates, card.Accounts, card.Version, card.CreatedAt);
    }
}
