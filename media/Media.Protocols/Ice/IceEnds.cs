using Media.Protocols.Primitives;

namespace Media.Protocols.Ice;

/// <summary>A local socket to check from, with the priority of its best candidate.</summary>
internal sealed class IceLocal(TransportAddress socket, uint priority)
{
    public TransportAddress Socket { get; } = socket;

    public uint Priority { get; set; } = priority;
}

/// <summary>An address of the peer, from its SDP or learnt from its checks.</summary>
internal sealed class IceRemote(TransportAddress address, uint priority)
{
    public TransportAddress Address { get; } = address;

    public uint Priority { get; set; } = priority;

    /// <summary>An authentic check came from here, or was answered from here.</summary>
    public bool Validated { get; set; }
}
