using System.Diagnostics.CodeAnalysis;
using Gateway.Sip.Messages;

namespace Gateway.Sip.Auth;

/// <summary>An Authorization or Proxy-Authorization value (RFC 3261 §22.4). Holds a proof, never the password.</summary>
public sealed record DigestCredentials(string User, string Realm, string Nonce, string Uri, string Response, DigestAlgorithm Algorithm)
{
    /// <summary>Null without qop, unless <see cref="IsSession"/>.</summary>
    public string? ClientNonce { get; init; }

    /// <summary>The number of times the nonce was used, this time included; null without qop.</summary>
    public uint? NonceCount { get; init; }

    public DigestQop Qop { get; init; }

    /// <summary>The algorithm's "-sess" form.</summary>
    public bool IsSession { get; init; }

    public string? Opaque { get; init; }

    internal DigestProof Proof => new(Uri, Nonce, NonceCount?.ToString("x8"), ClientNonce, Qop, IsSession);

    public static bool TryParse(string text, [NotNullWhen(true)] out DigestCredentials? credentials)
    {
        credentials = null;
        if (!DigestFields.TryParse(text, out var fields))
            return false;
        if (!DigestHash.TryParse(fields.GetValueOrDefault("algorithm"), out var algorithm, out var isSession))
            return false;
        string? Field(string name) => fields.GetValueOrDefault(name);
        if (Field("username") is not { } user || Field("realm") is not { } realm || Field("nonce") is not { } nonce)
            return false;
        if (Field("uri") is not { } uri || Field("response") is not { } response)
            return false;

        if (!TryParseQop(Field("qop"), out var qop))
            return false;
        uint? nonceCount = null;
        if (qop != DigestQop.None)
        {
            if (Field("cnonce") is null || !TryParseCount(Field("nc"), out var count))
                return false;
            nonceCount = count;
        }
        credentials = new DigestCredentials(user, realm, nonce, uri, response, algorithm)
        {
            ClientNonce = nonceCount is null && !isSession ? null : Field("cnonce"),
            NonceCount = nonceCount,
            Qop = qop,
            IsSession = isSession,
            Opaque = Field("opaque"),
        };
        return true;
    }

    /// <summary>The header value.</summary>
    public string Write() => DigestFields.Write(
    [
        ("username", User, true),
        ("realm", Realm, true),
        ("nonce", Nonce, true),
        ("uri", Uri, true),
        ("response", Response, true),
        ("algorithm", Algorithm.Name(IsSession), false),
        ("cnonce", ClientNonce, true),
        ("opaque", Opaque, true),
        ("qop", Qop.Name(), false),
        ("nc", NonceCount?.ToString("x8"), false),
    ]);

    /// <summary>Not the header value: a proof can be attacked offline, so it stays out of logs.</summary>
    public override string ToString() => nameof(DigestCredentials);

    private static bool TryParseCount(string? text, out uint count)
    {
        count = 0;
        return text is { Length: 8 } && uint.TryParse(text, System.Globalization.NumberStyles.AllowHexSpecifier, null, out count)
            && count > 0;
    }

    private static bool TryParseQop(string? text, out DigestQop qop)
    {
        qop = text is null
            ? DigestQop.None : text.Equals("auth-int", StringComparison.OrdinalIgnoreCase) ? DigestQop.AuthInt
            : DigestQop.Auth;
        return text is null || text.Equals(qop.Name(), StringComparison.OrdinalIgnoreCase);
    }
}
