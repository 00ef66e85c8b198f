using System.ComponentModel;
using AdminApi.Platform;
using Gateway.Storage.Admin;
using Gateway.Storage.Commands;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Nodes;

/// <summary>The gateways themselves.</summary>
public static class NodesApi
{
    public static void MapNodes(this IEndpointRouteBuilder api) => api.MapGroup("/nodes").WithTags("nodes")
        .MapPost("/{id}/drain", DrainAsync).WithName("drainNode").Requires(Scope.Operate)
        .Problems(NodeProblems.Unreachable)
        .WithSummary("Lets a node take no new call until its next start, and hand its live calls to others");

    private static async Task<Results<Accepted, ProblemResult>> DrainAsync(
        [Description("The node's id.")] string id, NodeCommands nodes, AuditStore audit, Caller caller, CancellationToken cancellation)
    {
        await audit.WriteAsync(caller.Actor, "node.drain", $"node:{id}", null, null, cancellation);
        var reply = await nodes.DrainAsync(id, cancellation);
        return reply.Outcome == CommandOutcome.Done ? TypedResults.Accepted((string?)null) : NodeProblems.Of(reply);
    }
}
