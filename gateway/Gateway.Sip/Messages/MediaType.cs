namespace Gateway.Sip.Messages;

/// <summary>Content-Type and Accept values (RFC 3261 §20.1, §20.15).</summary>
public static class MediaType
{
    public const string Sdp = "application/sdp";
    public const string DtmfRelay = "application/dtmf-relay";
    public const string Dtmf = "application/dtmf";
    public const string SipFragment = "message/sipfrag";

    /// <summary>"type/subtype" without parameters and blanks.</summary>
    public static string Essence(string contentType)
    {
        var end = contentType.IndexOf(';', StringComparison.Ordinal);
        var type = end < 0 ? contentType : contentType[..end];
        return type.Replace(" ", "", StringComparison.Ordinal).Replace("\t", "", StringComparison.Ordinal);
    }

    /// <summary>It names a type and a subtype, whichever.</summary>
    public static bool IsReadable(string? contentType) =>
        contentType is not null && Essence(contentType).IndexOf('/', StringComparison.Ordinal) > 0;

    /// <summary>Compares without case and parameters.</summary>
    public static bool Is(string? contentType, string type) =>
        contentType is not null && Essence(contentType).Equals(type, StringComparison.OrdinalIgnoreCase);

    /// <summary>An Accept range such as "application/*" or "*/*" covers the type.</summary>
    public static bool Covers(string range, string type)
    {
        var essence = Essence(range);
        return essence == "*/*" || essence.Equals(type, StringComparison.OrdinalIgnoreCase)
            || (essence.EndsWith("/*", StringComparison.Ordinal) && type.StartsWith(essence[..^1], StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>A parameter such as boundary, unquoted; null when absent.</summary>
    public static string? Parameter(string contentType, string name)
    {
        var start = contentType.IndexOf(';', StringComparison.Ordinal);
        if (start < 0)
            return null;
        var scanner = new SipScanner(contentType.AsSpan(start));
        return SipParameters.TryParse(ref scanner, out var parameters) ? parameters[name] : null;
    }
}
