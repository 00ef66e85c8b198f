using System.Net;
using Gateway.Sip.Messages;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Transactions;

/// <summary>One listener as peers see it.</summary>
/// <param name="Transport">What it speaks.</param>
/// <param name="Address">The bound address; the unspecified IPv6 address serves both families.</param>
/// <param name="Advertised">What Via and Contact say.</param>
public readonly record struct LocalAddress(SipTransport Transport, TransportAddress Address, HostPort Advertised)
{
    /// <summary>Bound to one address and not to all.</summary>
    public bool IsSpecific => Address.Bits != default && !Address.ToIPAddress().Equals(IPAddress.Any);

    public HostPort Bound => new(Address.ToIPAddress().ToString(), Address.Port);
}

/// <summary>Our listeners, which of them serves a peer, and the address announced to that peer to reach us by.</summary>
/// <param name="listeners">In the order of the options.</param>
/// <param name="localNetworks">The bound address is announced to peers there instead of the advertised one.</param>
/// <param name="sourceFor">The local address that the system would send from to a peer; null: the first listener that fits serves
/// it.</param>
public sealed class LocalAddresses(
    IReadOnlyList<LocalAddress> listeners, IReadOnlyList<IPNetwork>? localNetworks = null, Func<TransportAddress,
    IPAddress?>? sourceFor = null)
{
    public LocalAddress this[int listener] => listeners[listener];

    public int Count => listeners.Count;

    /// <summary>A URI with this host and port is one of ours.</summary>
    public bool Advertises(HostPort hostPort) => listeners.Any(listener => listener.Advertised == hostPort || listener.Bound == hostPort);

    /// <summary>The address announced to the peer of this path in Via and Contact.</summary>
    public HostPort AdvertisedTo(SipFlow flow)
    {
        var listener = listeners[flow.Listener];
        if (localNetworks is not { Count: > 0 } || !listener.IsSpecific)
            return listener.Advertised;
        var peer = flow.Remote.ToIPAddress();
        return localNetworks.Any(network => network.Contains(peer)) ? listener.Bound : listener.Advertised;
    }

    /// <summary>
    /// A listener of the transport and address family; −1 when there is none. Of several, the one on the address that the system sends from
    /// to this peer.
    /// </summary>
    public int Find(SipTransport transport, TransportAddress remote)
    {
        var first = -1;
        IPAddress? source = null;
        for (var i = 0; i < listeners.Count; i++)
        {
            var local = listeners[i].Address;
            if (listeners[i].Transport != transport || (local.IsIPv4 != remote.IsIPv4 && local.Bits != default))
                continue;
            if (sourceFor is null)
                return i;
            source ??= sourceFor(remote);
            if (source is null || local.ToIPAddress().Equals(source))
                return i;
            if (first < 0)
                first = i;
        }
        return first;
    }

    /// <summary>The listener on exactly this address and port; −1 when there is none.</summary>
    public int IndexOf(SipTransport transport, IPEndPoint bound)
    {
        for (var i = 0; i < listeners.Count; i++)
        {
            if (listeners[i].Transport == transport && listeners[i].Address == TransportAddress.From(bound))
                return i;
        }
        return -1;
    }
}
