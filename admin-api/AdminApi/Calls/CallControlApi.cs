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

    private const string Refusals =
        "A refusal's `errors[0].field` is not_waiting, not_ringing, not_answered, transfer_in_progress, no_transfer_in_progress, " +
        "target_not_answered, unknown_agent, unknown_group, unknown_flow, unknown_trunk, or a hang-up cause.";

    public static void MapCallControl(this IEndpointRouteBuilder api)
    {
        var calls = api.MapGroup("/calls/{id}").WithTags("calls");
        ControlsBy(calls.MapPost("/transfer", TransferAsync).WithName("transferCall"))
            .WithSummary("Leads an answered call to an agent, a group's queue, a flow, or a number at a PBX")
            .WithDescription(
                "`blind`: the agent is out of the call at once, and the user waits for the target. `consult`: the user hears music, " +
                "and the agent hears how the target rings, then talks with it, until the transfer is completed or cancelled. The agent " +
                "who hangs up completes it, or before the target's answer makes it blind; a target who declines or hangs up cancels it. " +
                Refusals);
        Controls(calls.MapPost("/transfer/complete", CompleteAsync).WithName("completeTransfer"))
            .WithSummary("Connects the user with the target who has answered the agent; the agent is out of the call");
        Controls(calls.MapPost("/transfer/cancel", CancelAsync).WithName("cancelTransfer"))
            .WithSummary("Connects the user with the agent again, whether or not the target has answered");
        ControlsBy(calls.MapPost("/assign", AssignAsync).WithName("assignCall"))
            .WithSummary("Gives a waiting call to an agent, whose phone answers by itself");
        ControlsBy(calls.MapPost("/decline", DeclineAsync).WithName("declineCall"))
            .WithSummary("Declines a call on behalf of an agent whom it rings; the flow says who is rung next");
    }

    private static RouteHandlerBuilder ControlsBy(RouteHandlerBuilder operation) =>
        Controls(operation).Problems(StoreProblems.UnknownReference);

    private static RouteHandlerBuilder Controls(RouteHandlerBuilder operation) => operation.Requires(Scope.Operate)
        .Problems(Problems.NotFound, NodeProblems.Unreachable, NodeProblems.Refused)
        .WithDescription(Refusals);

    /// <param name="To">To whom.</param>
    /// <param name="Mode">What becomes of the agent.</param>
    public sealed record TransferRequest(TransferTo To, TransferMode Mode = TransferMode.Blind);

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
        var command = new NodeCommand.Transfer(new CallId(id), target!) { Mode = request.Mode };
        return Answer(await nodes.TransferAsync(command, cancellation));
    }

    private static async Task<Results<Accepted, ProblemResult>> CompleteAsync(
        [Description(IdText)] string id, NodeCommands nodes, AuditStore audit, Caller caller, CancellationToken cancellation)
    {
        await audit.WriteAsync(caller.Actor, "call.complete_transfer", $"call:{id}", null, null, cancellation);
        return Answer(await nodes.CompleteTransferAsync(new CallId(id), cancellation));
    }

    private static async Task<Results<Accepted, ProblemResult>> CancelAsync(
        [Description(IdText)] string id, NodeCommands nodes, AuditStore audit, Caller caller, CancellationToken cancellation)
    {
        await audit.WriteAsync(caller.Actor, "call.cancel_transfer", $"call:{id}", null, null, cancellation);
        return Answer(await nodes.CancelTransferAsync(new CallId(id), cancellation));
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
