using Media.Protocols.Primitives;
using Microsoft.AspNetCore.Authorization;

namespace AdminApi.Platform;

/// <summary>
/// Authentication and authorization: finds the <see cref="Caller"/> of `Authorization: Bearer …` or of a session of the console, counts
/// the request against their limit, and lets it through only where they have the endpoint's scope. An endpoint that names none needs
/// <see cref="Scope.Admin"/>.
/// </summary>
public sealed class Authentication(RequestDelegate next, Credentials credentials, SessionCookie sessions, Limits limits)
{
    private const string Scheme = "Bearer ";

    public async Task InvokeAsync(HttpContext context)
    {
        var endpoint = context.GetEndpoint();
        if (endpoint?.Metadata.GetMetadata<IAllowAnonymous>() is not null)
        {
            await next(context);
            return;
        }
        if (await RefusalAsync(context, endpoint) is { } problem)
            await problem.ExecuteAsync(context);
        else
            await next(context);
    }

    private async Task<ProblemResult?> RefusalAsync(HttpContext context, Endpoint? endpoint)
    {
        if (await FindCallerAsync(context) is not { } caller)
            return Unauthenticated(context);
        context.Features.Set(caller);
        using (var lease = limits.Count(caller))
        {
            if (!lease.IsAcquired)
                return Limits.Problem(context, lease);
        }
        if (endpoint is not RouteEndpoint)
            return null; // no such path, or not this method: reported to authenticated callers only
        var needed = endpoint.Metadata.GetMetadata<RequiredScope>()?.Scope ?? Scope.Admin;
        if (caller.May(needed))
            return null;
        context.Response.Headers.WWWAuthenticate = $"Bearer error=\"insufficient_scope\", scope=\"{WireName.Of(needed)}\"";
        return Problems.ForbiddenScope.Of($"This operation requires the scope {WireName.Of(needed)}.");
    }

    /// <summary>Requests without a key are no guesses; wrong keys are limited per minute. Callers with a valid key
    /// are not delayed by others at the same address.</summary>
    private ProblemResult Unauthenticated(HttpContext context)
    {
        if (context.Request.Headers.Authorization.Count > 0)
        {
            using var lease = limits.CountWrongKey(context);
            if (!lease.IsAcquired)
                return Limits.Problem(context, lease);
        }
        context.Response.Headers.WWWAuthenticate = "Bearer";
        return Problems.Unauthorized.Of("Send a valid API key or token as 'Authorization: Bearer …'.");
    }

    private async Task<Caller?> FindCallerAsync(HttpContext context)
    {
        var header = context.Request.Headers.Authorization.ToString();
        if (header.Length == 0)
            return await sessions.FindCallerAsync(context);
        return header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? await credentials.FindCallerAsync(context, header[Scheme.Length..].Trim())
            : null;
    }
}
