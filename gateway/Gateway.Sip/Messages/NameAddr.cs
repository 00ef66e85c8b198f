using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Gateway.Sip.Messages;

/// <summary>
/// A name-addr or addr-spec with header parameters: From, To, Contact, Route, Refer-To, P-Asserted-Identity, Diversion … (RFC 3261 §20.10).
/// <see cref="DisplayName"/> is plain text without quotes or escapes; null when there is none.
/// </summary>
public sealed record NameAddr(string? DisplayName, SipUri Uri, SipParameters Parameters)
{
    public NameAddr(SipUri uri) : this(null, uri, SipParameters.None) { }

    /// <summary>The From or To tag; null before there is one.</summary>
    public string? Tag => Parameters["tag"];

    public NameAddr WithTag(string tag) => this with { Parameters = Parameters.With("tag", tag) };

    /// <summary>
    /// Without angle brackets every parameter belongs to the header, not to the URI (RFC 3261 §20.10). Deviations that RFC 4475 §3.1.2.6,
    /// §3.1.2.14 and §3.1.2.15 leave to the receiver are accepted: blanks inside the angle brackets, and a display name that is not made of
    /// tokens, or whose quotes do not pair.
    /// </summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out NameAddr? address)
    {
        address = null;
        if (!TrySplitName(text, out var displayName, out var rest))
            return false;
        var scanner = new SipScanner(text.AsSpan(rest));
        var bracketed = scanner.TryTake('<');
        var uriText = scanner.TakeUntil(bracketed ? ">" : "; \t,?");
        if (bracketed && !scanner.TryTake('>'))
            return false;
        if (!SipUri.TryParse(uriText.Trim(" \t"), out var uri) || !SipParameters.TryParse(ref scanner, out var parameters))
            return false;
        address = new NameAddr(displayName, uri, parameters);
        return true;
    }

    /// <summary><paramref name="rest"/> is where the angle bracket opens, or the URI begins.</summary>
    private static bool TrySplitName(string text, out string? displayName, out int rest)
    {
        displayName = null;
        var scanner = new SipScanner(text);
        scanner.SkipWhiteSpace();
        if (scanner.TryTakeQuoted(out var quoted))
        {
            displayName = SipGrammar.Unquote(quoted.ToString());
            scanner.SkipWhiteSpace();
        }
        rest = text.Length - scanner.Rest.Length;
        if (scanner.Peek == '<')
            return true;
        var bracket = text.IndexOf('<', StringComparison.Ordinal);
        if (bracket < 0)
            return displayName is null;

        // A name without quotes. Where it has some all the same, the last bracket is the one that opens the address.
        if (text.AsSpan(0, bracket).Contains('"'))
            bracket = text.LastIndexOf('<');
        var name = text.AsSpan(0, bracket).Trim(" \t");
        var semicolon = name.IndexOf(';');
        if (semicolon >= 0 && SipUri.TryParse(name[..semicolon], out var uri) && (uri.IsSip || uri.IsTel))
            return false; // the bracket is in a parameter
        name = name.Trim('"').Trim(" \t");
        displayName = name.IsEmpty ? null : name.ToString();
        rest = bracket;
        return true;
    }

    /// <summary>Always in the bracketed form, the display name always quoted.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        if (!string.IsNullOrEmpty(DisplayName))
            text.Append(SipGrammar.Quote(DisplayName)).Append(' ');
        text.Append('<').Append(Uri).Append('>');
        Parameters.WriteTo(text);
        return text.ToString();
    }
}
