using System.Text;

namespace Gateway.Sip.Messages;

/// <summary>
/// Finds in the raw bytes of a message, before it is parsed, whether it belongs to a call that its sender takes for existing.
/// </summary>
internal static class SipCallPeek
{
    /// <summary>
    /// True for responses, for ACK, CANCEL, BYE and PRACK, and for every request whose To has a tag (RFC 3261 §12.2). It proves nothing:
    /// whether there is such a call is known only after parsing.
    /// </summary>
    public static bool IsInCall(ReadOnlySpan<byte> message)
    {
        message = message.TrimStart("\r\n"u8);
        if (message.StartsWith("SIP/"u8) || message.StartsWith("ACK "u8) || message.StartsWith("CANCEL "u8)
            || message.StartsWith("BYE "u8) || message.StartsWith("PRACK "u8))
            return true;
        var end = message.IndexOf("\r\n\r\n"u8);
        var fields = new RawHeaderReader(end < 0 ? message : message[..end]);
        while (fields.TryRead())
        {
            if (Ascii.EqualsIgnoreCase(fields.Name, "To"u8) || Ascii.EqualsIgnoreCase(fields.Name, "t"u8))
                return HasTag(fields.Value);
        }
        return false;
    }

    /// <summary>The Call-ID of a message that we wrote; null: there is none.</summary>
    public static string? CallIdOf(ReadOnlySpan<byte> message)
    {
        var fields = new RawHeaderReader(message);
        while (fields.TryRead())
        {
            if (Ascii.EqualsIgnoreCase(fields.Name, "Call-ID"u8))
                return Encoding.UTF8.GetString(fields.Value);
        }
        return null;
    }

    /// <summary>Looks at the parameters behind the address, which may have some of its own inside its brackets.</summary>
    private static bool HasTag(ReadOnlySpan<byte> to)
    {
        var rest = to[(to.LastIndexOf((byte)'>') + 1)..];
        for (var at = rest.IndexOf((byte)';'); at >= 0; at = rest.IndexOf((byte)';'))
        {
            rest = rest[(at + 1)..].TrimStart(" \t"u8);
            if (rest.Length < 3 || !Ascii.EqualsIgnoreCase(rest[..3], "tag"u8))
                continue;
            var value = rest[3..].TrimStart(" \t"u8);
            if (value.StartsWith("="u8) && value[1..].TrimStart(" \t"u8) is { IsEmpty: false } tag && tag[0] != ';')
                return true;
        }
        return false;
    }
}
