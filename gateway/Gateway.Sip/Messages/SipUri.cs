using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Gateway.Sip.Messages;

/// <summary>
/// A SIP, SIPS or tel URI (RFC 3261 §19.1, RFC 3966), or any other scheme kept as opaque text so that it can be refused by name (416).
/// User, password and parameters are kept escaped, exactly as they came: a remote target is written back to its owner unchanged.
/// </summary>
public sealed record SipUri
{
    private static readonly SearchValues<char> TelChars = SearchValues.Create("+0123456789-.()*#ABCDEFabcdef");

    /// <summary>In lower case.</summary>
    public required string Scheme { get; init; }

    /// <summary>%-escaped; null without a user part. For tel: the number with its visual separators.</summary>
    public string? EscapedUser { get; init; }

    public string? EscapedPassword { get; init; }

    /// <summary>Empty for tel and opaque URIs.</summary>
    public HostPort HostPort { get; init; } = new("");

    public SipParameters Parameters { get; init; } = SipParameters.None;

    /// <summary>The text that follows "?", escaped; empty when nothing does. Only Refer-To and Contact may carry these headers.</summary>
    public string EscapedHeaders { get; init; } = "";

    /// <summary>All that follows the colon of a scheme we do not know; otherwise null.</summary>
    public string? Opaque { get; init; }

    public bool IsSip => Scheme is "sip" or "sips";

    public bool IsSecure => Scheme == "sips";

    public bool IsTel => Scheme == "tel";

    /// <summary>Decoded.</summary>
    public string? User => EscapedUser is null ? null : SipGrammar.Unescape(EscapedUser);

    /// <summary>
    /// The party that is dialled or calls: the user, without what a telephone number may carry behind it (RFC 3261 §19.1.6:
    /// "+15551234;npdi;rn=…").
    /// </summary>
    public string? Subscriber =>
        EscapedUser is { } user && user.IndexOf(';', StringComparison.Ordinal) is > 0 and var end
            && SipGrammar.Unescape(user) is ['+' or (>= '0' and <= '9'), ..]
            ? SipGrammar.Unescape(user[..end])
            : User;

    /// <summary>
    /// The phone-context of a telephone number (RFC 3966 §5.1.5), among the user's parameters or the URI's; null when none is given.
    /// </summary>
    public string? PhoneContext
    {
        get
        {
            foreach (var parameter in (EscapedUser ?? "").Split(';').Skip(1))
                if (parameter.StartsWith("phone-context=", StringComparison.OrdinalIgnoreCase))
                    return SipGrammar.Unescape(parameter["phone-context=".Length..]);
            return Parameters["phone-context"] is { } context ? SipGrammar.Unescape(context) : null;
        }
    }

    public string Host => HostPort.Host;

    /// <summary>0 when none is given.</summary>
    public int Port => HostPort.Port;

    /// <summary>The transport parameter in lower case; null when none is given.</summary>
    public string? Transport => Parameters["transport"]?.ToLowerInvariant();

    /// <summary>The Route entry's owner does loose routing (RFC 3261 §19.1.1).</summary>
    public bool IsLooseRouter => Parameters.Has("lr");

    /// <summary>Decoded URI headers in order (RFC 3261 §19.1.1), for example the Replaces of a Refer-To.</summary>
    public IEnumerable<(string Name, string Value)> Headers
    {
        get
        {
            foreach (var pair in EscapedHeaders.Split('&', StringSplitOptions.RemoveEmptyEntries))
            {
                var at = pair.IndexOf('=', StringComparison.Ordinal);
                var name = at < 0 ? pair : pair[..at];
                yield return (SipGrammar.Unescape(name), at < 0 ? "" : SipGrammar.Unescape(pair[(at + 1)..]));
            }
        }
    }

    /// <summary>A sip URI; <paramref name="user"/> is plain text and gets escaped.</summary>
    public static SipUri Create(string? user, HostPort hostPort, bool secure = false) =>
        new() { Scheme = secure ? "sips" : "sip", EscapedUser = user is null ? null : SipGrammar.EscapeUser(user), HostPort = hostPort };

    public SipUri WithParameter(string name, string? value = null) => this with { Parameters = Parameters.WithEscaped(name, value) };

    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out SipUri? uri)
    {
        uri = null;
        var colon = text.IndexOf(':');
        if (colon < 1 || !IsScheme(text[..colon]) || HasForbiddenChars(text))
            return false;
        var scheme = text[..colon].ToString().ToLowerInvariant();
        var rest = text[(colon + 1)..];
        uri = scheme switch
        {
            "sip" or "sips" => ParseSip(scheme, rest),
            "tel" => ParseTel(rest),
            _ => rest.IsEmpty ? null : new SipUri { Scheme = scheme, Opaque = rest.ToString() },
        };
        return uri is not null;
    }

    public override string ToString()
    {
        var text = new StringBuilder(Scheme).Append(':');
        if (Opaque is not null)
            return text.Append(Opaque).ToString();
        text.Append(EscapedUser);
        if (EscapedPassword is not null)
            text.Append(':').Append(EscapedPassword);
        if (EscapedUser is not null && IsSip)
            text.Append('@');
        text.Append(HostPort);
        Parameters.WriteTo(text);
        if (EscapedHeaders.Length > 0)
            text.Append('?').Append(EscapedHeaders);
        return text.ToString();
    }

    /// <summary>
    /// An empty user ("sip:@host") is kept as such. user and password may hold ";" and "?", so the "@" is looked for first (RFC 4475
    /// §3.1.1.13).
    /// </summary>
    private static SipUri? ParseSip(string scheme, ReadOnlySpan<char> rest)
    {
        ReadOnlySpan<char> userInfo = default;
        var at = rest.IndexOf('@');
        if (at >= 0)
        {
            userInfo = rest[..at];
            rest = rest[(at + 1)..];
            if (!SipGrammar.HasValidEscapes(userInfo))
                return null;
        }

        var headers = TakeAfter(ref rest, '?');
        var semicolon = rest.IndexOf(';');
        var hostText = semicolon < 0 ? rest : rest[..semicolon];
        if (!HostPort.TryParse(hostText, out var hostPort) || !SipGrammar.HasValidEscapes(headers))
            return null;
        if (!SipParameters.TryParseUri(semicolon < 0 ? default : rest[semicolon..], out var parameters))
            return null;

        var colon = userInfo.IndexOf(':');
        return new SipUri
        {
            Scheme = scheme,
            EscapedUser = at < 0 ? null : (colon < 0 ? userInfo : userInfo[..colon]).ToString(),
            EscapedPassword = colon < 0 ? null : userInfo[(colon + 1)..].ToString(),
            HostPort = hostPort,
            Parameters = parameters,
            EscapedHeaders = headers.ToString(),
        };
    }

    private static SipUri? ParseTel(ReadOnlySpan<char> rest)
    {
        var semicolon = rest.IndexOf(';');
        var number = semicolon < 0 ? rest : rest[..semicolon];
        if (number.IsEmpty || number.ContainsAnyExcept(TelChars))
            return null;
        if (!SipParameters.TryParseUri(semicolon < 0 ? default : rest[semicolon..], out var parameters))
            return null;
        return new SipUri { Scheme = "tel", EscapedUser = number.ToString(), Parameters = parameters };
    }

    private static ReadOnlySpan<char> TakeAfter(ref ReadOnlySpan<char> text, char separator)
    {
        var at = text.IndexOf(separator);
        if (at < 0)
            return default;
        var after = text[(at + 1)..];
        text = text[..at];
        return after;
    }

    private static bool IsScheme(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('+' or '-' or '.'))
                return false;
        }
        return char.IsAsciiLetter(text[0]);
    }

    private static bool HasForbiddenChars(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (c <= ' ' || c is '<' or '>' or '"' or '\x7f')
                return true;
        }
        return false;
    }
}
