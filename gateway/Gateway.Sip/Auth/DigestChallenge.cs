using System.Diagnostics.CodeAnalysis;

namespace Gateway.Sip.Auth;

/// <summary>A WWW-Authenticate or Proxy-Authenticate value (RFC 3261 §22.4, RFC 8760).</summary>
/// <param name="Realm">What the password is for.</param>
/// <param name="Nonce">Opaque to the client.</param>
/// <param name="Algorithm">MD5 when the server names none.</param>
/// <param name="Opaque">Returned as it is; null when absent.</param>
/// <param name="Qop">"auth" when it is offered, else "auth-int"; none for RFC 2069 servers.</param>
/// <param name="IsStale">The password was right, only the nonce was too old.</param>
/// <param name="IsSession">The algorithm's "-sess" form.</param>
public sealed record DigestChallenge(
    string Realm, string Nonce, DigestAlgorithm Algorithm, string? Opaque = null, DigestQop Qop = DigestQop.Auth, bool IsStale = false,
    bool IsSession = false)
{
    /// <summary>False for other schemes, and for algorithms and kinds of qop that nobody has defined.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out DigestChallenge? challenge)
    {
        challenge = null;
        if (!DigestFields.TryParse(text, out var fields))
            return false;
        if (!fields.TryGetValue("realm", out var realm) || !fields.TryGetValue("nonce", out var nonce))
            return false;
        if (!DigestHash.TryParse(fields.GetValueOrDefault("algorithm"), out var algorithm, out var isSession))
            return false;
        if (!TryChoose(fields.GetValueOrDefault("qop"), out var qop))
            return false;
        var isStale = fields.TryGetValue("stale", out var stale) && stale.Equals("true", StringComparison.OrdinalIgnoreCase);
        challenge = new DigestChallenge(realm, nonce, algorithm, fields.GetValueOrDefault("opaque"), qop, isStale, isSession);
        return true;
    }

    public override string ToString() => DigestFields.Write(
    [
        ("realm", Realm, true),
        ("nonce", Nonce, true),
        ("opaque", Opaque, true),
        ("stale", IsStale ? "true" : null, false),
        ("algorithm", Algorithm.Name(IsSession), false),
        ("qop", Qop.Name(), true),
    ]);

    private static bool TryChoose(string? offered, out DigestQop qop)
    {
        var words = (offered ?? "").Split([',', ' '], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        bool Offers(DigestQop kind) => words.Contains(kind.Name(), StringComparer.OrdinalIgnoreCase);
        qop = Offers(DigestQop.Auth) ? DigestQop.Auth : Offers(DigestQop.AuthInt) ? DigestQop.AuthInt : DigestQop.None;
        return qop != DigestQop.None || words.Length == 0;
    }
}
