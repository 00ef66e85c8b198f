using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Storage.Admin;
using Gateway.Storage.Channels;
using Gateway.Storage.Commands;
using Gateway.Storage.Contacts;
using Gateway.Storage.Directory;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Calls;

/// <summary>Calls that a program starts for an agent: the agent is rung first, then the user.</summary>
public static class ClickToCallApi
{
    private static readonly ProblemKind NoChannel = new(422, "no_channel", "The business number that calls is not known");

    public static void MapClickToCall(this IEndpointRouteBuilder api) =>
        api.MapGroup("/calls").WithTags("calls").MapPost("/", StartAsync).WithName("startCall").Requires(Scope.Operate).Idempotent()
            .Problems(Problems.NotFound, StoreProblems.UnknownReference, NoChannel, NodeProblems.Unreachable, NodeProblems.Refused)
            .WithSummary("Rings an agent, and the user when the agent answers")
            .WithDescription(
                "Without a channel the call goes out by that of the contact, else by the agent's own, else by the one that knows the " +
                "user (the newest contact), else by the only one there is.");

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

    /// <summary>What a WhatsApp user is called by.</summary>
    public enum UserIdentifier
    {
        Phone,
        UserId,
    }

    /// <param name="CallId">The call that began.</param>
    public sealed record CallStarted(string? CallId);

    /// <summary>Where the parts of such a call are looked up.</summary>
    internal readonly record struct Sources(
        AgentStore Agents, ContactStore Contacts, ContactPages Pages, ChannelStore Channels, TimeProvider Time);

    private static async Task<Results<Accepted<CallStarted>, ProblemResult>> StartAsync(
        StartCallRequest request, [AsParameters] Sources sources, NodeCommands nodes, AuditStore audit, Caller caller,
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
            return Unknown("agent", $"'{request.Agent}' is no agent.");
        if (PhoneOf(agent, request.Trunk) is not { } number)
            return Unknown("trunk", $"Agent '{agent.Id}' has no phone there.");
        Contact? contact = null;
        if (request.Contact is { } id && (contact = await sources.Contacts.FindAsync(id, cancellation)) is null)
            return Problems.NotFound.Of($"There is no contact {id}.");
        if ((user ?? UserOf(contact!, request.By)) is not { } called)
            return Unknown("by", "The contact has no such identifier.");
        var asked = request.Channel is { } name ? new ChannelId(name) : (ChannelId?)null;
        if (asked is { } own && await sources.Channels.FindAsync(own, cancellation) is null)
            return Unknown("channel", $"'{own}' is no channel.");
        if ((asked ?? contact?.Channel ?? agent.Channel ?? await ChannelOfAsync(called, sources, cancellation)) is not { } channel)
            return NoChannel.Of("There are several channels, and none of them knows the user: name one.");
        await audit.WriteAsync(caller.Actor, "call.start", $"agent:{agent.Id}", null, request, cancellation);
        var command = new NodeCommand.CallBack(channel, called, number, request.Trunk)
        {
            AgentId = agent.Id, RingSeconds = request.RingSeconds,
        };
        var reply = await nodes.CallBackAsync(command, cancellation);
        return reply.Outcome == CommandOutcome.Done
            ? TypedResults.Accepted((string?)null, new CallStarted(reply.Call?.Value)) : NodeProblems.Of(reply);
    }

    /// <summary>What names the agent's phone, there where a trunk is given; null: the agent has no such phone.</summary>
    private static string? PhoneOf(Agent agent, string? trunk)
    {
        foreach (var phone in agent.Phones)
        {
            if (phone is AgentPhone.Extension extension && (trunk is null || extension.Trunk == trunk))
                return extension.Number;
            if (phone is AgentPhone.Registered registered && trunk is null)
                return registered.User;
        }
        return null;
    }

    private static WhatsAppUser? UserOf(Contact contact, UserIdentifier? by) => by switch
    {
        UserIdentifier.Phone => contact.User.Phone is null ? null : contact.User with { UserId = null },
        UserIdentifier.UserId => contact.User.UserId is null ? null : contact.User with { Phone = null },
        _ => contact.User,
    };

    private static async Task<ChannelId?> ChannelOfAsync(WhatsAppUser user, Sources sources, CancellationToken cancellation)
    {
        var known = await sources.Pages.ListAsync(
            new ContactQuery(null, user.Phone, user.Phone is null ? user.UserId : null, null, null, 1), sources.Time.GetUtcNow(),
            cancellation);
        if (known.Count > 0)
            return known[0].Channel;
        return await sources.Channels.ListAsync(2, null, cancellation) is [var only] ? only.Facts.Settings.Id : null;
    }

    private static ProblemResult Unknown(string field, string message) =>
        StoreProblems.UnknownReference.Of($"{field}: {message}", [new FieldError(field, message)]);
}
