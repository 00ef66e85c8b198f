using System.ComponentModel;
using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Storage.Admin;
using Gateway.Storage.Directory;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Agents;

/// <summary>What agents do now, and what they choose: available, away, offline.</summary>
public static class AgentStatesApi
{
    private const int MaxReason = 100;

    private const string IdText = "The agent's id.";

    public static void MapAgentStates(this IEndpointRouteBuilder api)
    {
        var state = api.MapGroup("/agents/{id}/state").WithTags("agents");
        state.MapGet("/", GetAsync).WithName("getAgentState").Requires(Scope.Read).Problems(Problems.NotFound)
            .WithSummary("What an agent does now");
        state.MapPut("/", SetAsync).WithName("setAgentState").Requires(Scope.Operate).Problems(Problems.NotFound)
            .WithSummary("Makes an agent available, away or offline, and ends the wrap-up of one who becomes available")
            .WithDescription("A call that rings the agent, or that the agent is in, goes on: the choice counts from its end.");
    }

    /// <param name="Presence">What the agent chooses.</param>
    /// <param name="Reason">Why the agent is away; up to 100 characters.</param>
    public sealed record AgentStateRequest(AgentPresence Presence, string? Reason = null);

    private static async Task<Results<Ok<AgentStateView>, ProblemResult>> GetAsync(
        [Description(IdText)] string id, AgentStore store, IAgentRegistry registry, CancellationToken cancellation) =>
        await store.FindAsync(new AgentId(id), cancellation) is { } agent
            ? TypedResults.Ok(AgentStateView.Of(await registry.FindAsync(agent.Id, cancellation)))
            : Unknown(id);

    private static async Task<Results<Ok<AgentStateView>, ProblemResult>> SetAsync(
        [Description(IdText)] string id, AgentStateRequest request, [AsParameters] Stores stores, Caller caller,
        CancellationToken cancellation)
    {
        var check = new Check();
        var isReason = request.Reason is null or { Length: > 0 and <= MaxReason } && !(request.Reason ?? "").Any(char.IsControl);
        check.That(isReason, "reason", $"Must be 1 to {MaxReason} characters, without control characters.");
        check.That(request.Reason is null || request.Presence == AgentPresence.Away, "reason", "Is for who is away.");
        if (check.Failed(out var problem))
            return problem;
        if (await stores.Agents.FindAsync(new AgentId(id), cancellation) is not { } agent)
            return Unknown(id);
        var registry = stores.Registry;
        var before = await registry.FindAsync(agent.Id, cancellation);
        await stores.Audit.WriteAsync(
            caller.Actor, "agent.set_state", $"agent:{id}", before is null ? null : AgentStateView.Of(before), request, cancellation);
        if (!await registry.SetPresenceAsync(agent.Id, request.Presence, request.Reason, cancellation))
        {
            await registry.DefineAsync(agent, cancellation); // Redis was emptied, or was unavailable when the agent was created
            await registry.SetPresenceAsync(agent.Id, request.Presence, request.Reason, cancellation);
        }
        if (request.Presence == AgentPresence.Available)
            await registry.EndWrapUpAsync(agent.Id, cancellation);
        return TypedResults.Ok(AgentStateView.Of(await registry.FindAsync(agent.Id, cancellation)));
    }

    /// <summary>What a change of state needs.</summary>
    internal readonly record struct Stores(AgentStore Agents, IAgentRegistry Registry, AuditStore Audit);

    private static ProblemResult Unknown(string id) => Problems.NotFound.Of($"There is no agent '{id}'.");
}
