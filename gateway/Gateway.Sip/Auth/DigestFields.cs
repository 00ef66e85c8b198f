using System.Text;
using Gateway.Sip.Messages;

namespace Gateway.Sip.Auth;

/// <summary>The comma-separated name=value list that challenges and credentials share (RFC 3261 §25.1 digest-cln, dig-resp).</summary>
internal static class DigestFields
{
    private const int MaxFields = 32;

    /// <summary>False when the scheme is another than Digest, a name repeats, or the text is no such list. Values come unquoted.</summary>
    public static bool TryParse(string text, out Dictionary<string, string> fields)
    {
        fields = new(StringComparer.OrdinalIgnoreCase);
        var scanner = new SipScanner(text);
        scanner.SkipWhiteSpace();
        if (!scanner.TryTakeToken(out var scheme) || !scheme.Equals("Digest", StringComparison.OrdinalIgnoreCase))
            return false;
        if (!SipGrammar.IsWhiteSpace(scanner.Peek))
            return false;
        do
        {
            scanner.SkipWhiteSpace();
            if (fields.Count == MaxFields || !scanner.TryTakeToken(out var name) || !scanner.TryTakeSeparator('='))
                return false;
            string value;
            if (scanner.TryTakeQuoted(out var quoted))
                value = SipGrammar.Unquote(quoted.ToString());
            else if (scanner.Peek == '"')
                return false;
            else
                value = scanner.TakeUntil(" \t,").ToString();
            if (!fields.TryAdd(name.ToString(), value))
                return false;
        }
        while (scanner.TryTakeSeparator(','));
        scanner.SkipWhiteSpace();
        return scanner.AtEnd;
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
}
