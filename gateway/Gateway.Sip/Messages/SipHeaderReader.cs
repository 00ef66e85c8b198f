using System.Collections.Frozen;

namespace Gateway.Sip.Messages;

/// <summary>
/// Cuts the text after the start line into header fields: unfolds, trims, expands short names, splits combined lists (RFC 3261 §7.3.1).
/// </summary>
internal static class SipHeaderReader
{
    /// <summary>
    /// The headers that decide whether a message can be processed at all (RFC 3261 §8.2.2: other malformed fields are ignored).
    /// </summary>
    private static readonly FrozenSet<string> Necessary = new[]
    {
        "Via", "From", "To", "Call-ID", "CSeq", "Contact", "Route", "Record-Route", "Content-Length",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>
    /// Passes over lines that are no header fields, and over unnecessary fields beyond <see cref="SipLimits.MaxHeaders"/>, and counts both.
    /// Only too many necessary ones are a fault.
    /// </summary>
    public static SipParseFault Read(ReadOnlySpan<char> text, SipHeaders headers, out int ignored)
    {
        ignored = 0;
        var (necessary, others) = (0, 0);
        while (!text.IsEmpty)
        {
            if (!TrySplit(TakeUnfolded(ref text), out var name, out var elements))
            {
                ignored++;
                continue;
            }
            foreach (var element in elements)
            {
                if (Necessary.Contains(name) && ++necessary > SipLimits.MaxHeaders)
                    return SipParseFault.TooManyHeaders;
                if (Necessary.Contains(name) || ++others <= SipLimits.MaxHeaders)
                    headers.Add(name, element);
                else
                    ignored++;
            }
        }
        return SipParseFault.None;
    }

    /// <summary>
    /// Name and values of one field. What commas leave empty in a list is no element, but an empty Via is a Via that was lost.
    /// </summary>
    private static bool TrySplit(string line, out string name, out IReadOnlyList<string> elements)
    {
        (name, elements) = ("", []);
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        if (colon < 1 || line.AsSpan().IndexOfAny('\r', '\n') >= 0)
            return false;
        var written = line.AsSpan(0, colon).TrimEnd(" \t");
        if (!SipGrammar.IsToken(written))
            return false;
        name = SipHeaderNames.Canonicalize(written.ToString());
        var value = line[(colon + 1)..].Trim(' ', '\t');
        if (!SipHeaderNames.IsList(name))
            elements = [value];
        else if (name == "Via")
            elements = SipListSplitter.Split(value);
        else
            elements = SipListSplitter.Split(value).FindAll(element => element.Length > 0);
        return true;
    }

    /// <summary>One header field; a line that begins with a blank continues the one before it.</summary>
    private static string TakeUnfolded(ref ReadOnlySpan<char> text)
    {
        var line = TakeLine(ref text);
        if (text.IsEmpty || !SipGrammar.IsWhiteSpace(text[0]))
            return line.ToString();
        var unfolded = new System.Text.StringBuilder().Append(line);
        while (!text.IsEmpty && SipGrammar.IsWhiteSpace(text[0]))
            unfolded.Append(' ').Append(TakeLine(ref text).TrimStart(" \t"));
        return unfolded.ToString();
    }

    private static ReadOnlySpan<char> TakeLine(ref ReadOnlySpan<char> text)
    {
        var end = text.IndexOf("\r\n");
        var line = (end < 0 ? text : text[..end]).TrimEnd('\r'); // some peers end their lines with CR CR LF
        text = end < 0 ? default : text[(end + 2)..];
        return line;
    }
}
