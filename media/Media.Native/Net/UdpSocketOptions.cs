namespace Media.Native.Net;

/// <summary>Socket settings that are the same for every media socket.</summary>
public sealed record UdpSocketOptions
{
    /// <summary>Bytes requested of the kernel, which doubles and may cap them (net.core.rmem_max). Null keeps its default.</summary>
    public int? ReceiveBufferSize { get; init; }

    /// <summary>As <see cref="ReceiveBufferSize"/>, for net.core.wmem_max.</summary>
    public int? SendBufferSize { get; init; }

    /// <summary>Differentiated services code point, 0 … 63; 46 is Expedited Forwarding, what telephony uses (RFC 4594 §4.1).</summary>
    public int Dscp { get; init; } = 46;

    /// <summary>An IPv6 socket bound to <c>::</c> also receives IPv4.</summary>
    public bool DualStack { get; init; }
}
