using Media.Protocols.Primitives;
using Media.Protocols.Rtp;

namespace Gateway.Worker.Tests.Calls.Bench;

/// <summary>The RTP packets that came in at a handset, repeated ones too: what a listener on the network sees of each SRTP index.</summary>
internal sealed class WireLog
{
    private readonly List<(Ssrc Ssrc, ushort Sequence)> _packets = [];

    public IReadOnlyList<(Ssrc Ssrc, ushort Sequence)> Packets => _packets;

    public void Add(ReadOnlySpan<byte> datagram)
    {
        if (RtpPacketReader.TryRead(datagram, out var packet))
            _packets.Add((packet.Ssrc, packet.SequenceNumber.Value));
    }
}
