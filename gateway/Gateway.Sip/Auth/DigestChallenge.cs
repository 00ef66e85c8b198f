using System.Diagnostics.CodeAnalysis;

namespace Gateway.Sip.Auth;

/// <summary>A WWW-Authenticate or Proxy-Authenticate value (RFC 3261 §22.4, RFC 8760).</summary>
/// <param name="Realm">What the password is for.</param>
/// <param name="Nonce">Opaque to the client.</param>
/// <param name="Algorithm">MD5 when the server names none.</param>
/// <param name="Opaque">Returned as it is; null when absent.</param>
/// <param name="HasQop">qop "auth" is offered; false for RFC 2069 servers.</param>
/// <param name="IsStale">The password was right, only the nonce was too old.</param>
public sealed record DigestChallenge(
    string Realm, string Nonce, DigestAlgorithm Algorithm, string? Opaque = null, bool HasQop = true, bool IsStale = false)
{
    /// <summary>False for other schemes, algorithms we do not speak, and servers that insist on auth-int.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out DigestChallenge? challenge)
    {
        challenge = null;
        if (!DigestFields.TryParse(text, out var fields))
            return false;
        if (!fields.TryGetValue("realm", out var realm) || !fields.TryGetValue("nonce", out var nonce))
            return false;
        if (!DigestHash.TryParse(fields.GetValueOrDefault("algorithm"), out var algorithm))
            return false;
        var hasQop = fields.TryGetValue("qop", out var qop);
        if (hasQop && !qop!.Split(',', StringSplitOptions.TrimEntries).Contains("auth", StringComparer.OrdinalIgnoreCase))
            return false;
        var isStale = fields.TryGetValue("stale", out var stale) && stale.Equals("true", StringComparison.OrdinalIgnoreCase);
        challenge = new DigestChallenge(realm, nonce, algorithm, fields.GetValueOrDefault("opaque"), hasQop, isStale);
        return true;
    }

    public override string ToString() => DigestFields.Write(
    [
        ("realm", Realm, true),
        ("nonce", Nonce, true),
        ("opaque", Opaque, true),
        ("stale", IsStale ? "true" : null, false),
        ("algorithm", Algorithm.Name(), false),
        ("qop", HasQop ? "auth" : null, true),
    ]);
}
