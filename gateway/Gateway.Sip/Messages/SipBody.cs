using System.Text;

namespace Gateway.Sip.Messages;

/// <summary>
/// Finds a part of a given type in a body that may be multipart (RFC 2046 §5.1, RFC 5621): PBXs put SDP beside ISUP or location parts.
/// </summary>
public static class SipBody
{
    /// <summary>Parts looked at; the rest are ignored.</summary>
    private const int MaxParts = 16;

    /// <summary>The whole body when it is of <paramref name="type"/>, or the first such part one level down.</summary>
    public static bool TryFind(SipMessage message, string type, out ReadOnlyMemory<byte> part)
    {
        part = message.Body;
        if (part.IsEmpty || message.ContentType is not { } contentType)
            return false;
        if (MediaType.Is(contentType, type))
            return true;
        if (!MediaType.Essence(contentType).StartsWith("multipart/", StringComparison.OrdinalIgnoreCase))
            return false;
        return MediaType.Parameter(contentType, "boundary") is { Length: > 0 } boundary && TryFindPart(message.Body, boundary, type, out part);
    }

    private static bool TryFindPart(ReadOnlyMemory<byte> body, string boundary, string type, out ReadOnlyMemory<byte> part)
    {
        part = default;
        var delimiter = Encoding.Latin1.GetBytes("--" + boundary);
        for (var i = 0; i < MaxParts; i++)
        {
            var at = body.Span.IndexOf(delimiter);
            if (at < 0)
                return false;
            body = body[(at + delimiter.Length)..];
            if (body.Span.StartsWith("--"u8))
                return false;
            var next = body.Span.IndexOf(delimiter);
            if (next < 0)
                return false;
            if (IsPartOfType(body[..next], type, out part))
                return true;
        }
        return false;
    }

    /// <summary>A section reaches from behind one delimiter to the next; the CRLF before a delimiter belongs to the delimiter.</summary>
    private static bool IsPartOfType(ReadOnlyMemory<byte> section, string type, out ReadOnlyMemory<byte> content)
    {
        content = default;
        var end = section.Span.IndexOf("\r\n\r\n"u8);
        if (end < 0)
            return false;
        var head = Encoding.Latin1.GetString(section.Span[..end]);
        foreach (var line in head.Split("\r\n"))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0 || !line.AsSpan(0, colon).Trim().Equals("Content-Type", StringComparison.OrdinalIgnoreCase))
                continue;
            if (!MediaType.Is(line[(colon + 1)..], type))
                return false;
            content = section[(end + 4)..];
            if (content.Span.EndsWith("\r\n"u8))
                content = content[..^2];
            return true;
        }
        return false;
    }
}
