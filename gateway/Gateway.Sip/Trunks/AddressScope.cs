using System.Net;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Trunks;

/// <summary>Recognises the addresses that nobody on the internet can reach, and those that one host has.</summary>
public static class AddressScope
{
    /// <summary>RFC 1918, RFC 6598 (carrier NAT), loopback, link-local, RFC 4193.</summary>
    private static readonly IPNetwork[] PrivateNetworks =
    [
        .. new[] { "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "::1/128",
            "fe80::/10", "fc00::/7" }
            .Select(text => IPNetwork.Parse(text)),
    ];

    public static bool IsPrivate(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return PrivateNetworks.Any(network => network.Contains(plain));
    }

    /// <summary>One host has a whole /64 of IPv6 (RFC 4291 §2.5.1), so that counts as one address.</summary>
    public static AddressBits HostOf(TransportAddress remote) => remote.IsIPv4 ? remote.Bits : remote.Bits.Prefix(64);
}
