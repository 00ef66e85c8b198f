using System.Security.Cryptography;
using Gateway.Calls;
using Gateway.Storage.Admin;
using Media.Protocols.Primitives;
using Microsoft.AspNetCore.Authorization;

namespace AdminApi.Platform;

/// <summary>
/// Authentication and authorization: finds the <see cref="Caller"/> of `Authorization: Bearer …`, counts the request against their limit,
/// and lets it through only where they have the endpoint's scope. An endpoint that names none needs <see cref="Scope.Admin"/>.
/// </summary>
public sealed class Authentication(RequestDelegate next, AdminApiOptions options, KeyStore keys, Limits limits)
{
    private const string Scheme = "Bearer ";

    private readonly byte[]? _configured = options.Key.Length > 0 ? KeyText.HashOf(options.Key) : null;

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
            using var lease = limits.CountWrongKey(context.Connection.RemoteIpAddress?.ToString() ?? "");
            if (!lease.IsAcquired)
                return Limits.Problem(context, lease);
        }
        context.Response.Headers.WWWAuthenticate = "Bearer";
        return Problems.Unauthorized.Of("Send a valid API key or token as 'Authorization: Bearer …'.");
    }

    private async Task<Caller?> FindCallerAsync(HttpContext context)
    {
        var header = context.Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return null;
        var text = header[Scheme.Length..].Trim();
        if (_configured is not null && CryptographicOperations.FixedTimeEquals(KeyText.HashOf(text), _configured))
            return await keys.HasAdminAsync(context.RequestAborted) ? null : new Caller("key:configured", [Scope.Admin]);
        if (KeyText.TryParse(text, out var key))
            return await FindKeyAsync(key, context.RequestAborted);
        return options.Oidc.Issuer.Length > 0 && text.Count(c => c == '.') == 2 ? await OidcTokens.ReadAsync(context, options.Oidc) : null;
    }

    private async Task<Caller?> FindKeyAsync(KeyText key, CancellationToken cancellation)
    {
        if (await keys.FindProofAsync(key.Id, cancellation) is not { } proof || !IsProof(key.Hash, proof))
            return null;
        if (!proof.IsNoted)
            await keys.NoteUseAsync(key.Id, cancellation);
        return new Caller($"key:{key.Id}", [.. proof.Scopes.Select(WireName.Parse<Scope>)]);
    }

    private static bool IsProof(byte[] hash, KeyProof proof) =>
        CryptographicOperations.FixedTimeEquals(hash, proof.Hash)
        || (proof.PreviousHash is { } previous && CryptographicOperations.FixedTimeEquals(hash, previous));
}
