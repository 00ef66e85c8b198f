using Gateway.Sip.Messages;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Transactions;

/// <summary>One listener as peers see it.</summary>
/// <param name="Transport">What it speaks.</param>
/// <param name="Address">The bound address; the unspecified IPv6 address serves both families.</param>
/// <param name="Advertised">What Via and Contact say.</param>
public readonly record struct LocalAddress(SipTransport Transport, TransportAddress Address, HostPort Advertised);

/// <summary>Our listeners, and which of them serves a peer.</summary>
public sealed class LocalAddresses(IReadOnlyList<LocalAddress> listeners)
{
    public LocalAddress this[int listener] => listeners[listener];

    public int Count => listeners.Count;

    /// <summary>A URI with this host and port is one of ours.</summary>
    public bool Advertises(HostPort hostPort) => listeners.Any(listener => listener.Advertised == hostPort);

    /// <summary>A listener of the transport and address family; −1 when there is none.</summary>
    public int Find(SipTransport transport, TransportAddress remote)
    {
        for (var i = 0; i < listeners.Count; i++)
        {
            var local = listeners[i].Address;
            if (listeners[i].Transport == transport && (local.IsIPv4 == remote.IsIPv4 || local.Bits == UInt128.Zero))
                return i;
        }
        return -1;
    }
}
