using Media.Protocols.Primitives;
using Media.Protocols.Rtp;

namespace Sandbox.Handsets;

/// <summary>The RTP packets that came in, authentic or not: what a listener on the network sees of each SRTP index.</summary>
public sealed class WireLog
{
    private readonly List<(Ssrc Ssrc, ushort Sequence)> _packets = [];

    public IReadOnlyList<(Ssrc Ssrc, ushort Sequence)> Packets => _packets;

    public void Add(ReadOnlySpan<byte> datagram)
    {
        if (RtpPacketReader.TryRead(datagram, out var packet))
            _packets.Add((packet.Ssrc, packet.SequenceNumber.Value));
    }
}
