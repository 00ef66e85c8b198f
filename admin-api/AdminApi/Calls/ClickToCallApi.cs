using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Storage.Admin;
using Gateway.Storage.Commands;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Calls;

/// <summary>Calls that a program starts for an agent: the agent is rung first, then the user.</summary>
public static class ClickToCallApi
{
    public static void MapClickToCall(this IEndpointRouteBuilder api) =>
        api.MapGroup("/calls").WithTags("calls").MapPost("/", StartAsync).WithName("startCall").Requires(Scope.Operate).Idempotent()
            .Problems(
                Problems.NotFound, StoreProblems.UnknownReference, CallSources.NoChannel, NodeProblems.Unreachable, NodeProblems.Refused)
            .WithSummary("Rings an agent, and the user when the agent answers")
            .WithDescription(CallSources.ChannelText);

    /// <summary>Exactly one of user and contact.</summary>
    /// <param name="Agent">The agent at /v1/agents who is rung, on all phones.</param>
    /// <param name="User">A telephone number with country code in any usual spelling, or a business-scoped user id.</param>
    /// <param name="Contact">A WhatsApp user, by the id of the contact.</param>
    /// <param name="By">Of a contact with both a number and an id: by which the user is called.</param>
    /// <param name="Channel">The business number that calls, by Meta's phone_number_id.</param>
    /// <param name="Trunk">Only the agent's phone at this trunk is rung.</param>
    /// <param name="RingSeconds">How long the agent is rung, 5 to 120; null: the node's timeout.</param>
    public sealed record StartCallRequest(
        AgentId Agent, string? User = null, long? Contact = null, UserIdentifier? By = null, string? Channel = null, string? Trunk = null,
        int? RingSeconds = null);

    /// <param name="CallId">The call that began.</param>
    public sealed record CallStarted(string? CallId);

    private static async Task<Results<Accepted<CallStarted>, ProblemResult>> StartAsync(
        StartCallRequest request, [AsParameters] CallSources sources, NodeCommands nodes, AuditStore audit, Caller caller,
        CancellationToken cancellation)
    {
        var check = new Check();
        check.That(request.User is null != request.Contact is null, "user", "Give either a user or a contact.");
        check.That(request.By is null || request.Contact is not null, "by", "Is for a contact.");
        check.That(request.RingSeconds is null or >= 5 and <= 120, "ringSeconds", "Must be from 5 to 120.");
        var user = UserText.Checked(request.User, "user", check);
        if (check.Failed(out var problem))
            return problem;
        if (await sources.Agents.FindAsync(request.Agent, cancellation) is not { } agent)
            return CallSources.Unknown("agent", $"'{request.Agent}' is no agent.");
        if (agent.NumberAt(request.Trunk) is not { } number)
            return CallSources.Unknown("trunk", $"Agent '{agent.Id}' has no phone there.");
        var (called, channel, fault) = await sources.FindAsync(
            user, request.Contact, request.By, request.Channel, agent.Channel, cancellation);
        if (fault is not null)
            return fault;
        await audit.WriteAsync(caller.Actor, "call.start", $"agent:{agent.Id}", null, request, cancellation);
        var command = new NodeCommand.CallBack(channel, called, number, request.Trunk)
        {
            AgentId = agent.Id, RingSeconds = request.RingSeconds,
        };
        var reply = await nodes.CallBackAsync(command, cancellation);
        return reply.Outcome == CommandOutcome.Done
            ? TypedResults.Accepted((string?)null, new CallStarted(reply.Call?.Value)) : NodeProblems.Of(reply);
    }
}
