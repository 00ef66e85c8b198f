using System.ComponentModel;
using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Storage.Calls;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Voicemails;

/// <summary>Messages that callers left, as a work list.</summary>
public static class VoicemailsApi
{
    private const string Wave = "audio/wav", IdText = "The message's id.";

    private static readonly ProblemKind AudioUnavailable = new(409, "audio_unavailable", "The audio is not within reach");

    public static void MapVoicemails(this IEndpointRouteBuilder api)
    {
        var messages = api.MapGroup("/voicemails").WithTags("voicemails");
        messages.MapGet("/", ListAsync).WithName("listVoicemails").Requires(Scope.Read).Paged()
            .WithSummary("Messages that callers left, the newest first");
        messages.MapGet("/{id}", GetAsync).WithName("getVoicemail").Requires(Scope.Read).Problems(Problems.NotFound)
            .WithSummary("A message");
        messages.MapPut("/{id}", MarkAsync).WithName("markVoicemail").Requires(Scope.Operate).WithIfMatch().Problems(Problems.NotFound)
            .WithSummary("Marks a message as heard, as closed, or as neither");
        messages.MapGet("/{id}/audio", DownloadAsync).WithName("downloadVoicemail").Requires(Scope.Operate)
            .Problems(Problems.NotFound, AudioUnavailable).WithSummary("The audio of a message; it is not marked as heard by that")
            .Produces<string>(StatusCodes.Status200OK, Wave);
    }

    /// <summary>The filter of a list of messages.</summary>
    public readonly record struct Filter(
        [property: Description("The group whose messages they are.")] string? Group,
        [property: Description("A business number by Meta's phone_number_id.")] string? Channel,
        [property: Description("Heard by somebody, or by nobody.")] bool? Heard,
        [property: Description("Closed, or still to do.")] bool? Closed);

    /// <param name="Heard">Somebody has heard it.</param>
    /// <param name="Closed">Nothing more is to be done.</param>
    public sealed record VoicemailMarks(bool Heard, bool Closed);

    /// <param name="User">Phone number in digits, or business-scoped id.</param>
    /// <param name="Contact">The WhatsApp user, by the id of the contact.</param>
    /// <param name="HeardBy">Who marked it as heard, as in the audit log.</param>
    /// <param name="Node">The node that recorded it.</param>
    public sealed record VoicemailView(
        string Id, string CallId, string Channel, long? Contact, string User, string? UserName, GroupId? Group, double DurationSeconds,
        DateTimeOffset LeftAt, DateTimeOffset? HeardAt, string? HeardBy, DateTimeOffset? ClosedAt, string? ClosedBy, string Node,
        long Version) : IVersioned
    {
        public static VoicemailView Of(VoicemailRow row) => new(
            row.Id, row.CallId, row.Channel, row.Contact, row.UserHandle, row.UserName,
            row.AgentGroup is null ? null : new GroupId(row.AgentGroup), row.DurationMs / 1000.0, row.LeftAt, row.HeardAt, row.HeardBy,
            row.ClosedAt, row.ClosedBy, row.Node, row.Version);
    }

    private static async Task<Results<Ok<Page<VoicemailView>>, ProblemResult>> ListAsync(
        VoicemailStore store, [AsParameters] Filter filter, [AsParameters] PageRequest page, CancellationToken cancellation)
    {
        if (!Cursor.TryRead(page.Cursor, out var at, out var id))
            return Cursor.Problem();
        var rows = await store.ListAsync(
            new VoicemailQuery(filter.Group, filter.Channel, filter.Heard, filter.Closed, at, id, page.Rows), cancellation);
        return TypedResults.Ok(Page.Of(rows, page, VoicemailView.Of, row => Cursor.Of(row.LeftAt, row.Id)));
    }

    private static async Task<Results<Ok<VoicemailView>, ProblemResult>> GetAsync(
        [Description(IdText)] string id, VoicemailStore store, CancellationToken cancellation) =>
        await store.FindAsync(id, cancellation) is { } row ? TypedResults.Ok(VoicemailView.Of(row)) : Unknown();

    private static async Task<Results<Ok<VoicemailView>, ProblemResult>> MarkAsync(
        [Description(IdText)] string id, VoicemailMarks request, IfMatch match, VoicemailStore store, Caller caller,
        CancellationToken cancellation) =>
        await store.MarkAsync(id, match.Version, request.Heard, request.Closed, caller.Actor, cancellation) switch
        {
            { After: { } after } => TypedResults.Ok(VoicemailView.Of(after)),
            { IsStale: true } => match.Stale(),
            _ => Unknown(),
        };

    private static async Task<Results<FileStreamHttpResult, ProblemResult>> DownloadAsync(
        [Description(IdText)] string id, VoicemailStore store, AdminApiOptions options, CancellationToken cancellation)
    {
        if (await store.FindAsync(id, cancellation) is not { } row)
            return Unknown();
        if (options.Recordings is not { } folder)
            return AudioUnavailable.Of($"Node {row.Node} has it; {AdminApiOptions.Section}:Recordings names no folder to read it from.");
        var root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)) + Path.DirectorySeparatorChar;
        var path = Path.GetFullPath(row.Path, root);
        return path.StartsWith(root, StringComparison.Ordinal) && File.Exists(path)
            ? TypedResults.File(File.OpenRead(path), Wave, $"{id}.wav")
            : AudioUnavailable.Of($"{AdminApiOptions.Section}:Recordings has no such file; node {row.Node} recorded it.");
    }

    private static ProblemResult Unknown() => Problems.NotFound.Of("There is no message of this id.");
}
