using System.Net;
using Media.Native.Net;
using Media.Protocols.Primitives;

namespace Media.Engine.Loop;

/// <summary>The protocol core and the native sockets each have an address value; both hold the same bits.</summary>
internal static class Addresses
{
    public static TransportAddress ToTransport(this UdpAddress address) => new(new(address.Bits.High, address.Bits.Low), address.Port);

    public static UdpAddress ToUdp(this TransportAddress address) => new(new(address.Bits.High, address.Bits.Low), address.Port);

    public static UdpAddress ToUdp(this IPAddress address, int port) => TransportAddress.From(address, port).ToUdp();
}
