namespace Media.Native.Net;

/// <summary>Socket settings that are the same for every media socket.</summary>
public sealed record UdpSocketOptions
{
    /// <summary>Asked of the kernel in bytes, which doubles it and may cap it (net.core.rmem_max). Null keeps the kernel's default.</summary>
    public int? ReceiveBufferSize { get; init; }

    /// <summary>As <see cref="ReceiveBufferSize"/>, for net.core.wmem_max.</summary>
    public int? SendBufferSize { get; init; }

    /// <summary>Differentiated services code point, 0 … 63; 46 is Expedited Forwarding, what telephony uses (RFC 4594 §4.1).</summary>
    public int Dscp { get; init; } = 46;

    /// <summary>An IPv6 socket bound to <c>::</c> also takes IPv4.</summary>
    public bool DualStack { get; init; }
}

/// <summary>Why a socket could not be opened on an address.</summary>
public enum UdpBindError
{
    None,

    /// <summary>Another socket has this port.</summary>
    AddressInUse,

    /// <summary>No interface of this host has this address, or it has no IPv6.</summary>
    AddressNotAvailable,

    /// <summary>A port below 1024 without the right to it.</summary>
    AccessDenied,

    /// <summary>The process or the system is out of file descriptors (raise LimitNOFILE).</summary>
    TooManyDescriptors,
    Other,
}

/// <summary>What became of one datagram handed to the kernel.</summary>
public enum UdpSendResult
{
    Sent,

    /// <summary>The send buffer is full: the datagram is lost, as on a congested wire.</summary>
    WouldBlock,

    /// <summary>No route, a firewall, a datagram too long, or an address of the wrong family; the socket stays usable.</summary>
    Refused,
}
