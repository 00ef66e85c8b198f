using System.Net;
using System.Net.Sockets;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Transport;

/// <summary>Asks the system's routing table which of our addresses a packet to a peer leaves from; nothing is sent.</summary>
internal static class SourceAddress
{
    /// <summary>Null: there is no route.</summary>
    public static IPAddress? Find(TransportAddress remote)
    {
        try
        {
            using var socket = new Socket(remote.Family, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(remote.ToIPEndPoint());
            return (socket.LocalEndPoint as IPEndPoint)?.Address;
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
