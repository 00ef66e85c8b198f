using System.ComponentModel;
using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Storage.Directory;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Browser;

/// <summary>
/// The console: its files, and the log-in by which a browser holds no key. Its pages use the operations of the API like any other program.
/// </summary>
public static class ConsoleApi
{
    public static readonly ProblemKind NotProlonged = new(403, "session_not_prolonged", "The session cannot be prolonged");

    /// <summary>Maps the console outside the documented API; all of it but the phone's socket may be asked for by anybody.</summary>
    public static void MapConsole(this WebApplication app)
    {
        var console = app.MapGroup(ConsoleFiles.Path).AllowAnonymous().ExcludeFromDescription();
        console.MapGet("/session", ShowAsync);
        console.MapPost("/session", BeginAsync);
        console.MapDelete("/session", EndAsync);
        console.MapGet("/oidc", OidcLogIn.BeginAsync);
        console.MapGet("/oidc/callback", OidcLogIn.EndAsync);
        app.MapMethods(ConsoleFiles.Path + PhoneRelay.Path, [HttpMethods.Get, HttpMethods.Connect], PhoneRelay.RunAsync)
            .ExcludeFromDescription().Requires(Scope.Operate);
        console.MapGet("/{**path}", (string? path, HttpRequest request) => ConsoleFiles.Find(path, request));
    }

    public static void MapConsoleLinks(this IEndpointRouteBuilder api) =>
        api.MapGroup("/console").WithTags("console").MapPost("/links", LinkAsync).WithName("createConsoleLink").Requires(Scope.Read)
            .Problems(StoreProblems.UnknownReference, NotProlonged)
            .WithSummary("Makes a link that logs somebody in at the console, once, with the caller's rights")
            .WithDescription(
                "For an agent other than the caller's own it needs the scope admin, and gives no more than read and operate. A session "
                + "that was begun without a stored key, as at the issuer, makes none for itself: its user logs in again.");

    /// <summary>A log-in by a key, or by the secret part of a link.</summary>
    public sealed record LogIn(string? Key = null, string? Link = null);

    /// <param name="Actor">As in the audit log; null: not logged in.</param>
    /// <param name="ExpiresAt">When to log in again; null: not logged in.</param>
    /// <param name="HasOidc">True where one can log in by the issuer too.</param>
    /// <param name="Agent">The agent for whom it stands; null: nobody.</param>
    /// <param name="HasPhone">True where the console can be that agent's phone.</param>
    public sealed record SessionView(
        string? Actor, IReadOnlyCollection<Scope> Scopes, DateTimeOffset? ExpiresAt, bool HasOidc, AgentId? Agent, bool HasPhone);

    /// <param name="Path">To be opened at the address of this API. The secret is behind #, which browsers send nowhere.</param>
    /// <param name="ExpiresAt">Until then it can be used, once.</param>
    public sealed record ConsoleLink(string Path, DateTimeOffset ExpiresAt);

    private static async Task<Ok<SessionView>> ShowAsync(HttpContext context, SessionCookie sessions, AdminApiOptions options)
    {
        var caller = await sessions.FindCallerAsync(context);
        var until = caller is null ? null : (await sessions.FindAsync(context))?.ExpiresAt;
        var hasPhone = caller is { Agent: not null } && caller.May(Scope.Operate) && options.PhoneNodes.Count > 0;
        return TypedResults.Ok(new SessionView(
            caller?.Actor, caller?.Scopes ?? [], until, options.Oidc.ClientId.Length > 0, caller?.Agent, hasPhone));
    }

    private static async Task<Results<NoContent, ProblemResult>> BeginAsync(
        LogIn body, HttpContext context, SessionCookie sessions, Credentials credentials, Limits limits)
    {
        if (!SessionCookie.IsOwn(context.Request))
            return Problems.InvalidRequest.Of($"The header {SessionCookie.Header} is missing.");
        if (body.Link is { } link && await sessions.BeginAsync(context, link))
            return TypedResults.NoContent();
        if (body.Key is { } key && await credentials.FindCallerAsync(context, key.Trim()) is { } caller)
        {
            await sessions.BeginAsync(context, caller);
            return TypedResults.NoContent();
        }
        using var lease = limits.CountWrongKey(context);
        return lease.IsAcquired
            ? Problems.Unauthorized.Of(body.Link is null ? "This is no valid key." : "This link was used, or its time is over.")
            : Limits.Problem(context, lease);
    }

    private static async Task<Results<NoContent, ProblemResult>> EndAsync(HttpContext context, SessionCookie sessions)
    {
        if (!SessionCookie.IsOwn(context.Request))
            return Problems.InvalidRequest.Of($"The header {SessionCookie.Header} is missing.");
        await sessions.EndAsync(context);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<ConsoleLink>, ProblemResult>> LinkAsync(
        SessionCookie sessions, AgentStore agents, Caller caller,
        [Description("The agent for whom the log-in stands; none: the caller's.")] string? agent, CancellationToken cancellation)
    {
        if (agent is null || agent == caller.Agent?.Value)
        {
            if (caller.IsKeylessSession)
                return NotProlonged.Of("A link would outlive this session, and nobody would be asked: log in again, as at the issuer.");
        }
        else
        {
            if (!caller.May(Scope.Admin))
                return Problems.ForbiddenScope.Of("Only an admin makes a link for another agent.");
            if (await agents.FindAsync(new AgentId(agent), cancellation) is null)
                return StoreProblems.UnknownReference.Of($"'{agent}' is no agent.", [new FieldError("agent", $"'{agent}' is no agent.")]);
            caller = caller.Within([Scope.Read, Scope.Operate]) with { Agent = new AgentId(agent) };
        }
        var (text, until) = await sessions.LinkAsync(caller, cancellation);
        return TypedResults.Ok(new ConsoleLink($"{ConsoleFiles.Path}/#link={text}", until));
    }
}
