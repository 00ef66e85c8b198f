using System.ComponentModel;
using AdminApi.Platform;
using Gateway.Storage;
using Gateway.Storage.Rating;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Rating;

/// <summary>The rates of a card as a file.</summary>
public static class RateFilesApi
{
    private const long MaxFile = 8 * 1024 * 1024;
    private const string Csv = "text/csv";
    private const string CardText = "The rate card's id.";

    public static readonly ProblemKind InvalidRates = new(422, "invalid_rates", "The file has errors; nothing was changed");

    public static void MapRateFiles(this IEndpointRouteBuilder api)
    {
        var files = api.MapGroup("/rate-cards/{card}").WithTags("rates");
        files.MapGet("/export", ExportAsync).WithName("exportRates").Requires(Scope.Read).Problems(Problems.NotFound)
            .WithSummary("All rates of a card as CSV, in the form that import accepts").Produces<string>(StatusCodes.Status200OK, Csv);
        files.MapPost("/import", ImportAsync).WithName("importRates").Requires(Scope.Billing).BodyLimit(MaxFile).Accepts<string>(Csv)
            .Problems(Problems.NotFound, InvalidRates)
            .WithSummary("Imports a file of rates, all of it or nothing; all errors are reported at once, by line")
            .WithDescription(
                "UTF-8, comma, semicolon or tab, with or without a first line sep=;, a decimal point. " +
                $"Columns: {string.Join(", ", RateColumns.Required)}; optionally " +
                $"{string.Join(", ", RateColumns.Names.Except(RateColumns.Required))} (tiers: 50000:0.0070|250000:0.0050).");
    }

    private static async Task<Results<FileContentHttpResult, ProblemResult>> ExportAsync(
        [Description(CardText)] string card, [Description(ByteOrderMark.Meaning)] bool? bom, RateStore store, RateCardStore cards,
        CancellationToken cancellation)
    {
        if (await cards.FindAsync(card, cancellation) is null)
            return Problems.NotFound.Of($"There is no rate card '{card}'.");
        var text = new StringWriter();
        RateCsvWriter.Write(text, await store.ListAsync(card, null, null, null, null, int.MaxValue, cancellation));
        return TypedResults.File(ByteOrderMark.Encode(text.ToString(), bom == true), Csv, $"{card}.csv");
    }

    private static async Task<Results<Ok<RateImportView>, ProblemResult>> ImportAsync(
        [Description(CardText)] string card,
        [Description("Rates that are valid when one of the file begins end there; otherwise they are errors.")] bool? replace,
        [Description("Everything is checked and nothing is changed.")] bool? dryRun,
        Stream body, RateImport import, TimeProvider time, Caller caller, CancellationToken cancellation)
    {
        using var file = new MemoryStream();
        await body.CopyToAsync(file, cancellation);
        file.Position = 0;
        var mode = new RateImportMode(replace == true, dryRun == true);
        var outcome = await import.ImportAsync(card, file, mode, caller.Actor, time.GetUtcNow(), cancellation);
        if (outcome.Value is not { } result)
            return outcome.Problem(inPath: StoreRefusal.UnknownRateCard);
        return result.Errors.Count == 0
            ? TypedResults.Ok(new RateImportView(result.Added, result.Closed, mode.IsDryRun))
            : InvalidRates.Of($"{result.Errors.Count} errors.", [.. result.Errors.Select(
                e => new FieldError(e.Column is null ? $"line {e.Line}" : $"line {e.Line}, {e.Column}", e.Message))]);
    }

    /// <param name="Added">The number of rates in the file.</param>
    /// <param name="Closed">The number of rates that end where one of the file begins.</param>
    /// <param name="IsDryRun">True where nothing was changed.</param>
    public sealed record RateImportView(int Added, int Closed, bool IsDryRun);
}
