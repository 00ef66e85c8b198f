using Media.Protocols.Primitives;

namespace Media.Protocols.Ice;

/// <summary>One datagram to send.</summary>
/// <param name="Length">The bytes of the caller's buffer that it takes.</param>
/// <param name="Local">The local socket to send from.</param>
/// <param name="Remote">The address to send it to.</param>
public readonly record struct IceTransmit(int Length, TransportAddress Local, TransportAddress Remote);
