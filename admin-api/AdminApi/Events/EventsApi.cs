using System.ComponentModel;
using System.Globalization;
using AdminApi.Platform;
using Gateway.Calls.Lifecycle;
using Gateway.Storage.Events;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace AdminApi.Events;

/// <summary>Events: as a timeline, and as a stream.</summary>
public static class EventsApi
{
    public static void MapEvents(this IEndpointRouteBuilder api)
    {
        var events = api.MapGroup("/events").WithTags("events");
        events.MapGet("/", ListAsync).WithName("listEvents").Requires(Scope.Read).Paged()
            .WithSummary("Events, the newest first");
        events.MapGet("/stream", Stream).WithName("streamEvents").Requires(Scope.Read)
            .WithSummary(
                "New events as Server-Sent Events whose data is an event as listed; with call.quality among the kinds also samples of the "
                + "quality of live calls, which are not stored and have no id")
            .Produces<string>(StatusCodes.Status200OK, "text/event-stream");
    }

    /// <summary>The filter of a list or stream of events.</summary>
    public readonly record struct Filter(
        [property: Description("Kinds, separated by commas: call.missed,balance.low.")] string? Kinds,
        [property: Description("A business number by Meta's phone_number_id.")] string? Channel,
        [property: Description("A WhatsApp user, by the id of the contact.")] long? Contact,
        [property: Description("A call attempt.")] string? Call,
        [property: Description("The account whose money is involved.")] string? Account)
    {
        public ProblemResult? Read(QueryTime? from, QueryTime? to, out EventQuery query, bool isStream = false)
        {
            string[] kinds = [.. (Kinds ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
            query = new EventQuery(kinds, Channel, Contact, Call, Account, from?.Value, to?.Value);
            var check = new Check();
            var asksForQuality = isStream && kinds.Contains(EventKinds.Quality);
            check.That(
                !asksForQuality || (Contact is null && Account is null), "kinds",
                $"{EventKinds.Quality} can be filtered by channel and call alone.");
            foreach (var unknown in kinds.Except(asksForQuality ? [EventKinds.Quality, .. EventKinds.Names] : EventKinds.Names))
                check.That(false, "kinds", $"There is no kind {unknown}. Kinds: {string.Join(", ", EventKinds.Names)}.");
            return check.Failed(out var problem) ? problem : null;
        }
    }

    private static async Task<Results<Ok<Page<EventView>>, ProblemResult>> ListAsync(
        EventReader events, [AsParameters] Filter filter, [AsParameters] PageRequest page,
        [Description("Happened at this time or later.")] QueryTime? from, [Description("Happened before this time.")] QueryTime? to,
        CancellationToken cancellation)
    {
        if (filter.Read(from, to, out var query) is { } problem)
            return problem;
        if (!Cursor.TryRead(page.Cursor, out long? before))
            return Cursor.Problem();
        var rows = await events.ListAsync(query, before, page.Rows, cancellation);
        return TypedResults.Ok(Page.Of(rows, page, EventView.Of, row => Cursor.Of(row.Id)));
    }

    private static IResult Stream(
        EventReader events, EventHead head, ICallRegistry live, IHostApplicationLifetime host, [AsParameters] Filter filter,
        [FromHeader(Name = "Last-Event-ID"), Description("The id of the last event that was received: the stream continues after it.")]
            string? lastEventId,
        [Description(
            "The same as Last-Event-ID, for clients that cannot set headers; 0 is the beginning. Without either the stream begins " +
            "now.")] long? after)
    {
        if (filter.Read(null, null, out var query, isStream: true) is { } problem)
            return problem;
        var quality = query.Kinds.Contains(EventKinds.Quality) ? new QualityFeed(live, query) : null;
        if (string.IsNullOrEmpty(lastEventId))
            return after < 0 ? NoPosition("after")
                : head.Position < 0 ? NotYet()
                : new EventStream(events, head, query, quality, after, host);
        return !long.TryParse(lastEventId, NumberStyles.None, CultureInfo.InvariantCulture, out var last) ? NoPosition("Last-Event-ID")
            : head.Position < 0 ? NotYet()
            : new EventStream(events, head, query, quality, last, host);
    }

    private static ProblemResult NoPosition(string field) =>
        Problems.InvalidRequest.Of(
            $"{field}: must be the id of an event of this stream.", [new FieldError(field, "Must be an id of this stream.")]);

    private static ProblemResult NotYet() => Problems.Unavailable.Of("PostgreSQL has not answered yet. Retry later.");
}
