using AdminApi.Platform;
using Gateway.Calls;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi;

/// <summary>Live and past calls.</summary>
public static class CallsApi
{
    private const int MaxPage = 500;

    public static void MapCalls(this IEndpointRouteBuilder api)
    {
        var calls = api.MapGroup("/calls").WithTags("calls");
        calls.MapGet("/live", ListLiveAsync).WithName("listLiveCalls").WithSummary("The calls in progress on all nodes, the newest first").Requires(Scope.Read);
        calls.MapGet("/", ListPastAsync).WithName("listCalls").WithSummary("Ended call attempts, refused and missed ones included, the newest first").Requires(Scope.Read);
    }

    private static async Task<Ok<Page<LiveCallView>>> ListLiveAsync(ICallRegistry registry, CancellationToken cancellation) =>
        TypedResults.Ok(new Page<LiveCallView>([.. (await registry.ListAsync(cancellation)).Select(LiveCallView.Of)], null));

    /// <param name="store">Where the records are.</param>
    /// <param name="before">Only attempts that began before this time: the startedAt of the last one on the page before.</param>
    /// <param name="limit">1 to 500.</param>
    /// <param name="cancellation">The request's own.</param>
    private static async Task<Results<Ok<Page<CallView>>, ProblemResult>> ListPastAsync(
        ICallStore store, DateTimeOffset? before, int? limit, CancellationToken cancellation)
    {
        if (limit is < 1 or > MaxPage)
            return Problems.InvalidRequest.Of($"limit lies between 1 and {MaxPage}.");
        var records = await store.ListAsync(new CallQuery { Limit = limit ?? 50, To = before }, cancellation);
        return TypedResults.Ok(new Page<CallView>([.. records.Select(CallView.Of)], null));
    }

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
