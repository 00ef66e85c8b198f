using Media.Protocols.Primitives;

namespace Media.Protocols.Ice;

/// <summary>One datagram to send.</summary>
/// <param name="Length">How many bytes of the caller's buffer it takes.</param>
/// <param name="Local">The local socket to send from.</param>
/// <param name="Remote">Where to send it.</param>
public readonly record struct IceTransmit(int Length, TransportAddress Local, TransportAddress Remote);
