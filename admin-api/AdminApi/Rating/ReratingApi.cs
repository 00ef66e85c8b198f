using System.ComponentModel;
using AdminApi.Platform;
using Gateway.Storage.Rating;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Rating;

/// <summary>Rates a past period anew. A run works for the duration of one request; where that is not enough, it is resumed.</summary>
public static class ReratingApi
{
    /// <summary>A client's usual timeout.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    public static void MapRerating(this IEndpointRouteBuilder api)
    {
        var runs = api.MapGroup("/rerating-runs").WithTags("rates");
        runs.MapGet("/", ListAsync).WithName("listReratingRuns").Requires(Scope.Read).Paged()
            .WithSummary("Runs that rated a period anew, the newest first");
        runs.MapPost("/preview", PreviewAsync).WithName("previewRerating").Requires(Scope.Billing)
            .Problems(
                StoreProblems.UnknownRateCard, StoreProblems.UnknownAccount, StoreProblems.CurrencyMismatch, StoreProblems.PeriodNotOver)
            .WithSummary("The totals that a run would have; nothing is changed");
        runs.MapPost("/", StartAsync).WithName("startRerating").Requires(Scope.Billing).Idempotent()
            .Problems(
                StoreProblems.UnknownRateCard, StoreProblems.UnknownAccount, StoreProblems.CurrencyMismatch, StoreProblems.PeriodNotOver)
            .WithSummary("Rates a past period anew and posts the differences")
            .WithDescription(
                "Each charged call of the period is rated by the card's rate in force at its start. Where isFinished is false there is " +
                "more to do: resume the run.");
        runs.MapGet("/{id:long}", GetAsync).WithName("getReratingRun").Requires(Scope.Read).Problems(Problems.NotFound)
            .WithSummary("The state of a run");
        runs.MapPost("/{id:long}/resume", ResumeAsync).WithName("resumeRerating").Requires(Scope.Billing).Problems(Problems.NotFound)
            .WithSummary("Continues a run that is not finished; no call is corrected twice");
    }

    private static async Task<Results<Ok<Page<ReratingView>>, ProblemResult>> ListAsync(
        ReratingStore store, [AsParameters] PageRequest page, CancellationToken cancellation)
    {
        if (!Cursor.TryRead(page.Cursor, out long? before))
            return Cursor.Problem();
        return TypedResults.Ok(
            Page.Of(await store.ListAsync(before, page.Rows, cancellation), page, ReratingView.Of, run => Cursor.Of(run.Id)));
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
        await store.FindAsync(id, cancellation) is { } run
            ? TypedResults.Ok(ReratingView.Of(run))
            : Problems.NotFound.Of($"There is no run {id}.");

    private static Task<Results<Ok<ReratingView>, ProblemResult>> ResumeAsync(
        [Description("The run's id.")] long id, ReratingStore store, TimeProvider time, CancellationToken cancellation) =>
            GoOnAsync(id, store, time, cancellation);

    private static async Task<Results<Ok<ReratingView>, ProblemResult>> GoOnAsync(
        long id, ReratingStore store, TimeProvider time, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        return await store.ContinueAsync(id, () => time.GetElapsedTime(began) < Timeout, cancellation) is { } run
            ? TypedResults.Ok(ReratingView.Of(run)) : Problems.NotFound.Of($"There is no run {id}.");
    }

    /// <param name="Card">The card whose rates apply now.</param>
    /// <param name="From">The first start of calls that are rated anew.</param>
    /// <param name="Until">The first start of calls that are not; not in the future.</param>
    /// <param name="Account">Only calls that this account paid.</param>
    /// <param name="Channel">Only calls of this business number, by Meta's phone_number_id.</param>
    /// <param name="Note">The reason, for the ledger. At most 500 characters.</param>
    public sealed record NewRerating(
        string Card, DateTimeOffset From, DateTimeOffset Until, string? Account = null, string? Channel = null, string? Note = null)
    {
        public bool Wrong([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ProblemResult? problem)
        {
            var check = new Check();
            check.That(Until > From, "until", "Must be after from.");
            check.That(Names.IsNote(Note), "note", Names.NoteRule);
            return check.Failed(out problem);
        }

        public ReratingRequest ToRequest() => new(Card, From, Until, Account, Channel, Note);
    }

    /// <param name="Id">Part of the keys of its ledger entries.</param>
    /// <param name="IsFinished">False: there is more to do.</param>
    /// <param name="Card">The card whose rates apply now.</param>
    /// <param name="From">The first start of calls that are rated anew.</param>
    /// <param name="Until">The first start of calls that are not.</param>
    /// <param name="Account">Only calls that this account paid.</param>
    /// <param name="Channel">Only calls of this business number.</param>
    /// <param name="Note">The reason.</param>
    /// <param name="Actor">The requester.</param>
    /// <param name="Totals">The totals so far.</param>
    /// <param name="StartedAt">The time of the request.</param>
    /// <param name="FinishedAt">Null until it is finished.</param>
    public sealed record ReratingView(
        long Id, bool IsFinished, string Card, DateTimeOffset From, DateTimeOffset Until, string? Account, string? Channel, string? Note,
        string Actor,
        ReratingTotals Totals, DateTimeOffset StartedAt, DateTimeOffset? FinishedAt)
    {
        public static ReratingView Of(ReratingRun run) => new(
            run.Id, run.IsFinished, run.Request.Card, run.Request.From, run.Request.Until, run.Request.Account, run.Request.Channel,
            run.Request.Note, run.Actor,
            run.Totals, run.StartedAt, run.FinishedAt);
    }
}
