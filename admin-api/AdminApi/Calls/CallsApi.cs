using System.ComponentModel;
using AdminApi.Events;
using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Storage.Events;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Calls;

/// <summary>Past calls: pages, one with its timeline, and whole periods as CSV.</summary>
public static class CallsApi
{
    public static void MapCalls(this IEndpointRouteBuilder api)
    {
        var calls = api.MapGroup("/calls").WithTags("calls");
        calls.MapGet("/", ListAsync).WithName("listCalls").Requires(Scope.Read).Paged()
            .WithSummary("Ended call attempts, refused and missed ones included, the newest first");
        calls.MapGet("/{id}", GetAsync).WithName("getCall").Requires(Scope.Read).Problems(Problems.NotFound)
            .WithSummary("An ended call attempt with what happened in it");
        calls.MapGet("/export", Export).WithName("exportCalls").Requires(Scope.Read)
            .WithSummary("The ended call attempts of any period as CSV (RFC 4180), the newest first")
            .Produces<string>(StatusCodes.Status200OK, "text/csv");
    }

    /// <summary>What a list of calls is narrowed to.</summary>
    public readonly record struct Filter(
        [property: Description("A business number by Meta's phone_number_id.")] string? Channel,
        [property: Description("A WhatsApp user by phone number, digits only, or business-scoped id.")] string? User,
        [property: Description("inbound: the user called.")] WireValue<CallDirection>? Direction,
        [property: Description("Why they ended.")] WireValue<HangupCause>? Cause,
        [property: Description("Who pays.")] string? Account,
        [property: Description("Started at this time or later.")] DateTimeOffset? From,
        [property: Description("Started before this time.")] DateTimeOffset? To)
    {
        public CallQuery ToQuery(int limit, CallPosition? after) => new()
        {
            Limit = limit,
            After = after,
            Channel = Channel is null ? null : new ChannelId(Channel),
            User = User,
            Direction = Direction?.Value,
            Cause = Cause?.Value,
            Account = Account,
            From = From?.ToUniversalTime(),
            To = To?.ToUniversalTime(),
        };
    }

    private static async Task<Results<Ok<Page<CallView>>, ProblemResult>> ListAsync(
        ICallStore store, [AsParameters] Filter filter, [AsParameters] PageRequest page, CancellationToken cancellation)
    {
        if (!Cursor.TryRead(page.Cursor, out var at, out var id))
            return Cursor.Problem();
        CallPosition? after = at is null ? null : new CallPosition(at.Value, new CallId(id!));
        var records = await store.ListAsync(filter.ToQuery(page.Rows, after), cancellation);
        return TypedResults.Ok(Page.Of(records, page, CallView.Of, call => Cursor.Of(call.StartedAt, call.Id.Value)));
    }

    private static async Task<Results<Ok<CallWithTimeline>, ProblemResult>> GetAsync(
        [Description("The gateway's id of the call.")] string id, ICallStore store, EventReader events, CancellationToken cancellation)
    {
        if (await store.FindAsync(new CallId(id), cancellation) is not { } call)
            return Problems.NotFound.Of("No call of this id has ended.");
        var timeline = await events.OfCallAsync(id, cancellation);
        return TypedResults.Ok(new CallWithTimeline(CallView.Of(call), [.. timeline.Select(EventView.Of)]));
    }

    private static CallsCsv Export(ICallStore store, [AsParameters] Filter filter) => new(store, filter);

    /// <param name="Call">The record.</param>
    /// <param name="Timeline">What happened in it, in the order in which it was written down.</param>
    public sealed record CallWithTimeline(CallView Call, IReadOnlyList<EventView> Timeline);
}
