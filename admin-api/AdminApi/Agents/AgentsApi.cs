using System.ComponentModel;
using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Storage;
using Gateway.Storage.Directory;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Agents;

/// <summary>Agents: who answers calls, at which phones, in which groups.</summary>
public static class AgentsApi
{
    private const string IdText = "The agent's id.";

    public static void MapAgents(this IEndpointRouteBuilder api)
    {
        var agents = api.MapGroup("/agents").WithTags("agents");
        agents.MapGet("/", ListAsync).WithName("listAgents").Requires(Scope.Read).Paged()
            .WithSummary("Agents by id, with the state of each");
        agents.MapPost("/", CreateAsync).WithName("createAgent").Requires(Scope.Admin)
            .Problems(StoreProblems.AlreadyExists, StoreProblems.UnknownReference)
            .WithSummary("Creates an agent, who is offline at first");
        agents.MapGet("/{id}", GetAsync).WithName("getAgent").Requires(Scope.Read).Problems(Problems.NotFound)
            .WithSummary("An agent with the state of now");
        agents.MapPut("/{id}", ReplaceAsync).WithName("replaceAgent").Requires(Scope.Admin).WithIfMatch()
            .Problems(Problems.NotFound, StoreProblems.UnknownReference)
            .WithSummary("Replaces name, groups, phones and channel of an agent");
        agents.MapDelete("/{id}", DeleteAsync).WithName("deleteAgent").Requires(Scope.Admin).WithIfMatch()
            .Problems(Problems.NotFound, StoreProblems.InUse)
            .WithSummary("Deletes an agent whom no flow names; a call that the agent is in goes on");
    }

    private static async Task<Results<Ok<Page<AgentView>>, ProblemResult>> ListAsync(
        AgentStore store, IAgentRegistry registry, [AsParameters] PageRequest page,
        [Description("Members of this group only.")] string? group, CancellationToken cancellation)
    {
        if (!Cursor.TryRead(page.Cursor, out string? after))
            return Cursor.Problem();
        var rows = await store.ListAsync(page.Rows, after, group is null ? null : new GroupId(group), cancellation);
        var states = (await registry.ListAsync(cancellation)).ToDictionary(status => status.Agent);
        return TypedResults.Ok(Page.Of(
            rows, page, agent => AgentView.Of(agent, states.GetValueOrDefault(agent.Id)), agent => Cursor.Of(agent.Id.Value)));
    }

    private static async Task<Results<Created<AgentView>, ProblemResult>> CreateAsync(
        NewAgent request, AgentStore store, AgentRoster roster, Caller caller, CancellationToken cancellation)
    {
        var check = new Check();
        check.That(NameRules.IsName(request.Id), "id", $"Must be {NameRules.Text}.");
        request.Rest.CheckWith(check);
        if (check.Failed(out var problem))
            return problem;
        var outcome = await store.CreateAsync(request.Rest.ToAgent(request.Id), caller.Actor, cancellation);
        return outcome.Value is { } agent
            ? TypedResults.Created($"/v1/agents/{agent.Id}", AgentView.Of(agent, await roster.DefineAsync(agent, cancellation)))
            : outcome.Problem();
    }

    private static async Task<Results<Ok<AgentView>, ProblemResult>> GetAsync(
        [Description(IdText)] string id, AgentStore store, IAgentRegistry registry, CancellationToken cancellation) =>
        await store.FindAsync(new AgentId(id), cancellation) is { } agent
            ? TypedResults.Ok(AgentView.Of(agent, await registry.FindAsync(agent.Id, cancellation)))
            : Problems.NotFound.Of($"There is no agent '{id}'.");

    private static async Task<Results<Ok<AgentView>, ProblemResult>> ReplaceAsync(
        [Description(IdText)] string id, AgentRequest request, IfMatch match, AgentStore store, AgentRoster roster, Caller caller,
        CancellationToken cancellation)
    {
        var check = new Check();
        request.CheckWith(check);
        if (check.Failed(out var problem))
            return problem;
        var outcome = await store.ReplaceAsync(request.ToAgent(id), match.Version, caller.Actor, cancellation);
        return outcome.Value is { } agent
            ? TypedResults.Ok(AgentView.Of(agent, await roster.DefineAsync(agent, cancellation)))
            : outcome.Problem();
    }

    private static async Task<Results<NoContent, ProblemResult>> DeleteAsync(
        [Description(IdText)] string id, IfMatch match, AgentStore store, AgentRoster roster, Caller caller,
        CancellationToken cancellation)
    {
        var outcome = await store.DeleteAsync(new AgentId(id), match.Version, caller.Actor, cancellation);
        if (outcome.Value is null)
            return outcome.Problem();
        await roster.ForgetAsync(new AgentId(id), cancellation);
        return TypedResults.NoContent();
    }
}
