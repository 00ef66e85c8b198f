using System.ComponentModel;
using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Storage.Directory;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Flows;

/// <summary>Flows: the ways of inbound calls to whoever answers them, with all their versions.</summary>
public static class FlowsApi
{
    private const string IdText = "The flow's id.";

    public static void MapFlows(this IEndpointRouteBuilder api)
    {
        var flows = api.MapGroup("/flows").WithTags("flows");
        flows.MapGet("/", ListAsync).WithName("listFlows").Requires(Scope.Read).Paged().WithSummary("The current flows by id");
        flows.MapPost("/", CreateAsync).WithName("createFlow").Requires(Scope.Admin)
            .Problems(StoreProblems.AlreadyExists, StoreProblems.InvalidFlow)
            .WithSummary("Creates a flow; everything wrong with it is reported at once")
            .WithDescription(
                "A flow passes where all groups, agents and audio files are there, every step is reached, and none leads back.");
        flows.MapGet("/{id}", GetAsync).WithName("getFlow").Requires(Scope.Read).Problems(Problems.NotFound)
            .WithSummary("The current version of a flow");
        flows.MapPut("/{id}", ReplaceAsync).WithName("replaceFlow").Requires(Scope.Admin).WithIfMatch()
            .Problems(Problems.NotFound, StoreProblems.InvalidFlow)
            .WithSummary("Makes a new version of a flow; calls in it keep the one that they began with");
        flows.MapDelete("/{id}", DeleteAsync).WithName("deleteFlow").Requires(Scope.Admin).WithIfMatch()
            .Problems(Problems.NotFound, StoreProblems.InUse)
            .WithSummary("Deletes a flow that no flow route names; its versions can still be read");
        flows.MapGet("/{id}/versions", VersionsAsync).WithName("listFlowVersions").Requires(Scope.Read).Paged()
            .Problems(Problems.NotFound)
            .WithSummary("The versions of a flow, the newest first, of a deleted one too");
        flows.MapGet("/{id}/versions/{version:long}", VersionAsync).WithName("getFlowVersion").Requires(Scope.Read)
            .Problems(Problems.NotFound)
            .WithSummary("A version of a flow, as call records name it");
    }

    private static async Task<Results<Ok<Page<FlowView>>, ProblemResult>> ListAsync(
        FlowStore store, [AsParameters] PageRequest page, CancellationToken cancellation)
    {
        if (!Cursor.TryRead(page.Cursor, out string? after))
            return Cursor.Problem();
        var rows = await store.ListAsync(page.Rows, after, cancellation);
        return TypedResults.Ok(Page.Of(rows, page, FlowView.Of, stored => Cursor.Of(stored.Flow.Id.Value)));
    }

    private static async Task<Results<Created<FlowView>, ProblemResult>> CreateAsync(
        NewFlow request, FlowStore store, Caller caller, CancellationToken cancellation)
    {
        var outcome = await store.CreateAsync(request.ToFlow(), caller.Actor, cancellation);
        return outcome.Value is { } stored
            ? TypedResults.Created($"/v1/flows/{stored.Flow.Id}", FlowView.Of(stored)) : outcome.Problem();
    }

    private static async Task<Results<Ok<FlowView>, ProblemResult>> GetAsync(
        [Description(IdText)] string id, FlowStore store, CancellationToken cancellation) =>
        await store.FindAsync(new FlowId(id), cancellation) is { } stored ? TypedResults.Ok(FlowView.Of(stored)) : Unknown(id);

    private static async Task<Results<Ok<FlowView>, ProblemResult>> ReplaceAsync(
        [Description(IdText)] string id, FlowRequest request, IfMatch match, FlowStore store, Caller caller,
        CancellationToken cancellation)
    {
        var outcome = await store.ReplaceAsync(request.ToFlow(id), match.Version, caller.Actor, cancellation);
        return outcome.Value is { } stored ? TypedResults.Ok(FlowView.Of(stored)) : outcome.Problem();
    }

    private static async Task<Results<NoContent, ProblemResult>> DeleteAsync(
        [Description(IdText)] string id, IfMatch match, FlowStore store, Caller caller, CancellationToken cancellation)
    {
        var outcome = await store.DeleteAsync(new FlowId(id), match.Version, caller.Actor, cancellation);
        return outcome.Value is not null ? TypedResults.NoContent() : outcome.Problem();
    }

    private static async Task<Results<Ok<Page<FlowView>>, ProblemResult>> VersionsAsync(
        [Description(IdText)] string id, FlowStore store, [AsParameters] PageRequest page, CancellationToken cancellation)
    {
        if (!Cursor.TryRead(page.Cursor, out long? before))
            return Cursor.Problem();
        var rows = await store.VersionsAsync(new FlowId(id), page.Rows, before, cancellation);
        return rows.Count == 0 && before is null
            ? Unknown(id) : TypedResults.Ok(Page.Of(rows, page, FlowView.Of, stored => Cursor.Of(stored.Flow.Version)));
    }

    private static async Task<Results<Ok<FlowView>, ProblemResult>> VersionAsync(
        [Description(IdText)] string id, [Description("The version.")] long version, FlowStore store, CancellationToken cancellation) =>
        await store.FindAsync(new FlowId(id), version, cancellation) is { } stored
            ? TypedResults.Ok(FlowView.Of(stored))
            : Problems.NotFound.Of($"There is no version {version} of a flow '{id}'.");

    private static ProblemResult Unknown(string id) => Problems.NotFound.Of($"There is no flow '{id}'.");
}
