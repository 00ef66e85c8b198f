using System.Text;

namespace Gateway.Sip.Messages;

/// <summary>Finds Content-Length in raw headers; a stream has no other way to tell where a message ends (RFC 3261 §20.14).</summary>
internal static class SipContentLength
{
    /// <summary>A stream without the header is broken: the message after it could not be found.</summary>
    public static SipParseFault Find(ReadOnlySpan<byte> head, out int length)
    {
        length = 0;
        var found = false;
        while (!head.IsEmpty)
        {
            var end = head.IndexOf("\r\n"u8);
            var line = end < 0 ? head : head[..end];
            head = end < 0 ? default : head[(end + 2)..];
            var colon = line.IndexOf((byte)':');
            if (colon < 1 || !IsContentLength(line[..colon].TrimEnd(" \t"u8)))
                continue;
            var text = Encoding.Latin1.GetString(line[(colon + 1)..].Trim(" \t"u8));
            var isFolded = !head.IsEmpty && SipGrammar.IsWhiteSpace((char)head[0]);
            if (isFolded || !SipGrammar.TryParseNumber(text, int.MaxValue / 2, out var value))
                return SipParseFault.BadContentLength;
            if (found && value != length)
                return SipParseFault.RepeatedHeader;
            length = (int)value;
            found = true;
        }
        return found ? SipParseFault.None : SipParseFault.MissingHeader;
    }

    private static bool IsContentLength(ReadOnlySpan<byte> name) =>
        Ascii.EqualsIgnoreCase(name, "Content-Length"u8) || Ascii.EqualsIgnoreCase(name, "l"u8);
}
