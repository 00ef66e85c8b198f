using System.ComponentModel;
using AdminApi.Events;
using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Calls.Permissions;
using Gateway.Storage.Admin;
using Gateway.Storage.Channels;
using Gateway.Storage.Commands;
using Gateway.Storage.Contacts;
using Gateway.Storage.Events;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace AdminApi.Contacts;

/// <summary>WhatsApp users, their permissions, and permission requests.</summary>
public static class ContactsApi
{
    private const int ShownRequests = 20;

    public static void MapContacts(this IEndpointRouteBuilder api)
    {
        var contacts = api.MapGroup("/contacts").WithTags("contacts");
        contacts.MapGet("/", ListAsync).WithName("listContacts").Requires(Scope.Read).Paged()
            .WithSummary("WhatsApp users with their permissions, the newest first");
        contacts.MapGet("/{id:long}", GetAsync).WithName("getContact").Requires(Scope.Read).Problems(Problems.NotFound)
            .WithSummary("A user with the requests sent, and whether another may be sent now");
        contacts.MapGet("/{id:long}/events", TimelineAsync).WithName("listContactEvents").Requires(Scope.Read).Paged()
            .Problems(Problems.NotFound)
            .WithSummary("The events of a user, the newest first, under former numbers and ids too");
        contacts.MapPost("/{id:long}/refresh", RefreshAsync).WithName("refreshContact").Requires(Scope.Operate)
            .Problems(Problems.NotFound, NodeProblems.Refused, NodeProblems.Unreachable)
            .WithSummary("Reads a user's permission at WhatsApp, through a node, and stores it");
        contacts.MapPost("/{id:long}/revoke", RevokeAsync).WithName("revokePermission").Requires(Scope.Operate).Problems(Problems.NotFound)
            .WithSummary("Revokes a permission here: the user is not called until they permit it again");
        api.MapGroup("/permission-requests").WithTags("contacts").MapPost("/", AskAsync).WithName("requestPermission")
            .Requires(Scope.Operate).Idempotent()
            .Problems(ContactProblems.OfRequests)
            .WithSummary("Asks a user for permission to be called: free-form in an open window, else by the channel's template");
    }

    /// <summary>The filter of a list of contacts.</summary>
    public readonly record struct Filter(
        [property: Description("A business number by Meta's phone_number_id.")] string? Channel,
        [property: Description("A telephone number with country code, in any spelling.")] string? Phone,
        [property: Description("A business-scoped user id.")] string? UserId,
        [property: Description("The state of the permission now.")] WireValue<PermissionState>? Permission);

    /// <param name="Reason">For the audit log; up to 500 characters.</param>
    public sealed record Revocation(string? Reason = null);

    /// <param name="Channel">The business number that asks, by Meta's phone_number_id.</param>
    /// <param name="User">A telephone number with country code in any usual spelling, or a business-scoped user id.</param>
    public sealed record AskPermissionRequest(string Channel, string User);

    private static async Task<Results<Ok<Page<ContactView>>, ProblemResult>> ListAsync(
        ContactPages pages, TimeProvider time, [AsParameters] Filter filter, [AsParameters] PageRequest page,
        CancellationToken cancellation)
    {
        if (!Cursor.TryRead(page.Cursor, out long? before))
            return Cursor.Problem();
        var check = new Check();
        string? phone = null;
        if (filter.Phone is { } typed)
            check.That(PhoneText.TryRead(typed, out phone, out var reason), "phone", reason);
        if (filter.UserId is { } userId)
            check.That(UserText.TryRead(userId, out var user, out _)
                && user.UserId is not null, "userId", "Must be a business-scoped user id such as US.1349.");
        if (check.Failed(out var problem))
            return problem;
        var now = time.GetUtcNow();
        var channel = filter.Channel is { } id ? new ChannelId(id) : (ChannelId?)null;
        var found = await pages.ListAsync(
            new ContactQuery(channel, phone, filter.UserId, filter.Permission?.Value, before, page.Rows), now, cancellation);
        return TypedResults.Ok(Page.Of(found, page, contact => ContactView.Of(contact, now), contact => Cursor.Of(contact.Id)));
    }

    private static async Task<Results<Ok<ContactDetails>, ProblemResult>> GetAsync(
        [Description("The contact's id.")] long id, ContactStore contacts, PermissionRequestStore requests, ChannelStore channels,
        AdminApiOptions options,
        TimeProvider time, CancellationToken cancellation)
    {
        if (await contacts.FindAsync(id, cancellation) is not { } contact)
            return Unknown();
        var channel = await channels.FindAsync(contact.Channel, cancellation);
        var now = time.GetUtcNow();
        return TypedResults.Ok(new ContactDetails(
            ContactView.Of(contact, now),
            NextRequest.Of(contact.Permission, options.Permissions, channel?.Facts.Settings.Template is not null, now),
            await requests.ListAsync(contact.Id, ShownRequests, cancellation)));
    }

    private static async Task<Results<Ok<Page<EventView>>, ProblemResult>> TimelineAsync(
        [Description("The contact's id.")] long id, ContactStore contacts, EventReader events, [AsParameters] PageRequest page,
        CancellationToken cancellation)
    {
        if (!Cursor.TryRead(page.Cursor, out long? before))
            return Cursor.Problem();
        if (await contacts.FindAsync(id, cancellation) is not { } contact)
            return Unknown();
        var rows = await events.OfContactAsync([contact.Id, .. contact.FormerIds], before, page.Rows, cancellation);
        return TypedResults.Ok(Page.Of(rows, page, EventView.Of, row => Cursor.Of(row.Id)));
    }

    private static async Task<Results<Ok<ContactView>, ProblemResult>> RefreshAsync(
        [Description("The contact's id.")] long id, ContactStore contacts, NodeCommands nodes, TimeProvider time,
        CancellationToken cancellation)
    {
        if (await contacts.FindAsync(id, cancellation) is not { } contact)
            return Unknown();
        var reply = await nodes.RefreshPermissionAsync(new NodeCommand.RefreshPermission(contact.Channel, contact.User), cancellation);
        return reply.Outcome == CommandOutcome.Done
            ? TypedResults.Ok(ContactView.Of((await contacts.FindAsync(id, cancellation))!, time.GetUtcNow()))
            : NodeProblems.Of(reply);
    }

    private static async Task<Results<Ok<ContactView>, ProblemResult>> RevokeAsync(
        [Description("The contact's id.")] long id, Revocation revocation, ContactStore contacts, Caller caller, TimeProvider time,
        CancellationToken cancellation)
    {
        var check = new Check();
        check.That(revocation.Reason is null or { Length: <= 500 }, "reason", "Must be at most 500 characters.");
        if (check.Failed(out var problem))
            return problem;
        var now = time.GetUtcNow();
        return await contacts.RevokeAsync(id, caller.Actor, revocation.Reason, now, cancellation) is { } contact
            ? TypedResults.Ok(ContactView.Of(contact, now)) : Unknown();
    }

    private static async Task<Results<Accepted<ContactView>, ProblemResult>> AskAsync(
        AskPermissionRequest request, ContactStore contacts, ChannelStore channels, NodeCommands nodes, AuditStore audit, Caller caller,
        TimeProvider time,
        CancellationToken cancellation)
    {
        var check = new Check();
        var user = UserText.Checked(request.User, "user", check);
        check.That(
            await channels.FindAsync(new ChannelId(request.Channel), cancellation) is not null, "channel", "There is no such channel.");
        if (check.Failed(out var problem))
            return problem;
        await audit.WriteAsync(caller.Actor, "permission.request", $"channel:{request.Channel}", null, request, cancellation);
        var channel = new ChannelId(request.Channel);
        var reply = await nodes.AskPermissionAsync(new NodeCommand.AskPermission(channel, user!, caller.Actor), cancellation);
        return reply.Outcome == CommandOutcome.Done && await contacts.FindAsync(channel, user!, cancellation) is { } contact
            ? TypedResults.Accepted((string?)null, ContactView.Of(contact, time.GetUtcNow()))
            : ContactProblems.Of(reply);
    }

    private static ProblemResult Unknown() => Problems.NotFound.Of("There is no contact of this id.");
}

internal static class ContactSetup
{
    public static void AddContacts(this IServiceCollection services, AdminApiOptions options)
    {
        services.AddSingleton(s => new ContactStore(s.GetRequiredService<NpgsqlDataSource>(), options.Permissions));
        services.AddSingleton(s => new PermissionRequestStore(s.GetRequiredService<NpgsqlDataSource>(), options.Permissions));
        services.AddSingleton<ContactPages>();
    }
}
