using System.Text;
using Gateway.Sip.Messages;

namespace Gateway.Sip.Auth;

/// <summary>The comma-separated name=value list that challenges and credentials share (RFC 3261 §25.1 digest-cln, dig-resp).</summary>
internal static class DigestFields
{
    private const int MaxFields = 32;

    /// <summary>
    /// False when the scheme is another than Digest, a name repeats, or a value is broken off. Values come unquoted. Empty
    /// elements and single words are passed over: peers leave commas behind, and write lists without quotes (<c>qop=auth,auth-int</c>).
    /// </summary>
    public static bool TryParse(string text, out Dictionary<string, string> fields)
    {
        fields = new(StringComparer.OrdinalIgnoreCase);
        var scanner = new SipScanner(text);
        scanner.SkipWhiteSpace();
        if (!scanner.TryTakeToken(out var scheme) || !scheme.Equals("Digest", StringComparison.OrdinalIgnoreCase))
            return false;
        if (!SipGrammar.IsWhiteSpace(scanner.Peek))
            return false;
        foreach (var element in SipListSplitter.Split(scanner.Rest.ToString()))
        {
            if (fields.Count == MaxFields || !TryAdd(element, fields))
                return false;
        }
        return fields.Count > 0;
    }

    /// <summary>
    /// The challenges of one header value: some peers combine several with commas, which only their scheme's name distinguishes.
    /// </summary>
    public static IEnumerable<string> SplitChallenges(string text)
    {
        var challenge = new StringBuilder();
        foreach (var element in SipListSplitter.Split(text))
        {
            if (challenge.Length > 0 && BeginsChallenge(element))
            {
                yield return challenge.ToString();
                challenge.Clear();
            }
            // The blank ends a scheme that has nothing else before its comma.
            challenge.Append(challenge.Length == 0 ? "" : " , ").Append(element);
        }
        yield return challenge.ToString();
    }

    public static string Write(ReadOnlySpan<(string Name, string? Value, bool Quoted)> fields)
    {
        var text = new StringBuilder("Digest ");
        foreach (var (name, value, quoted) in fields)
        {
            if (value is null)
                continue;
            if (text.Length > "Digest ".Length)
                text.Append(", ");
            text.Append(name).Append('=').Append(quoted ? SipGrammar.Quote(value) : value);
        }
        return text.ToString();
    }

    private static bool TryAdd(string element, Dictionary<string, string> fields)
    {
        var scanner = new SipScanner(element);
        var isNamed = scanner.TryTakeToken(out var name);
        if (!scanner.TryTakeSeparator('='))
            return scanner.AtEnd;
        if (!isNamed)
            return false;
        string value;
        if (scanner.TryTakeQuoted(out var quoted))
            value = SipGrammar.Unquote(quoted.ToString());
        else if (scanner.Peek == '"')
            return false;
        else
            value = scanner.TakeUntil(" \t").ToString();
        scanner.SkipWhiteSpace();
        return scanner.AtEnd && fields.TryAdd(name.ToString(), value);
    }

    private static bool BeginsChallenge(string element)
    {
        var scanner = new SipScanner(element);
        if (!scanner.TryTakeToken(out _) || !SipGrammar.IsWhiteSpace(scanner.Peek))
            return false;
        scanner.SkipWhiteSpace();
        return scanner.TryTakeToken(out _) && scanner.TryTakeSeparator('=');
    }
}
