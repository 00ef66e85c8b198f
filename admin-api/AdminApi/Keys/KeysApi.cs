using System.ComponentModel;
using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Storage.Admin;
using Gateway.Storage.Directory;
using Media.Protocols.Primitives;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Keys;

/// <summary>Keys of this API. Their texts are shown once, when they are created.</summary>
public static class KeysApi
{
    private static readonly TimeSpan LongestGrace = TimeSpan.FromDays(30);

    public static void MapKeys(this IEndpointRouteBuilder api)
    {
        var keys = api.MapGroup("/keys").WithTags("keys");
        keys.MapGet("/", ListAsync).WithName("listKeys").Requires(Scope.Admin).Paged().WithSummary("All keys, revoked ones included");
        keys.MapGet("/{id}", GetAsync).WithName("getKey").Requires(Scope.Admin).Problems(Problems.NotFound).WithSummary("A key");
        keys.MapPost("/", CreateAsync).WithName("createKey").Requires(Scope.Admin)
            .Problems(StoreProblems.UnknownReference)
            .WithSummary("Creates a key; the answer has its text, which is never shown again");
        keys.MapPost("/{id}/rotate", RotateAsync).WithName("rotateKey").Requires(Scope.Admin).WithIfMatch().Problems(Problems.NotFound)
            .WithSummary("Gives a key a new text; the old one still works for a while");
        keys.MapDelete("/{id}", RevokeAsync).WithName("revokeKey").Requires(Scope.Admin).WithIfMatch().Problems(Problems.NotFound)
            .WithSummary("Revokes a key at once and permanently");
    }

    /// <param name="Name">The user of the key: 1 to 200 characters.</param>
    /// <param name="Scopes">At least one. admin implies all others, operate and billing imply read.</param>
    /// <param name="ExpiresAt">In the future; none: it does not expire.</param>
    /// <param name="Agent">The agent for whom it stands, whose phone the console may be; none: nobody.</param>
    public sealed record NewKeyRequest(
        string Name, IReadOnlyList<Scope> Scopes, DateTimeOffset? ExpiresAt = null, AgentId? Agent = null);

    /// <param name="GraceSeconds">The time for which the old text still works: 0 to 30 days; by default a day.</param>
    public sealed record RotateRequest(int GraceSeconds = 86_400);

    /// <param name="PreviousUntil">The time until which the text before the last rotation works.</param>
    /// <param name="Agent">The agent for whom it stands; null: nobody.</param>
    /// <param name="LastUsedAt">Updated at most once a minute.</param>
    public sealed record KeyView(
        string Id, string Name, IReadOnlyList<Scope> Scopes, AgentId? Agent, DateTimeOffset? ExpiresAt, DateTimeOffset? RevokedAt,
        DateTimeOffset? LastUsedAt, DateTimeOffset? PreviousUntil, string CreatedBy, DateTimeOffset CreatedAt, long Version) : IVersioned
    {
        public static KeyView Of(KeyRow row) => new(
            row.Id, row.Name, [.. row.Scopes.Select(WireName.Parse<Scope>)], Caller.AgentOf(row.Agent), row.ExpiresAt, row.RevokedAt,
            row.LastUsedAt, row.PreviousUntil, row.CreatedBy, row.CreatedAt, row.Version);
    }

    /// <param name="Key">The key as it is listed from now on.</param>
    /// <param name="Text">The text to send as `Authorization: Bearer …`.</param>
    public sealed record KeyWithText(KeyView Key, string Text);

    private static async Task<Results<Ok<Page<KeyView>>,
    ProblemResult>> ListAsync(KeyStore book, [AsParameters] PageRequest page, CancellationToken cancellation)
    {
        if (!Cursor.TryRead(page.Cursor, out string? after))
            return Cursor.Problem();
        var rows = await book.ListAsync(after, page.Rows, cancellation);
        return TypedResults.Ok(Page.Of(rows, page, KeyView.Of, row => Cursor.Of(row.Id)));
    }

    private static async Task<Results<Ok<KeyView>, ProblemResult>> GetAsync(
        [Description("The part of the key's text after `wag_`.")] string id, KeyStore book, CancellationToken cancellation) =>
        await book.FindAsync(id, cancellation) is { } row ? TypedResults.Ok(KeyView.Of(row)) : Unknown();

    private static async Task<Results<Created<KeyWithText>, ProblemResult>> CreateAsync(
        NewKeyRequest request, KeyStore book, AgentStore agents, Caller caller, TimeProvider clock, CancellationToken cancellation)
    {
        var check = new Check();
        check.That(request.Name.Length is >= 1 and <= 200, "name", "Must be 1 to 200 characters.");
        check.That(request.Scopes.Count > 0, "scopes", "Must have at least one.");
        check.That(request.ExpiresAt is null || request.ExpiresAt > clock.GetUtcNow(), "expiresAt", "Must be in the future.");
        if (check.Failed(out var problem))
            return problem;
        if (request.Agent is { } agent && await agents.FindAsync(agent, cancellation) is null)
            return StoreProblems.UnknownReference.Of($"'{agent}' is no agent.", [new FieldError("agent", $"'{agent}' is no agent.")]);
        var key = KeyText.New();
        string[] scopes = [.. request.Scopes.Distinct().Select(scope => WireName.Of(scope))];
        var row = await book.CreateAsync(
            key.Id, key.Hash, request.Name, scopes, request.ExpiresAt, caller.Actor, cancellation, request.Agent?.Value);
        return TypedResults.Created($"/v1/keys/{row.Id}", new KeyWithText(KeyView.Of(row), key.Text));
    }

    private static async Task<Results<Ok<KeyWithText>, ProblemResult>> RotateAsync(
        [Description("The part of the key's text after `wag_`.")] string id, RotateRequest request, IfMatch match, KeyStore book,
        Caller caller,
        CancellationToken cancellation)
    {
        var grace = TimeSpan.FromSeconds(request.GraceSeconds);
        var check = new Check();
        check.That(grace >= TimeSpan.Zero && grace <= LongestGrace, "graceSeconds", $"Must be between 0 and {LongestGrace.TotalSeconds}.");
        if (check.Failed(out var problem))
            return problem;
        var key = KeyText.Renewed(id);
        return await book.RotateAsync(id, match.Version, key.Hash, grace, caller.Actor, cancellation) switch
        {
            { After: { } after } => TypedResults.Ok(new KeyWithText(KeyView.Of(after), key.Text)),
            { IsStale: true } => match.Stale(),
            _ => Unknown(),
        };
    }

    private static async Task<Results<NoContent, ProblemResult>> RevokeAsync(
        [Description("The part of the key's text after `wag_`.")] string id, IfMatch match, KeyStore book, Caller caller,
        CancellationToken cancellation) =>
        await book.RevokeAsync(id, match.Version, caller.Actor, cancellation) switch
        {
            { After: not null } => TypedResults.NoContent(),
            { IsStale: true } => match.Stale(),
            _ => Unknown(),
        };

    private static ProblemResult Unknown() => Problems.NotFound.Of("There is no such key, or it was revoked.");
}
