using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace Media.Protocols.Sdp;

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

    /// <summary>False for a host name, and for a group or broadcast address, to which no call sends.</summary>
    public bool TryGetAddress([NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        // IPAddress reads "7" and "0x7f.1" as IPv4 too, and "[::1]:5" and "fe80::1%2" as IPv6: only the plain forms belong here.
        var isPlain = IsIPv6
            ? !Host.AsSpan().ContainsAny('[', ']', '%')
            : Host.Count(c => c == '.') == 3 && Host.All(c => c == '.' || char.IsAsciiDigit(c));
        if (!isPlain || !IPAddress.TryParse(Host, out address) || address.AddressFamily != Family)
            return false;
        var first = address.GetAddressBytes()[0];
        return IsIPv6 ? first != 0xFF : first < 224;
    }

    public AddressFamily Family => IsIPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;

    /// <summary><c>0.0.0.0</c> or <c>::</c>: RFC 2543's hold, and ICE's "see the candidates".</summary>
    public bool IsUnspecified => TryGetAddress(out var address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any));

    public override string ToString() => $"IN {(IsIPv6 ? "IP6" : "IP4")} {Host}";
}
