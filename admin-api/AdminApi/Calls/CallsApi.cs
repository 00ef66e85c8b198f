using System.ComponentModel;
using AdminApi.Events;
using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Records;
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
            .WithSummary("An ended call attempt with its events");
        calls.MapGet("/export", Export).WithName("exportCalls").Requires(Scope.Read)
            .WithSummary("The ended call attempts of any period as CSV (RFC 4180), the newest first")
            .Produces<string>(StatusCodes.Status200OK, "text/csv");
        api.MapCallTraces();
        api.MapCallCaptures();
    }

    /// <summary>The filter of a list of calls.</summary>
    public readonly record struct Filter(
        [property: Description("A business number by Meta's phone_number_id.")] string? Channel,
        [property: Description("A WhatsApp user by telephone number in any usual spelling, or business-scoped id.")] string? User,
        [property: Description("inbound: the user called.")] WireValue<CallDirection>? Direction,
        [property: Description("The hang-up cause; several, separated by commas: any of them.")] WireValues<HangupCause>? Cause,
        [property: Description("The paying account.")] string? Account,
        [property: Description("The agent at /v1/agents who had the call last.")] string? Agent,
        [property: Description("The group that the call was for.")] string? Group,
        [property: Description("The flow that led the call.")] string? Flow,
        [property: Description("true: an agent answered; false: nobody, or only the gateway.")] bool? AnsweredByAgent,
        [property: Description("true: somebody or something picked up, be it a queue; false: nothing did.")] bool? Answered,
        [property: Description("The node that ran it.")] string? Node,
        [property: Description("Started at this time or later.")] QueryTime? From,
        [property: Description("Started before this time.")] QueryTime? To)
    {
        /// <summary>Reads the query of the first page, or returns its errors.</summary>
        public ProblemResult? Read(int limit, out CallQuery query)
        {
            var check = new Check();
            var user = UserText.Checked(User, "user", check);
            query = QueryOf(user?.Phone ?? user?.UserId, limit);
            return check.Failed(out var problem) ? problem : null;
        }

        private CallQuery QueryOf(string? user, int limit) => new()
        {
            Limit = limit,
            Channel = Channel is null ? null : new ChannelId(Channel),
            User = user,
            Direction = Direction?.Value,
            Causes = Cause?.Values ?? [],
            Account = Account,
            Agent = Agent is null ? null : new AgentId(Agent),
            Group = Group is null ? null : new GroupId(Group),
            Flow = Flow is null ? null : new FlowId(Flow),
            AnsweredByAgent = AnsweredByAgent,
            IsAnswered = Answered,
            Node = Node,
            From = From?.Value,
            To = To?.Value,
        };
    }

    private static async Task<Results<Ok<Page<CallView>>, ProblemResult>> ListAsync(
        ICallStore store, [AsParameters] Filter filter, [AsParameters] PageRequest page, CancellationToken cancellation)
    {
        if (!Cursor.TryRead(page.Cursor, out var at, out var id))
            return Cursor.Problem();
        if (filter.Read(page.Rows, out var query) is { } problem)
            return problem;
        CallPosition? after = at is null ? null : new CallPosition(at.Value, new CallId(id!));
        var records = await store.ListAsync(query with { After = after }, cancellation);
        return TypedResults.Ok(Page.Of(records, page, CallView.Of, call => Cursor.Of(call.StartedAt, call.Id.Value)));
    }

    private static async Task<Results<Ok<CallWithTimeline>, ProblemResult>> GetAsync(
        [Description("The gateway's id of the call.")] string id, ICallStore store, EventReader events, CancellationToken cancellation)
    {
        if (await store.FindAsync(new CallId(id), cancellation) is not { } call)
            return Problems.NotFound.Of("There is no ended call of this id.");
        var timeline = await events.OfCallAsync(id, cancellation);
        return TypedResults.Ok(new CallWithTimeline(CallView.Of(call), [.. timeline.Select(EventView.Of)]));
    }

    private static IResult Export(ICallStore store, [AsParameters] Filter filter, [Description(ByteOrderMark.Meaning)] bool? bom) =>
        filter.Read(CsvFile.Rows, out var query) is { } problem ? problem : CallsCsv.Of(store, query, bom == true);

    /// <param name="Call">The record.</param>
    /// <param name="Timeline">Its events, in the order in which they were stored.</param>
    public sealed record CallWithTimeline(CallView Call, IReadOnlyList<EventView> Timeline);
}
