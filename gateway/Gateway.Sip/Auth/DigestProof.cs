namespace Gateway.Sip.Auth;

/// <summary>The values that a proof covers besides the password.</summary>
/// <param name="Uri">The digest-uri text.</param>
/// <param name="Nonce">The server's.</param>
/// <param name="NonceCount">8 hexadecimal digits; null without qop.</param>
/// <param name="ClientNonce">Null without qop, unless <paramref name="IsSession"/>.</param>
/// <param name="Qop">Whether the body is covered.</param>
/// <param name="IsSession">The algorithm's "-sess" form: the secret is bound to both nonces.</param>
public readonly record struct DigestProof(
    string Uri, string Nonce, string? NonceCount, string? ClientNonce, DigestQop Qop = DigestQop.Auth, bool IsSession = false);
