namespace Media.Native.Net;

/// <summary>The outcome of one datagram handed to the kernel.</summary>
public enum UdpSendResult
{
    Sent,

    /// <summary>The send buffer is full: the datagram is lost, as on a congested wire.</summary>
    WouldBlock,

    /// <summary>No route, a firewall, a datagram too long, or an address of the wrong family; the socket stays usable.</summary>
    Refused,
}
