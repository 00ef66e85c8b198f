using System.ComponentModel;
using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Storage.Admin;
using Gateway.Storage.Commands;
using Media.Protocols.Primitives;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.MissedCalls;

/// <summary>Users whose calls were not answered, as a work list.</summary>
public static class MissedCallsApi
{
    public static void MapMissedCalls(this IEndpointRouteBuilder api)
    {
        var missed = api.MapGroup("/missed-calls").WithTags("missed calls");
        missed.MapGet("/", ListAsync).WithName("listMissedCalls").Requires(Scope.Read).Paged()
            .WithSummary("Missed calls, an entry for each user, the newest first");
        missed.MapGet("/{callId}", GetAsync).WithName("getMissedCall").Requires(Scope.Read).Problems(Problems.NotFound)
            .WithSummary("A missed call");
        missed.MapPut("/{callId}", SaveAsync).WithName("updateMissedCall").Requires(Scope.Operate).WithIfMatch().Problems(Problems.NotFound)
            .WithSummary("Assigns, annotates, closes or reopens a missed call");
        missed.MapPatch("/{callId}", ChangeAsync).WithName("changeMissedCall").Requires(Scope.Operate).WithIfMatch()
            .Problems(Problems.NotFound)
            .WithSummary("Changes some of a missed call's state, assignee and note");
        missed.MapPost("/{callId}/call-back", CallBackAsync).WithName("callBackMissedCall").Requires(Scope.Operate).Idempotent()
            .Problems(Problems.NotFound, NodeProblems.Unreachable, NodeProblems.Refused)
            .WithSummary("Rings an agent, and the user when the agent answers");
    }

    /// <summary>The filter of a list of missed calls.</summary>
    public readonly record struct Filter(
        [property: Description("The state of work.")] WireValue<MissedCallState>? State,
        [property: Description("The assignee.")] string? Assignee,
        [property: Description("A business number by Meta's phone_number_id.")] string? Channel,
        [property: Description("The group that the user waited for.")] string? Group,
        [property: Description("A WhatsApp user by telephone number in any usual spelling, or business-scoped id.")] string? User,
        [property: Description("Missed at this time or later.")] QueryTime? From,
        [property: Description("Missed before this time.")] QueryTime? To);

    /// <param name="Assignee">The assignee; required where the state is assigned.</param>
    /// <param name="Note">Up to 2000 characters.</param>
    public sealed record MissedCallChange(MissedCallState State, string? Assignee = null, string? Note = null);

    /// <summary>The members to change; those left out stay unchanged.</summary>
    /// <param name="Assignee">Empty: nobody.</param>
    /// <param name="Note">Empty: none.</param>
    public sealed record MissedCallPatch(MissedCallState? State = null, string? Assignee = null, string? Note = null)
    {
        internal MissedCallChange ApplyTo(MissedCallRow row) => new(
            State ?? WireName.Parse<MissedCallState>(row.State), Assignee is null ? row.Assignee : Assignee.Length == 0 ? null : Assignee,
            Note is null ? row.Note : Note.Length == 0 ? null : Note);
    }

    /// <param name="Agent">The number dialled at the PBX.</param>
    /// <param name="Trunk">The trunk to the agent; none: the channel's first.</param>
    public sealed record CallBackRequest(string Agent, string? Trunk = null);

    /// <param name="CallId">The call that began.</param>
    public sealed record CallBackStarted(string? CallId);

    private static async Task<Results<Ok<Page<MissedCallView>>, ProblemResult>> ListAsync(
        MissedCallStore book, [AsParameters] Filter filter, [AsParameters] PageRequest page, CancellationToken cancellation)
    {
        if (!Cursor.TryRead(page.Cursor, out var at, out var id))
            return Cursor.Problem();
        var check = new Check();
        var user = UserText.Checked(filter.User, "user", check);
        if (check.Failed(out var problem))
            return problem;
        IReadOnlyList<string>? handles = user is null ? null : user.Phone is { } phone ? [.. NumberSpelling.Of(phone)] : [user.UserId!];
        var rows = await book.ListAsync(
            new MissedCallQuery(filter.State?.Value, filter.Assignee, filter.Channel, filter.From?.Value, filter.To?.Value, at, id,
                page.Rows, filter.Group, handles), cancellation);
        return TypedResults.Ok(Page.Of(rows, page, MissedCallView.Of, row => Cursor.Of(row.MissedAt, row.CallId)));
    }

    private static async Task<Results<Ok<MissedCallView>, ProblemResult>> GetAsync(
        [Description("The call's id.")] string callId, MissedCallStore book, CancellationToken cancellation) =>
        await book.FindAsync(callId, cancellation) is { } row ? TypedResults.Ok(MissedCallView.Of(row)) : Unknown();

    private static async Task<Results<Ok<MissedCallView>, ProblemResult>> ChangeAsync(
        [Description("The call's id.")] string callId, MissedCallPatch change, IfMatch match, MissedCallStore book, Caller caller,
        CancellationToken cancellation) =>
        await book.FindAsync(callId, cancellation) is { } row
            ? await SaveAsync(callId, change.ApplyTo(row), match, book, caller, cancellation)
            : Unknown();

    private static async Task<Results<Ok<MissedCallView>, ProblemResult>> SaveAsync(
        [Description("The call's id.")] string callId, MissedCallChange change, IfMatch match, MissedCallStore book, Caller caller,
        CancellationToken cancellation)
    {
        var check = new Check();
        check.That(change.State != MissedCallState.Assigned
            || change.Assignee is not null, "assignee", "Is required where the state is assigned.");
        check.That(change.Assignee is null or { Length: >= 1 and <= 128 }, "assignee", "Must be 1 to 128 characters.");
        check.That(change.Note is null or { Length: <= 2000 }, "note", "Must be at most 2000 characters.");
        if (check.Failed(out var problem))
            return problem;
        var result = await book.SaveAsync(callId, match.Version, change.State, change.Assignee, change.Note, caller.Actor, cancellation);
        return result switch
        {
            { After: { } after } => TypedResults.Ok(MissedCallView.Of(after)),
            { IsStale: true } => match.Stale(),
            _ => Unknown(),
        };
    }

    private static async Task<Results<Accepted<CallBackStarted>, ProblemResult>> CallBackAsync(
        [Description("The call's id.")] string callId, CallBackRequest request, MissedCallStore book, NodeCommands nodes, AuditStore audit,
        Caller caller,
        CancellationToken cancellation)
    {
        var check = new Check();
        check.That(request.Agent.Length is >= 1 and <= 128, "agent", "Must be 1 to 128 characters.");
        if (check.Failed(out var problem))
            return problem;
        if (await book.FindAsync(callId, cancellation) is not { } missed)
            return Unknown();
        await audit.WriteAsync(caller.Actor, "missed_call.call_back", $"missed_call:{callId}", null, request, cancellation);
        var user = missed.UserHandle.All(char.IsAsciiDigit)
            ? new WhatsAppUser(missed.UserHandle, null, null, missed.UserName)
            : new WhatsAppUser(null, missed.UserHandle, null, missed.UserName);
        var reply = await nodes.CallBackAsync(
            new NodeCommand.CallBack(new ChannelId(missed.Channel), user, request.Agent, request.Trunk), cancellation);
        return reply.Outcome == CommandOutcome.Done
            ? TypedResults.Accepted((string?)null, new CallBackStarted(reply.Call?.Value))
            : NodeProblems.Of(reply);
    }

    private static ProblemResult Unknown() => Problems.NotFound.Of("There is no missed call of this id.");
}
