using System.Text;

namespace Gateway.Sip.Messages;

/// <summary>Finds Content-Length in raw headers; a stream has no other way to know where a message ends (RFC 3261 §20.14).</summary>
internal static class SipContentLength
{
    /// <summary>A stream without the header is broken: the message after it could not be found.</summary>
    public static SipParseFault Find(ReadOnlySpan<byte> head, out int length)
    {
        length = 0;
        var found = false;
        var fields = new RawHeaderReader(head);
        while (fields.TryRead())
        {
            if (!IsContentLength(fields.Name))
                continue;
            var text = Encoding.Latin1.GetString(fields.Value);
            if (fields.IsFolded || !SipGrammar.TryParseNumber(text, int.MaxValue / 2, out var value))
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
