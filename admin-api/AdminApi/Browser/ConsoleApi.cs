using AdminApi.Platform;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Browser;

/// <summary>
/// The console: its files, and the log-in by which a browser holds no key. Its pages use the operations of the API like any other program.
/// </summary>
public static class ConsoleApi
{
    /// <summary>Maps the console outside the documented API; all of it may be asked for by anybody.</summary>
    public static void MapConsole(this WebApplication app)
    {
        var console = app.MapGroup(ConsoleFiles.Path).AllowAnonymous().ExcludeFromDescription();
        console.MapGet("/session", ShowAsync);
        console.MapPost("/session", BeginAsync);
        console.MapDelete("/session", EndAsync);
        console.MapGet("/oidc", OidcLogIn.BeginAsync);
        console.MapGet("/oidc/callback", OidcLogIn.EndAsync);
        console.MapGet("/{**path}", (string? path, HttpRequest request) => ConsoleFiles.Find(path, request));
    }

    public static void MapConsoleLinks(this IEndpointRouteBuilder api) =>
        api.MapGroup("/console").WithTags("console").MapPost("/links", LinkAsync).WithName("createConsoleLink").Requires(Scope.Read)
            .WithSummary("Makes a link that logs somebody in at the console, once, with the caller's rights");

    /// <summary>A log-in by a key, or by the secret part of a link.</summary>
    public sealed record LogIn(string? Key = null, string? Link = null);

    /// <param name="Actor">As in the audit log; null: not logged in.</param>
    /// <param name="ExpiresAt">When to log in again; null: not logged in.</param>
    /// <param name="HasOidc">True where one can log in by the issuer too.</param>
    public sealed record SessionView(string? Actor, IReadOnlyCollection<Scope> Scopes, DateTimeOffset? ExpiresAt, bool HasOidc);

    /// <param name="Path">To be opened at the address of this API. The secret is behind #, which browsers send nowhere.</param>
    /// <param name="ExpiresAt">Until then it can be used, once.</param>
    public sealed record ConsoleLink(string Path, DateTimeOffset ExpiresAt);

    private static async Task<Ok<SessionView>> ShowAsync(HttpContext context, SessionCookie sessions, AdminApiOptions options)
    {
        var caller = await sessions.FindCallerAsync(context);
        var until = caller is null ? null : (await sessions.FindAsync(context))?.ExpiresAt;
        return TypedResults.Ok(new SessionView(caller?.Actor, caller?.Scopes ?? [], until, options.Oidc.ClientId.Length > 0));
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
        using var lease = limits.CountWrongKey(context.Connection.RemoteIpAddress?.ToString() ?? "");
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

    private static async Task<Ok<ConsoleLink>> LinkAsync(SessionCookie sessions, Caller caller, CancellationToken cancellation)
    {
        var (text, until) = await sessions.LinkAsync(caller, cancellation);
        return TypedResults.Ok(new ConsoleLink($"{ConsoleFiles.Path}/#link={text}", until));
    }
}
