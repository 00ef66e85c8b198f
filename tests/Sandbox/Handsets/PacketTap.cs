using Media.Protocols.Primitives;

namespace Sandbox.Handsets;

/// <summary>Looks at a datagram that a handset received.</summary>
public delegate void PacketTap(ReadOnlySpan<byte> datagram, Instant now);
