namespace Gateway.Sip.Messages;

/// <summary>The URI comparison of RFC 3261 §19.1.4.</summary>
public static class SipUriComparison
{
    /// <summary>A URI that has one of these never matches one that has not.</summary>
    private static readonly string[] CountingParameters = ["user", "ttl", "method", "maddr", "transport"];

    /// <summary>Not an equality: a parameter that only one side has is ignored, so it is not transitive.</summary>
    public static bool IsEquivalentTo(this SipUri a, SipUri b)
    {
        if (a.Scheme != b.Scheme)
            return false;
        if (a.Opaque is not null || b.Opaque is not null)
            return a.Opaque == b.Opaque;
        if (a.IsTel)
            return TelNumber(a) == TelNumber(b) && ParametersMatch(a, b);
        return Same(a.EscapedUser, b.EscapedUser)
            && Same(a.EscapedPassword, b.EscapedPassword)
            && HostsMatch(a.HostPort, b.HostPort)
            && ParametersMatch(a, b)
            && HeadersMatch(a, b);
    }

    /// <summary>RFC 3966 §4: visual separators do not count.</summary>
    private static string TelNumber(SipUri uri) =>
        string.Concat(uri.EscapedUser!.Where(c => c is not ('-' or '.' or '(' or ')'))).ToUpperInvariant();

    private static bool HostsMatch(HostPort a, HostPort b) =>
        a.Port == b.Port
            && (a.Host.Equals(b.Host, StringComparison.OrdinalIgnoreCase) || (a.Address is { } address && address.Equals(b.Address)));

    private static bool ParametersMatch(SipUri a, SipUri b)
    {
        foreach (var (escapedName, _) in a.Parameters.Items)
        {
            var name = SipGrammar.Unescape(escapedName);
            if (b.Parameters.Has(name) && !string.Equals(a.Parameters[name], b.Parameters[name], StringComparison.OrdinalIgnoreCase))
                return false;
        }
        return Array.TrueForAll(CountingParameters, name => a.Parameters.Has(name) == b.Parameters.Has(name));
    }

    private static bool HeadersMatch(SipUri a, SipUri b)
    {
        static List<(string, string)> Sorted(SipUri uri) => [.. uri.Headers.Select(h => (h.Name.ToUpperInvariant(), h.Value)).Order()];
        return a.EscapedHeaders == b.EscapedHeaders || Sorted(a).SequenceEqual(Sorted(b));
    }

    /// <summary>Escapes of characters outside the reserved set are equal to the characters; escapes of reserved ones are not.</summary>
    private static bool Same(string? a, string? b)
    {
        return a is null || b is null ? a == b : Normalize(a) == Normalize(b);
    }

    private static string Normalize(string text)
    {
        if (!text.Contains('%'))
            return text;
        var normal = new System.Text.StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '%' || i + 2 >= text.Length)
            {
                normal.Append(text[i]);
                continue;
            }
            var c = (char)Convert.ToByte(text.Substring(i + 1, 2), 16);
            if (c < 0x80 && (char.IsAsciiLetterOrDigit(c) || "-_.!~*'()".Contains(c)))
                normal.Append(c);
            else
                normal.Append('%').Append(text.Substring(i + 1, 2).ToUpperInvariant());
            i += 2;
        }
        return normal.ToString();
    }
}
