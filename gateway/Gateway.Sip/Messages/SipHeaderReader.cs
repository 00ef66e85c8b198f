namespace Gateway.Sip.Messages;

/// <summary>
/// Cuts the text after the start line into header fields: unfolds, trims, expands short names, splits combined lists (RFC 3261 §7.3.1).
/// </summary>
internal static class SipHeaderReader
{
    /// <summary>
    /// Reads on after a bad line, so that a refused request keeps the headers its answer needs; the first fault is returned.
    /// </summary>
    public static SipParseFault Read(ReadOnlySpan<char> text, SipHeaders headers)
    {
        var fault = SipParseFault.None;
        while (!text.IsEmpty)
        {
            var line = TakeUnfolded(ref text);
            if (headers.Count >= SipLimits.MaxHeaders)
                return SipParseFault.TooManyHeaders;
            if (!TryAdd(line, headers) && fault == SipParseFault.None)
                fault = SipParseFault.BadHeaderLine;
        }
        return fault;
    }

    private static bool TryAdd(string line, SipHeaders headers)
    {
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        if (colon < 1 || line.AsSpan().IndexOfAny('\r', '\n') >= 0)
            return false;
        var name = line.AsSpan(0, colon).TrimEnd(" \t");
        if (!SipGrammar.IsToken(name))
            return false;
        var canonical = SipHeaderNames.Canonicalize(name.ToString());
        var value = line[(colon + 1)..].Trim(' ', '\t');
        if (!SipHeaderNames.IsList(canonical))
        {
            headers.Add(canonical, value);
            return true;
        }
        foreach (var element in SipListSplitter.Split(value))
        {
            if (headers.Count >= SipLimits.MaxHeaders)
                return false;
            headers.Add(canonical, element);
        }
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
        var line = end < 0 ? text : text[..end];
        text = end < 0 ? default : text[(end + 2)..];
        return line;
    }
}
