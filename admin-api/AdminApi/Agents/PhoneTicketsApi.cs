using System.Security.Cryptography;
using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Storage.Directory;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Agents;

/// <summary>Admission of the phone in the browser: a ticket in place of a password, which a browser should not have.</summary>
public static class PhoneTicketsApi
{
    private const int SecretBytes = 32;

    public static readonly ProblemKind NoAgent = new(409, "no_agent", "The key or session stands for no agent");
    public static readonly ProblemKind NoPhone = new(409, "no_phone", "The agent has no registered phone");

    public static void MapPhoneTickets(this IEndpointRouteBuilder api) =>
        api.MapPost("/agents/me/phone/tickets", CreateAsync).WithTags("agents").WithName("createPhoneTicket").Requires(Scope.Operate)
            .Problems(NoAgent, NoPhone)
            .WithSummary("Makes a ticket that admits one WebSocket as the phone of the caller's agent, once")
            .WithDescription(
                "The phone speaks SIP (RFC 7118) at `/console/phone/socket?ticket=…` of this API, or at a node's own listener, " +
                "and registers as `user` without a password for as long as the WebSocket lives.");

    /// <param name="Ticket">The secret text.</param>
    /// <param name="ExpiresAt">Until then it can be used, once.</param>
    /// <param name="Agent">The agent for whom the key or session stands.</param>
    /// <param name="User">The user part of the address that the phone registers.</param>
    /// <param name="IceServers">TURN servers with credentials, for the phone's audio.</param>
    public sealed record PhoneTicket(
        string Ticket, DateTimeOffset ExpiresAt, AgentId Agent, string User, IReadOnlyList<IceServer> IceServers);

    private static async Task<Results<Ok<PhoneTicket>, ProblemResult>> CreateAsync(
        PhoneTicketStore tickets, AdminApiOptions options, Caller caller, TimeProvider time, CancellationToken cancellation)
    {
        if (caller.Agent is not { } agent)
            return NoAgent.Of("Use a key that was made for an agent, or a link that was.");
        var now = time.GetUtcNow();
        var text = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretBytes));
        return await tickets.AddAsync(text, agent, cancellation) is { } user
            ? TypedResults.Ok(new PhoneTicket(
                text, now + PhoneTicketStore.Lifetime, agent, user, options.Turn is { } turn ? [turn.For(user, now)] : []))
            : NoPhone.Of($"Give agent '{agent}' a phone of kind registered.");
    }
}
