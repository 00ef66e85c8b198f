using System.Net;
using System.Net.Sockets;

namespace Media.Protocols.Sdp;

/// <summary>
/// The <c>o=</c> line (RFC 8866 §5.2). Identifier and version are kept as the peer's digits: NTP times, epochs and numbers beyond 64 bits all occur.
/// </summary>
public sealed record SdpOrigin(string Username, string SessionId, string Version, SdpConnection Address)
{
    /// <summary>Reads <c>user id version IN IP4 address</c>. A user name with blanks, as some PBXs write it, is accepted.</summary>
    public static bool TryParse(string value, out SdpOrigin? origin)
    {
        origin = null;
        var fields = value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length < 5)
            return false;
        var username = fields.Length == 5 ? "-" : string.Join(' ', fields[..^5]);
        if (!IsNumber(fields[^5]) || !IsNumber(fields[^4]))
            return false;
        if (!SdpConnection.TryParse($"{fields[^3]} {fields[^2]} {fields[^1]}", out var address))
            return false;
        origin = new SdpOrigin(username, fields[^5], fields[^4], address);
        return true;
    }

    public override string ToString() => $"{Username} {SessionId} {Version} {Address}";

    private static bool IsNumber(string field) => field.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0;
}

/// <summary>The <c>c=</c> line (RFC 8866 §5.7): an address of either family, or a host name that nobody here resolves.</summary>
public readonly record struct SdpConnection(bool IsIPv6, string Host)
{
    public static SdpConnection From(IPAddress address) =>
        new(address.AddressFamily == AddressFamily.InterNetworkV6, address.ToString());

    /// <summary>Reads <c>IN IP4 192.0.2.1</c>; a multicast <c>/ttl</c> suffix is dropped.</summary>
    public static bool TryParse(string value, out SdpConnection connection)
    {
        connection = default;
        var fields = value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length != 3 || !fields[0].Equals("IN", StringComparison.OrdinalIgnoreCase))
            return false;
        var ipv6 = fields[1].Equals("IP6", StringComparison.OrdinalIgnoreCase);
        if (!ipv6 && !fields[1].Equals("IP4", StringComparison.OrdinalIgnoreCase))
            return false;
        var slash = fields[2].IndexOf('/');
        connection = new SdpConnection(ipv6, slash < 0 ? fields[2] : fields[2][..slash]);
        return connection.Host.Length > 0;
    }

    /// <summary>False for a host name.</summary>
    public bool TryGetAddress(out IPAddress address)
    {
        var isAddress = IPAddress.TryParse(Host, out var parsed);
        address = parsed ?? IPAddress.None;
        return isAddress;
    }

    /// <summary><c>0.0.0.0</c> or <c>::</c>: RFC 2543's hold, and ICE's "see the candidates".</summary>
    public bool IsUnspecified => TryGetAddress(out var address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any));

    public override string ToString() => $"IN {(IsIPv6 ? "IP6" : "IP4")} {Host}";
}
