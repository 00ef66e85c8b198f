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
    /// Without angle brackets every parameter belongs to the header, not to the URI (RFC 3261 §20.10). Two deviations that RFC 4475
    /// §3.1.2.14 and §3.1.2.15 leave to the receiver are accepted: blanks inside the angle brackets, and an unquoted display name that is
    /// not made of tokens.
    /// </summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out NameAddr? address)
    {
        address = null;
        var scanner = new SipScanner(text);
        scanner.SkipWhiteSpace();
        string? displayName = null;
        if (scanner.TryTakeQuoted(out var quoted))
        {
            displayName = SipGrammar.Unquote(quoted.ToString());
            scanner.SkipWhiteSpace();
            if (scanner.Peek != '<')
                return false;
        }
        else if (scanner.Rest.Contains('<'))
        {
            var name = scanner.TakeUntil("<\"").TrimEnd(" \t");
            if (scanner.Peek != '<' || name.Contains(';'))
                return false;
            displayName = name.IsEmpty ? null : name.ToString();
        }

        var bracketed = scanner.TryTake('<');
        var uriText = scanner.TakeUntil(bracketed ? ">" : "; \t,?");
        if (bracketed && !scanner.TryTake('>'))
            return false;
        if (!SipUri.TryParse(uriText.Trim(" \t"), out var uri) || !SipParameters.TryParse(ref scanner, out var parameters))
            return false;
        address = new NameAddr(displayName, uri, parameters);
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
