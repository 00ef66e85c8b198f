using Gateway.Calls;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi;

/// <summary>Live and past calls.</summary>
public static class CallsApi
{
    private const int MaxPage = 500;

    public static void MapCalls(this WebApplication app)
    {
        var calls = app.MapGroup("/v1/calls").WithTags("calls");
        calls.MapGet("/live", ListLiveAsync).WithSummary("The calls in progress on all nodes, the newest first");
        calls.MapGet("/", ListPastAsync).WithSummary("Ended call attempts, refused and missed ones included, the newest first");
    }

    private static async Task<Ok<Page<LiveCallView>>> ListLiveAsync(ICallRegistry registry, CancellationToken cancellation) =>
        TypedResults.Ok(new Page<LiveCallView>([.. (await registry.ListAsync(cancellation)).Select(LiveCallView.Of)]));

    /// <param name="store">Where the records are.</param>
    /// <param name="before">Only attempts that began before this time: the startedAt of the last one on the page before.</param>
    /// <param name="limit">1 to 500.</param>
    /// <param name="cancellation">The request's own.</param>
    private static async Task<Results<Ok<Page<CallView>>, ProblemHttpResult>> ListPastAsync(
        ICallStore store, DateTimeOffset? before, int? limit, CancellationToken cancellation)
    {
        if (limit is < 1 or > MaxPage)
            return TypedResults.Problem($"limit lies between 1 and {MaxPage}.", statusCode: 400, title: "invalid_limit");
        var records = await store.ListAsync(new CallQuery { Limit = limit ?? 50, To = before }, cancellation);
        return TypedResults.Ok(new Page<CallView>([.. records.Select(CallView.Of)]));
    }

    public sealed record Page<T>(IReadOnlyList<T> Items);

    public sealed record LiveCallView(
        string Id, string? WhatsAppCallId, string Direction, string Channel, string User, string? Trunk, string? Agent, string State,
        DateTimeOffset StartedAt, DateTimeOffset? AnsweredAt, string Node)
    {
        public static LiveCallView Of(LiveCall call) => new(
            call.Id.Value, call.WhatsAppId?.Value, WireName.Of(call.Direction), call.Channel.Value, call.User, call.Trunk, call.Agent, WireName.Of(call.State),
            call.StartedAt, call.AnsweredAt, call.Node);
    }

    public sealed record CallView(
        string Id, string? WhatsAppCallId, string Direction, string Channel, string? UserPhone, string? UserId, string? UserName, string? Trunk,
        string? Agent, DateTimeOffset StartedAt, DateTimeOffset? RingingAt, DateTimeOffset? AnsweredAt, DateTimeOffset EndedAt, string Cause,
        int? SipStatus, WhatsAppError? WhatsAppError, LegQuality? WhatsAppQuality, LegQuality? PbxQuality, string Node)
    {
        public static CallView Of(CallRecord call) => new(
            call.Id.Value, call.WhatsAppId?.Value, WireName.Of(call.Direction), call.Channel.Value, call.User.Phone, call.User.UserId, call.User.Name,
            call.Trunk, call.Agent, call.StartedAt, call.RingingAt, call.AnsweredAt, call.EndedAt, WireName.Of(call.Cause), call.SipStatus,
            call.WhatsAppError, call.WhatsAppQuality, call.PbxQuality, call.Node);
    }
}
