using System.Diagnostics.CodeAnalysis;

namespace Media.Protocols.Sdp;

/// <summary>
/// The <c>o=</c> line (RFC 8866 §5.2). Identifier and version are kept as the peer's text: NTP times, epochs and numbers beyond 64 bits
/// all occur.
/// </summary>
public sealed record SdpOrigin(string Username, string SessionId, string Version, SdpConnection Address)
{
    /// <summary>Of a description without a usable <c>o=</c> line.</summary>
    public static readonly SdpOrigin Unknown = new("-", "0", "0", new SdpConnection(false, "0.0.0.0"));

    /// <summary>Reads <c>user id version IN IP4 address</c>. A user name with blanks, as some PBXs write it, is accepted.</summary>
    public static bool TryParse(string value, [NotNullWhen(true)] out SdpOrigin? origin)
    {
        origin = null;
        var fields = value.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length < 5)
            return false;
        var username = fields.Length == 5 ? "-" : string.Join(' ', fields[..^5]);
        if (!SdpConnection.TryParse($"{fields[^3]} {fields[^2]} {fields[^1]}", out var address))
            return false;
        origin = new SdpOrigin(username, fields[^5], fields[^4], address);
        return true;
    }

    public override string ToString() => $"{Username} {SessionId} {Version} {Address}";
}
