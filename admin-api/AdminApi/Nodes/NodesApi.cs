using System.ComponentModel;
using AdminApi.Platform;
using Gateway.Storage.Admin;
using Gateway.Storage.Commands;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Nodes;

/// <summary>The gateways themselves.</summary>
public static class NodesApi
{
    public static void MapNodes(this IEndpointRouteBuilder api)
    {
        var nodes = api.MapGroup("/nodes").WithTags("nodes");
        nodes.MapPost("/{id}/drain", DrainAsync).WithName("drainNode").Requires(Scope.Admin)
            .Problems(NodeProblems.Unreachable)
            .WithSummary("Lets a node take no new call until its next start, and hand its live calls to others");
        nodes.MapPost("/{id}/reload", ReloadAsync).WithName("reloadNode").Requires(Scope.Admin)
            .Problems(NodeProblems.Unreachable, NodeProblems.Refused)
            .WithSummary("Lets a node read its configuration file again, and apply it whole or, with any error, not at all");
    }

    /// <param name="Configuration">Names the content that is in force, by a hash.</param>
    /// <param name="AppliedAt">When that came into force.</param>
    /// <param name="Applied">The keys that changed, of certificates their names; empty: nothing did.</param>
    /// <param name="NeedsRestart">Keys that differ in the file, and wait for the node's next start.</param>
    public sealed record ReloadView(
        string Configuration, DateTimeOffset AppliedAt, IReadOnlyList<string> Applied, IReadOnlyList<string> NeedsRestart);

    private static async Task<Results<Accepted, ProblemResult>> DrainAsync(
        [Description("The node's id.")] string id, NodeCommands nodes, AuditStore audit, Caller caller, CancellationToken cancellation)
    {
        await audit.WriteAsync(caller.Actor, "node.drain", $"node:{id}", null, null, cancellation);
        var reply = await nodes.DrainAsync(id, cancellation);
        return reply.Outcome == CommandOutcome.Done ? TypedResults.Accepted((string?)null) : NodeProblems.Of(reply);
    }

    private static async Task<Results<Ok<ReloadView>, ProblemResult>> ReloadAsync(
        [Description("The node's id.")] string id, NodeCommands nodes, AuditStore audit, Caller caller, CancellationToken cancellation)
    {
        var reply = await nodes.ReloadAsync(id, caller.Actor, cancellation);
        await audit.WriteAsync(caller.Actor, "node.reload", $"node:{id}", null, reply.Reload, CancellationToken.None);
        return reply is { Outcome: CommandOutcome.Done, Reload: { } report }
            ? TypedResults.Ok(new ReloadView(report.Configuration, report.AppliedAt, report.Applied, report.NeedsRestart))
            : NodeProblems.Of(reply);
    }
}
