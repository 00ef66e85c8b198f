using System.Text;

namespace Gateway.Sip.Resolution;

/// <summary>Domain names on the wire (RFC 1035 §3.1, compression §4.1.4).</summary>
internal static class DnsName
{
    private const int MaxWireBytes = 255;
    private const int MaxLabelBytes = 63;

    /// <summary>Compression pointers followed in one name; each has to point backwards, so this is only a bound on work.</summary>
    private const int MaxPointers = 16;

    /// <summary>False when the text is no host or service name, or does not fit.</summary>
    public static bool TryWrite(string name, Span<byte> destination, out int written)
    {
        written = 0;
        if (name.Length is 0 or > MaxWireBytes - 2)
            return false;
        foreach (var range in name.AsSpan().TrimEnd('.').Split('.'))
        {
            var label = name.AsSpan()[range];
            if (label.Length is 0 or > MaxLabelBytes || destination.Length < written + label.Length + 2)
                return false;
            destination[written++] = (byte)label.Length;
            foreach (var c in label)
            {
                if (!IsNameByte((byte)c) || c > 0x7f)
                    return false;
                destination[written++] = (byte)c;
            }
        }
        destination[written++] = 0;
        return true;
    }

    /// <summary>
    /// Reads the name at <paramref name="at"/> and moves behind it. Pointers must point backwards, so that no name is endless. False when
    /// it runs over the message, is too long, or has bytes that no host or service name has.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> message, ref int at, out string name)
    {
        name = "";
        var text = new StringBuilder();
        var position = at;
        var end = -1;
        var pointers = 0;
        while (position < message.Length)
        {
            var length = message[position];
            if (length == 0)
            {
                at = end < 0 ? position + 1 : end;
                name = text.ToString();
                return true;
            }
            if ((length & 0xc0) == 0xc0)
            {
                if (position + 1 >= message.Length || ++pointers > MaxPointers)
                    return false;
                var target = ((length & 0x3f) << 8) | message[position + 1];
                if (target >= position)
                    return false;
                end = end < 0 ? position + 2 : end;
                position = target;
                continue;
            }
            if (length > MaxLabelBytes || position + 1 + length > message.Length || text.Length + length + 1 > MaxWireBytes)
                return false;
            if (text.Length > 0)
                text.Append('.');
            foreach (var b in message.Slice(position + 1, length))
            {
                if (!IsNameByte(b))
                    return false;
                text.Append(char.ToLowerInvariant((char)b));
            }
            position += 1 + length;
        }
        return false;
    }

    private static bool IsNameByte(byte b) => char.IsAsciiLetterOrDigit((char)b) || b is (byte)'-' or (byte)'_';
}
