using System.ComponentModel;
using AdminApi.Platform;
using Gateway.Storage.Rating;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Rating;

/// <summary>Rating a past period anew. A run works as long as a request may take; where that is not enough it is resumed.</summary>
public static class ReratingApi
{
    /// <summary>A client's usual patience.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static void MapRerating(this IEndpointRouteBuilder api)
    {
        var runs = api.MapGroup("/rerating-runs").WithTags("rates");
        runs.MapGet("/", ListAsync).WithName("listReratingRuns").Requires(Scope.Read).Paged().WithSummary("Runs that rated a period anew, the newest first");
        runs.MapPost("/preview", PreviewAsync).WithName("previewRerating").Requires(Scope.Billing)
            .Problems(BookProblems.UnknownRateCard, BookProblems.UnknownAccount, BookProblems.CurrencyMismatch, BookProblems.PeriodNotOver)
            .WithSummary("What a run would come to; nothing is changed");
        runs.MapPost("/", StartAsync).WithName("startRerating").Requires(Scope.Billing).Idempotent()
            .Problems(BookProblems.UnknownRateCard, BookProblems.UnknownAccount, BookProblems.CurrencyMismatch, BookProblems.PeriodNotOver)
            .WithSummary("Rates a past period anew and posts the differences")
            .WithDescription("Each charged call of the period is rated by the card's rate in force at its start. Where isFinished is false there is more to do: resume the run.");
        runs.MapGet("/{id:long}", GetAsync).WithName("getReratingRun").Requires(Scope.Read).Problems(Problems.NotFound).WithSummary("A run as it stands");
        runs.MapPost("/{id:long}/resume", ResumeAsync).WithName("resumeRerating").Requires(Scope.Billing).Problems(Problems.NotFound)
            .WithSummary("Goes on with a run that is not finished; no call is corrected twice");
    }

    private static async Task<Results<Ok<Page<ReratingView>>, ProblemResult>> ListAsync(
        ReratingStore store, [AsParameters] PageRequest page, CancellationToken cancellation)
    {
        if (!Cursor.TryRead(page.Cursor, out long? before))
            return Cursor.Problem();
        return TypedResults.Ok(Page.Of(await store.ListAsync(before, page.Rows, cancellation), page, ReratingView.Of, run => Cursor.Of(run.Id)));
    }

    private static async Task<Results<Ok<ReratingTotals>, ProblemResult>> PreviewAsync(
        NewRerating body, ReratingStore store, TimeProvider time, CancellationToken cancellation)
    {
        if (body.Wrong(out var problem))
            return problem;
        var outcome = await store.PreviewAsync(body.ToRequest(), time.GetUtcNow(), cancellation);
        return outcome.Value is { } totals ? TypedResults.Ok(totals) : outcome.Problem();
    }

    private static async Task<Results<Ok<ReratingView>, ProblemResult>> StartAsync(
        NewRerating body, ReratingStore store, TimeProvider time, Caller caller, HttpRequest request, CancellationToken cancellation)
    {
        if (body.Wrong(out var problem))
            return problem;
        var key = request.Headers[Idempotency.Header].ToString();
        var outcome = await store.StartAsync(body.ToRequest(), caller.Actor, key, time.GetUtcNow(), cancellation);
        return outcome.Value is { } run ? await GoOnAsync(run.Id, store, time, cancellation) : outcome.Problem();
    }

    private static async Task<Results<Ok<ReratingView>, ProblemResult>> GetAsync(
        [Description("The run's id.")] long id, ReratingStore store, CancellationToken cancellation) =>
        await store.FindAsync(id, cancellation) is { } run ? TypedResults.Ok(ReratingView.Of(run)) : Problems.NotFound.Of($"There is no run {id}.");

    private static Task<Results<Ok<ReratingView>, ProblemResult>> ResumeAsync(
        [Description("The run's id.")] long id, ReratingStore store, TimeProvider time, CancellationToken cancellation) => GoOnAsync(id, store, time, cancellation);

    private static async Task<Results<Ok<ReratingView>, ProblemResult>> GoOnAsync(
        long id, ReratingStore store, TimeProvider time, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        return await store.ContinueAsync(id, () => time.GetElapsedTime(began) < Patience, cancellation) is { } run
            ? TypedResults.Ok(ReratingView.Of(run)) : Problems.NotFound.Of($"There is no run {id}.");
    }

    /// <param name="Card">Whose rates hold now.</param>
    /// <param name="From">The first start of calls that are rated anew.</param>
    /// <param name="Until">The first start of calls that are not any more; not ahead.</param>
    /// <param name="Account">Only calls that this account paid.</param>
    /// <param name="Channel">Only calls of this business number, by Meta's phone_number_id.</param>
    /// <param name="Note">Why; it stands in the ledger. At most 500 characters.</param>
    public sealed record NewRerating(
        string Card, DateTimeOffset From, DateTimeOffset Until, string? Account = null, string? Channel = null, string? Note = null)
    {
        public bool Wrong([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ProblemResult? problem)
        {
            var check = new Check();
            check.That(Until > From, "until", "Lies after from.");
            check.That(Names.IsNote(Note), "note", Names.NoteRule);
            return check.Failed(out problem);
        }

        public ReratingRequest ToRequest() => new(Card, From, Until, Account, Channel, Note);
    }

    /// <param name="Id">Part of the keys of its ledger entries.</param>
    /// <param name="IsFinished">False: there is more to do.</param>
    /// <param name="Card">Whose rates hold now.</param>
    /// <param name="From">The first start of calls that are rated anew.</param>
    /// <param name="Until">The first start of calls that are not any more.</param>
    /// <param name="Account">Only calls that this account paid.</param>
    /// <param name="Channel">Only calls of this business number.</param>
    /// <param name="Note">Why.</param>
    /// <param name="Actor">Who asked.</param>
    /// <param name="Totals">What it came to until now.</param>
    /// <param name="StartedAt">When it was asked for.</param>
    /// <param name="FinishedAt">Null until then.</param>
    public sealed record ReratingView(
        long Id, bool IsFinished, string Card, DateTimeOffset From, DateTimeOffset Until, string? Account, string? Channel, string? Note, string Actor,
        ReratingTotals Totals, DateTimeOffset StartedAt, DateTimeOffset? FinishedAt)
    {
        public static ReratingView Of(ReratingRun run) => new(
            run.Id, run.IsFinished, run.Request.Card, run.Request.From, run.Request.Until, run.Request.Account, run.Request.Channel, run.Request.Note, run.Actor,
            run.Totals, run.StartedAt, run.FinishedAt);
    }
}
