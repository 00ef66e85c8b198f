using System.ComponentModel;
using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Storage.Parking;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Calls;

/// <summary>Calls to users that wait: for the user's permission, then for an agent who is free.</summary>
public static class ParkedCallsApi
{
    private const string IdText = "The parked call's id.";

    private static readonly TimeSpan Shortest = TimeSpan.FromMinutes(1), Usual = TimeSpan.FromDays(1), Longest = TimeSpan.FromDays(7);

    private static readonly ProblemKind AlreadyParked = new(409, "already_parked", "A call to this user is parked or placed already");

    private static readonly ProblemKind NotWaiting = new(409, "not_waiting", "It does not wait any more");

    public static void MapParkedCalls(this IEndpointRouteBuilder api)
    {
        var parked = api.MapGroup("/parked-calls").WithTags("parked calls");
        parked.MapGet("/", ListAsync).WithName("listParkedCalls").Requires(Scope.Read).Paged()
            .WithSummary("Parked calls, the newest first");
        parked.MapPost("/", ParkAsync).WithName("parkCall").Requires(Scope.Operate).Idempotent()
            .Problems(Problems.NotFound, StoreProblems.UnknownReference, CallSources.NoChannel, AlreadyParked)
            .WithSummary("Parks a call to a user, to be placed when the user permits it and an agent is free")
            .WithDescription(
                "The agent is rung first, then the user. It waits for a day unless said otherwise, a week at most. "
                + CallSources.ChannelText);
        parked.MapGet("/{id}", GetAsync).WithName("getParkedCall").Requires(Scope.Read).Problems(Problems.NotFound)
            .WithSummary("A parked call");
        parked.MapDelete("/{id}", CancelAsync).WithName("cancelParkedCall").Requires(Scope.Operate).Problems(Problems.NotFound, NotWaiting)
            .WithSummary("Cancels a parked call that waits; it stays in the list");
    }

    /// <summary>The filter of a list of parked calls.</summary>
    public readonly record struct Filter(
        [property: Description("How far it is.")] WireValue<ParkedCallState>? State,
        [property: Description("The group for whose agents it waits.")] string? Group,
        [property: Description("The agent for whom it waits.")] string? Agent,
        [property: Description("The WhatsApp user, by the id of the contact.")] long? Contact);

    /// <summary>Exactly one of user and contact, and one of agent and group; at most one of expiresInSeconds and expiresAt.</summary>
    /// <param name="Agent">The agent who talks to the user.</param>
    /// <param name="Group">An agent of this group does, the one who was idle the longest; users who wait in its queue come first.</param>
    /// <param name="User">A telephone number with country code in any usual spelling, or a business-scoped user id.</param>
    /// <param name="Contact">A WhatsApp user, by the id of the contact.</param>
    /// <param name="Channel">The business number that calls, by Meta's phone_number_id.</param>
    /// <param name="Ask">Ask the user for permission where it is missing, once, when the limits of requests allow it.</param>
    /// <param name="ExpiresInSeconds">How long it waits, 60 to 604800.</param>
    /// <param name="ExpiresAt">Until when it waits.</param>
    /// <param name="RingSeconds">How long the agent is rung, 5 to 120; null: the node's timeout.</param>
    /// <param name="Reference">Text of your own, up to 200 characters, which events repeat.</param>
    public sealed record ParkCallRequest(
        AgentId? Agent = null, GroupId? Group = null, string? User = null, long? Contact = null, string? Channel = null, bool Ask = true,
        int? ExpiresInSeconds = null, DateTimeOffset? ExpiresAt = null, int? RingSeconds = null, string? Reference = null);

    private static async Task<Results<Ok<Page<ParkedCallView>>, ProblemResult>> ListAsync(
        ParkedCallStore store, [AsParameters] Filter filter, [AsParameters] PageRequest page, CancellationToken cancellation)
    {
        if (!Cursor.TryRead(page.Cursor, out var at, out var id))
            return Cursor.Problem();
        var rows = await store.ListAsync(
            new ParkedCallQuery(filter.State?.Value, filter.Group, filter.Agent, filter.Contact, at, id, page.Rows), cancellation);
        return TypedResults.Ok(Page.Of(rows, page, ParkedCallView.Of, row => Cursor.Of(row.CreatedAt, row.Id)));
    }

    private static async Task<Results<Created<ParkedCallView>, ProblemResult>> ParkAsync(
        ParkCallRequest request, [AsParameters] CallSources sources, ParkedCallStore store, Caller caller, CancellationToken cancellation)
    {
        var now = sources.Time.GetUtcNow();
        var check = new Check();
        check.That(request.Agent is null != request.Group is null, "agent", "Give either an agent or a group.");
        check.That(request.User is null != request.Contact is null, "user", "Give either a user or a contact.");
        check.That(
            request.ExpiresInSeconds is null || request.ExpiresAt is null, "expiresAt", "Give either expiresInSeconds or expiresAt.");
        check.That(
            request.ExpiresInSeconds is not { } wait || TimeSpan.FromSeconds(wait) >= Shortest && TimeSpan.FromSeconds(wait) <= Longest,
            "expiresInSeconds", "Must be from 60 to 604800.");
        check.That(
            request.ExpiresAt is not { } end || end >= now + Shortest && end <= now + Longest, "expiresAt",
            "Must be a minute to 7 days from now.");
        check.That(request.RingSeconds is null or >= 5 and <= 120, "ringSeconds", "Must be from 5 to 120.");
        check.That(request.Reference is null || Names.IsName(request.Reference), "reference", Names.NameRule);
        var user = UserText.Checked(request.User, "user", check);
        if (check.Failed(out var problem))
            return problem;
        var (agent, unknown) = await FindAsync(request, sources, cancellation);
        if (unknown is not null)
            return unknown;
        var (called, channel, fault) = await sources.FindAsync(
            user, request.Contact, null, request.Channel, agent?.Channel, cancellation);
        if (fault is not null)
            return fault;
        var expires = request.ExpiresAt
            ?? now + (request.ExpiresInSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : Usual);
        var (row, isDone) = await store.ParkAsync(
            new NewParkedCall(
                channel, called, request.Agent, request.Group, request.Ask, request.RingSeconds, request.Reference, expires),
            caller.Actor, now, cancellation);
        return isDone
            ? TypedResults.Created($"/v1/parked-calls/{row!.Id}", ParkedCallView.Of(row))
            : AlreadyParked.Of($"Parked call {row!.Id} is for this user, and is not over.");
    }

    /// <summary>The agent asked for; null with no fault: a group that there is.</summary>
    private static async Task<(Agent? Agent, ProblemResult? Fault)> FindAsync(
        ParkCallRequest request, CallSources sources, CancellationToken cancellation)
    {
        if (request.Group is { } group)
            return await sources.Groups.FindAsync(group, cancellation) is null
                ? (null, CallSources.Unknown("group", $"'{group}' is no group.")) : (null, null);
        var agent = await sources.Agents.FindAsync(request.Agent!.Value, cancellation);
        return agent is null ? (null, CallSources.Unknown("agent", $"'{request.Agent}' is no agent.")) : (agent, null);
    }

    private static async Task<Results<Ok<ParkedCallView>, ProblemResult>> GetAsync(
        [Description(IdText)] string id, ParkedCallStore store, CancellationToken cancellation) =>
        await store.FindAsync(id, cancellation) is { } row ? TypedResults.Ok(ParkedCallView.Of(row)) : Unknown();

    private static async Task<Results<Ok<ParkedCallView>, ProblemResult>> CancelAsync(
        [Description(IdText)] string id, ParkedCallStore store, TimeProvider time, Caller caller, CancellationToken cancellation) =>
        await store.CancelAsync(id, caller.Actor, time.GetUtcNow(), cancellation) switch
        {
            { Row: null } => Unknown(),
            { Row: { } row, IsDone: true } => TypedResults.Ok(ParkedCallView.Of(row)),
            { Row: { } row } => NotWaiting.Of($"It is {row.State}: a call that has begun is ended by /v1/calls/live/ID/hang-up."),
        };

    private static ProblemResult Unknown() => Problems.NotFound.Of("There is no parked call of this id.");
}
