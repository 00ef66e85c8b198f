using Media.Protocols.Primitives;

namespace Media.Protocols.Srtp;

/// <summary>
/// Applies one direction's session keys to one packet whose index is already known. It keeps no packet state; order, replay and
/// rollover are <see cref="SrtpSession"/>'s. Every span begins at the packet's first byte and ends after its tag.
/// </summary>
internal abstract class SrtpTransform : IDisposable
{
    /// <summary>RTCP: fixed header and sender SSRC stay in clear (RFC 3711 §3.4).</summary>
    protected const int RtcpClearLength = 8;

    /// <summary>RTCP: the E flag and the index that follow the packet.</summary>
    internal const int RtcpIndexLength = 4;

    /// <param name="packet">Plain packet, then room for exactly the tag.</param>
    /// <param name="headerLength">Bytes that stay in clear.</param>
    /// <param name="ssrc">Of the packet.</param>
    /// <param name="index">Rollover counter · 2^16 + sequence number.</param>
    public abstract void ProtectRtp(Span<byte> packet, int headerLength, Ssrc ssrc, ulong index);

    /// <summary>Authenticates, then decrypts; false when the tag does not match.</summary>
    public abstract bool TryUnprotectRtp(Span<byte> packet, int headerLength, Ssrc ssrc, ulong index);

    /// <param name="packet">Plain compound packet, then room for exactly tag and index word.</param>
    /// <param name="ssrc">Of the first packet's sender.</param>
    /// <param name="index">31 bits.</param>
    public abstract void ProtectRtcp(Span<byte> packet, Ssrc ssrc, uint index);

    /// <summary>The index word (E flag and index) as it stands in a protected packet, not yet authenticated.</summary>
    public abstract uint ReadRtcpIndexWord(ReadOnlySpan<byte> packet);

    /// <summary>Authenticates, then decrypts; false when the tag does not match.</summary>
    public abstract bool TryUnprotectRtcp(Span<byte> packet, Ssrc ssrc, uint index);

    public abstract void Dispose();
}
