using System.Text;

namespace Gateway.Sip.Messages;

/// <summary>
/// Finds a part of a given type in a body that may be multipart (RFC 2046 §5.1, RFC 5621): PBXs put SDP beside ISUP or location parts.
/// Lines may end with LF alone, the last delimiter may be missing, and SDP is known by its first line where no type is given.
/// </summary>
public static class SipBody
{
    /// <summary>Parts looked at in one multipart; the rest are ignored.</summary>
    private const int MaxParts = 16;

    /// <summary>Multiparts within multiparts.</summary>
    private const int MaxDepth = 3;

    /// <summary>Nothing, or what some peers leave behind their last line.</summary>
    public static bool IsBlank(ReadOnlyMemory<byte> body) => body.Span.IndexOfAnyExcept(" \t\r\n\0"u8) < 0;

    /// <summary>The whole body when it is of <paramref name="type"/>, or the first such part.</summary>
    public static bool TryFind(SipMessage message, string type, out ReadOnlyMemory<byte> part) =>
        TryFind(message.Body, message.ContentType, type, MaxDepth, out part);

    private static bool TryFind(ReadOnlyMemory<byte> body, string? contentType, string type, int depth, out ReadOnlyMemory<byte> part)
    {
        part = body;
        if (body.IsEmpty)
            return false;
        if (!MediaType.IsReadable(contentType))
            return type == MediaType.Sdp && body.Span.StartsWith("v=0"u8);
        if (MediaType.Is(contentType, type))
            return true;
        if (depth == 0 || !MediaType.Essence(contentType!).StartsWith("multipart/", StringComparison.OrdinalIgnoreCase))
            return false;
        var boundary = MediaType.Parameter(contentType!, "boundary") is { Length: > 0 } named ? "--" + named : FirstLine(body.Span);
        return boundary.StartsWith("--", StringComparison.Ordinal)
            && TryFindPart(body, Encoding.Latin1.GetBytes(boundary), type, depth - 1, out part);
    }

    private static bool TryFindPart(ReadOnlyMemory<byte> body, byte[] delimiter, string type, int depth, out ReadOnlyMemory<byte> part)
    {
        part = default;
        for (var i = 0; i < MaxParts; i++)
        {
            var at = body.Span.IndexOf(delimiter);
            if (at < 0)
                return false;
            body = body[(at + delimiter.Length)..];
            if (body.Span.StartsWith("--"u8))
                return false;
            var next = body.Span.IndexOf(delimiter);
            if (IsPartOfType(next < 0 ? body : body[..next], type, depth, out part))
                return true;
        }
        return false;
    }

    /// <summary>
    /// A section reaches from behind one delimiter to the next; the line end before a delimiter belongs to the delimiter.
    /// </summary>
    private static bool IsPartOfType(ReadOnlyMemory<byte> section, string type, int depth, out ReadOnlyMemory<byte> content)
    {
        content = default;
        string? contentType = null;
        TakeLine(ref section); // what is left of the delimiter's line
        while (TakeLine(ref section) is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0 && IsContentType(line.AsSpan(0, colon).Trim()))
                contentType = line[(colon + 1)..].Trim();
        }
        if (section.Span.EndsWith("\n"u8))
            section = section[..^(section.Span.EndsWith("\r\n"u8) ? 2 : 1)];
        return TryFind(section, contentType, type, depth, out content);
    }

    private static bool IsContentType(ReadOnlySpan<char> name) =>
        name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase) || name.Equals("c", StringComparison.OrdinalIgnoreCase);

    private static string TakeLine(ref ReadOnlyMemory<byte> text)
    {
        var end = text.Span.IndexOf((byte)'\n');
        var line = end < 0 ? text : text[..end];
        text = end < 0 ? default : text[(end + 1)..];
        return Encoding.Latin1.GetString(line.Span.TrimEnd("\r"u8));
    }

    private static string FirstLine(ReadOnlySpan<byte> body)
    {
        var end = body.IndexOf((byte)'\n');
        return Encoding.Latin1.GetString((end < 0 ? body : body[..end]).Trim("\r \t"u8));
    }
}
