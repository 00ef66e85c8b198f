using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Media.Protocols.Sdp;

/// <summary>The <c>c=</c> line (RFC 8866 §5.7): an address of either family, or a host name, which a shell has to resolve first.</summary>
public readonly record struct SdpConnection(bool IsIPv6, string Host)
{
    /// <summary>RFC 1035 §2.3.4.</summary>
    private const int MaxNameLength = 253;

    public static SdpConnection From(IPAddress address) =>
        new(address.AddressFamily == AddressFamily.InterNetworkV6, address.ToString());

    /// <summary>
    /// Reads <c>IN IP4 192.0.2.1</c>; a multicast <c>/ttl</c> suffix, and what follows, is dropped, and so are the brackets that some peers
    /// put round an IPv6 address.
    /// </summary>
    public static bool TryParse(string value, out SdpConnection connection)
    {
        connection = default;
        var fields = value.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length < 3 || !fields[0].Equals("IN", StringComparison.OrdinalIgnoreCase))
            return false;
        var ipv6 = fields[1].Equals("IP6", StringComparison.OrdinalIgnoreCase);
        if (!ipv6 && !fields[1].Equals("IP4", StringComparison.OrdinalIgnoreCase))
            return false;
        var slash = fields[2].IndexOf('/');
        var host = slash < 0 ? fields[2] : fields[2][..slash];
        if (host.Length == 0)
            return false;
        if (host is ['[', .., ']'] && host.Contains(':'))
            host = host[1..^1];
        // The address itself shows its family; some peers write IP4 before either.
        if (TryReadAddress(host, out var address))
            ipv6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        connection = new SdpConnection(ipv6, host);
        return true;
    }

    /// <summary>False for a host name, and for a group or broadcast address, to which no call sends.</summary>
    public bool TryGetAddress([NotNullWhen(true)] out IPAddress? address)
    {
        if (!TryReadAddress(Host, out address))
            return false;
        var first = address.GetAddressBytes()[0];
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? first != 0xFF : first < 224;
    }

    public AddressFamily Family => IsIPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;

    /// <summary><c>0.0.0.0</c> or <c>::</c>: RFC 2543's hold, and ICE's "see the candidates".</summary>
    public bool IsUnspecified => TryGetAddress(out var address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any));

    /// <summary>A host name: letters, digits, hyphens, underscores and dots, and no address.</summary>
    public bool IsName =>
        Host.Length <= MaxNameLength && Host.AsSpan().ContainsAnyInRange('A', 'z') && !Host.Contains(':')
        && Host.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');

    public override string ToString() => $"IN {(IsIPv6 ? "IP6" : "IP4")} {Host}";

    /// <summary>
    /// Only the plain forms: the framework also reads "7", "0x7f.1" and octal numbers as IPv4, and "[::1]:5" and "fe80::1%2" as IPv6.
    /// </summary>
    private static bool TryReadAddress(string host, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        if (host.Contains(':'))
            return !host.AsSpan().ContainsAny('[', ']', '%') && IPAddress.TryParse(host, out address);
        Span<byte> bytes = stackalloc byte[4];
        var count = 0;
        foreach (var part in host.AsSpan().Split('.'))
        {
            var number = host.AsSpan()[part];
            if (count == bytes.Length || number.Length > 3
                || !byte.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out bytes[count++]))
                return false;
        }
        if (count != bytes.Length)
            return false;
        address = new IPAddress(bytes);
        return true;
    }
}
