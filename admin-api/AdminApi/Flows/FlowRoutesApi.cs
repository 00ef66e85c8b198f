using AdminApi.Platform;
using Gateway.Calls.Flows;
using Gateway.Storage.Directory;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Flows;

/// <summary>The rules by which a call is given a flow, as one document.</summary>
public static class FlowRoutesApi
{
    public static void MapFlowRoutes(this IEndpointRouteBuilder api)
    {
        var routes = api.MapGroup("/flow-routes").WithTags("flows");
        routes.MapGet("/", GetAsync).WithName("getFlowRoutes").Requires(Scope.Read)
            .WithSummary("The rules by which a call is given a flow: the first place of which one fits, there one by weight");
        routes.MapPut("/", ReplaceAsync).WithName("replaceFlowRoutes").Requires(Scope.Admin).WithIfMatch()
            .Problems(StoreProblems.InvalidFlowRoutes)
            .WithSummary("Replaces the rules: the whole list; a call that none fits goes by its channel's own routes");
    }

    /// <param name="Items">The whole list, at most 500.</param>
    public sealed record FlowRoutesRequest(IReadOnlyList<FlowRouteDocument> Items);

    /// <param name="Items">All of them; there is no further page.</param>
    /// <param name="Version">The value for If-Match, in quotes.</param>
    public sealed record FlowRoutesView(IReadOnlyList<FlowRouteDocument> Items, long Version) : IVersioned
    {
        public static FlowRoutesView Of(FlowRouteList list) => new(list.Routes, list.Version);
    }

    private static async Task<Ok<FlowRoutesView>> GetAsync(FlowRouteStore store, CancellationToken cancellation) =>
        TypedResults.Ok(FlowRoutesView.Of(await store.FindAsync(cancellation)));

    private static async Task<Results<Ok<FlowRoutesView>, ProblemResult>> ReplaceAsync(
        FlowRoutesRequest request, IfMatch match, FlowRouteStore store, Caller caller, CancellationToken cancellation)
    {
        var outcome = await store.ReplaceAsync(request.Items, match.Version, caller.Actor, cancellation);
        return outcome.Value is { } list ? TypedResults.Ok(FlowRoutesView.Of(list)) : outcome.Problem();
    }
}
