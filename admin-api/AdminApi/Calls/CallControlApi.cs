using System.ComponentModel;
using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Storage.Admin;
using Gateway.Storage.Commands;
using Gateway.Storage.Directory;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Calls;

/// <summary>Leading calls in progress to agents, groups, flows and PBXs, through the nodes that run them.</summary>
public static class CallControlApi
{
    private const string IdText = "The gateway's id of the call.";

    public static void MapCallControl(this IEndpointRouteBuilder api)
    {
        var calls = api.MapGroup("/calls/{id}").WithTags("calls");
        Controls(calls.MapPost("/transfer", TransferAsync).WithName("transferCall"))
            .WithSummary("Leads an answered call to an agent, a group's queue, a flow, or a number at a PBX");
        Controls(calls.MapPost("/assign", AssignAsync).WithName("assignCall"))
            .WithSummary("Gives a waiting call to an agent, whose phone answers by itself");
        Controls(calls.MapPost("/decline", DeclineAsync).WithName("declineCall"))
            .WithSummary("Declines a call on behalf of an agent whom it rings; the flow says who is rung next");
    }

    private static RouteHandlerBuilder Controls(RouteHandlerBuilder operation) => operation.Requires(Scope.Operate)
        .Problems(Problems.NotFound, StoreProblems.UnknownReference, NodeProblems.Unreachable, NodeProblems.Refused)
        .WithDescription(
            "A refusal's `errors[0].field` is not_waiting, not_ringing, not_answered, " +
            "unknown_agent, unknown_group, unknown_flow, unknown_trunk, or a hang-up cause.");

    /// <param name="To">To whom.</param>
    public sealed record TransferRequest(TransferTo To);

    /// <summary>Exactly one of agent, group, flow, or trunk with target.</summary>
    /// <param name="Agent">Rings this agent's phones.</param>
    /// <param name="Group">Waits in this group's queue.</param>
    /// <param name="Flow">Goes through this flow from its start.</param>
    /// <param name="Trunk">Dials the target through this trunk.</param>
    /// <param name="Target">What is dialled there.</param>
    public sealed record TransferTo(
        AgentId? Agent = null, GroupId? Group = null, FlowId? Flow = null, string? Trunk = null, string? Target = null)
    {
        /// <summary>Null: there is not exactly one.</summary>
        public TransferTarget? Read() => this switch
        {
            { Agent: { } agent, Group: null, Flow: null, Trunk: null, Target: null } => new TransferTarget.ToAgent(agent),
            { Agent: null, Group: { } group, Flow: null, Trunk: null, Target: null } => new TransferTarget.ToGroup(group),
            { Agent: null, Group: null, Flow: { } flow, Trunk: null, Target: null } => new TransferTarget.ToFlow(flow),
            { Agent: null, Group: null, Flow: null, Trunk: { Length: > 0 and <= 64 } trunk, Target: { Length: > 0 and <= 128 } target }
                when target.All(c => c is > ' ' and < '\x7f') => new TransferTarget.ToPbx(trunk, target),
            _ => null,
        };
    }

    /// <param name="Agent">The agent at /v1/agents.</param>
    public sealed record ForAgent(AgentId Agent);

    /// <summary>The directory, by what a command may name.</summary>
    internal readonly record struct Names(AgentStore Agents, GroupStore Groups, FlowStore Flows)
    {
        /// <summary>The refusal of a name that is not there; null: it is.</summary>
        public async Task<ProblemResult?> FaultAsync(TransferTarget target, CancellationToken cancellation) => target switch
        {
            TransferTarget.ToAgent { Agent: var agent } => await FaultAsync(agent, "to.agent", cancellation),
            TransferTarget.ToGroup { Group: var group } when await Groups.FindAsync(group, cancellation) is null =>
                Unknown("to.group", $"'{group}' is no group."),
            TransferTarget.ToFlow { Flow: var flow } when await Flows.FindAsync(flow, cancellation) is null =>
                Unknown("to.flow", $"'{flow}' is no flow."),
            _ => null,
        };

        public async Task<ProblemResult?> FaultAsync(AgentId agent, string field, CancellationToken cancellation) =>
            await Agents.FindAsync(agent, cancellation) is null ? Unknown(field, $"'{agent}' is no agent.") : null;

        private static ProblemResult Unknown(string field, string message) =>
            StoreProblems.UnknownReference.Of($"{field}: {message}", [new FieldError(field, message)]);
    }

    private static async Task<Results<Accepted, ProblemResult>> TransferAsync(
        [Description(IdText)] string id, TransferRequest request, NodeCommands nodes, AuditStore audit, [AsParameters] Names names,
        Caller caller, CancellationToken cancellation)
    {
        var check = new Check();
        var target = request.To.Read();
        check.That(target is not null, "to", "Must be an agent, a group, a flow, or a trunk with a target without spaces.");
        if (check.Failed(out var problem))
            return problem;
        if (await names.FaultAsync(target!, cancellation) is { } fault)
            return fault;
        await audit.WriteAsync(caller.Actor, "call.transfer", $"call:{id}", null, request, cancellation);
        return Answer(await nodes.TransferAsync(new NodeCommand.Transfer(new CallId(id), target!), cancellation));
    }

    private static async Task<Results<Accepted, ProblemResult>> AssignAsync(
        [Description(IdText)] string id, ForAgent request, NodeCommands nodes, AuditStore audit, [AsParameters] Names names, Caller caller,
        CancellationToken cancellation)
    {
        if (await names.FaultAsync(request.Agent, "agent", cancellation) is { } fault)
            return fault;
        await audit.WriteAsync(caller.Actor, "call.assign", $"call:{id}", null, request, cancellation);
        return Answer(await nodes.AssignAsync(new NodeCommand.Assign(new CallId(id), request.Agent), cancellation));
    }

    private static async Task<Results<Accepted, ProblemResult>> DeclineAsync(
        [Description(IdText)] string id, ForAgent request, NodeCommands nodes, AuditStore audit, [AsParameters] Names names, Caller caller,
        CancellationToken cancellation)
    {
        if (await names.FaultAsync(request.Agent, "agent", cancellation) is { } fault)
            return fault;
        await audit.WriteAsync(caller.Actor, "call.decline", $"call:{id}", null, request, cancellation);
        return Answer(await nodes.DeclineAsync(new NodeCommand.Decline(new CallId(id), request.Agent), cancellation));
    }

    private static Results<Accepted, ProblemResult> Answer(CommandReply reply) =>
        reply.Outcome == CommandOutcome.Done ? TypedResults.Accepted((string?)null) : NodeProblems.Of(reply);
}
