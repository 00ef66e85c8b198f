using System.Security.Cryptography;
using Gateway.Storage.Admin;
using Media.Protocols.Primitives;

namespace AdminApi.Platform;

/// <summary>What proves who a caller is: the configured key, a stored key, or a token of the issuer.</summary>
public sealed class Credentials(AdminApiOptions options, KeyStore keys)
{
    private readonly byte[]? _configured = options.Key.Length > 0 ? KeyText.HashOf(options.Key) : null;

    /// <summary>The caller whom a key or token names; null where it does not hold.</summary>
    public async Task<Caller?> FindCallerAsync(HttpContext context, string text)
    {
        if (_configured is not null && CryptographicOperations.FixedTimeEquals(KeyText.HashOf(text), _configured))
            return await keys.HasAdminAsync(context.RequestAborted) ? null : new Caller(Caller.Configured, [Scope.Admin]);
        if (KeyText.TryParse(text, out var key))
            return await FindKeyAsync(key, context.RequestAborted);
        return options.Oidc.Issuer.Length > 0 && text.Count(c => c == '.') == 2
            ? await OidcTokens.ReadAsync(context, text, options.Oidc) : null;
    }

    private async Task<Caller?> FindKeyAsync(KeyText key, CancellationToken cancellation)
    {
        if (await keys.FindProofAsync(key.Id, cancellation) is not { } proof || !IsProof(key.Hash, proof))
            return null;
        if (!proof.IsNoted)
            await keys.NoteUseAsync(key.Id, cancellation);
        return new Caller($"key:{key.Id}", [.. proof.Scopes.Select(WireName.Parse<Scope>)], Caller.AgentOf(proof.Agent));
    }

    private static bool IsProof(byte[] hash, KeyProof proof) =>
        CryptographicOperations.FixedTimeEquals(hash, proof.Hash)
        || (proof.PreviousHash is { } previous && CryptographicOperations.FixedTimeEquals(hash, previous));
}
