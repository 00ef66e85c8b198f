using System.Buffers.Binary;
using Media.Protocols.Primitives;

namespace Media.Protocols.Rtcp;

/// <summary>
/// Writes one RTCP compound packet, packet after packet (RFC 3550 §6.1); <see cref="RtcpReader"/> reads it. A packet that does not fit is
/// not written at all; the method returns false.
/// </summary>
public ref struct RtcpWriter(Span<byte> destination)
{
    private const int HeaderLength = 4;
    private const int MaxReportBlocks = 31;
    private const byte CnameItem = 1;

    private readonly Span<byte> _destination = destination;

    /// <summary>Bytes written so far.</summary>
    public int Length { get; private set; }

    public bool TryAddSenderReport(in RtcpSenderInfo info, scoped ReadOnlySpan<RtcpReportBlock> blocks)
    {
        if (!TryBegin(
            RtcpPacketType.SenderReport, blocks.Length, RtcpSenderInfo.Length + blocks.Length * RtcpReportBlock.Length, out var body))
            return false;
        info.Write(body);
        WriteBlocks(blocks, body[RtcpSenderInfo.Length..]);
        return true;
    }

    public bool TryAddReceiverReport(Ssrc sender, scoped ReadOnlySpan<RtcpReportBlock> blocks)
    {
        if (!TryBegin(RtcpPacketType.ReceiverReport, blocks.Length, 4 + blocks.Length * RtcpReportBlock.Length, out var body))
            return false;
        BinaryPrimitives.WriteUInt32BigEndian(body, sender.Value);
        WriteBlocks(blocks, body[4..]);
        return true;
    }

    /// <param name="source">The source with that name.</param>
    /// <param name="cname">UTF-8, at most 255 bytes.</param>
    public bool TryAddCname(Ssrc source, scoped ReadOnlySpan<byte> cname)
    {
        // SSRC, item, and one to four zeros that end the item list on a word boundary.
        var length = (4 + 2 + cname.Length + 1 + 3) & ~3;
        if (cname.Length > byte.MaxValue || !TryBegin(RtcpPacketType.SourceDescription, 1, length, out var body))
            return false;
        body.Clear();
        BinaryPrimitives.WriteUInt32BigEndian(body, source.Value);
        body[4] = CnameItem;
        body[5] = (byte)cname.Length;
        cname.CopyTo(body[6..]);
        return true;
    }

    /// <summary>An extended report with one block (RFC 3611 §2).</summary>
    public bool TryAddVoipMetrics(Ssrc sender, in VoipMetrics metrics)
    {
        if (!TryBegin(RtcpPacketType.ExtendedReport, 0, 4 + VoipMetrics.Length, out var body))
            return false;
        BinaryPrimitives.WriteUInt32BigEndian(body, sender.Value);
        metrics.Write(body[4..]);
        return true;
    }

    public bool TryAddGoodbye(Ssrc source)
    {
        if (!TryBegin(RtcpPacketType.Goodbye, 1, 4, out var body))
            return false;
        BinaryPrimitives.WriteUInt32BigEndian(body, source.Value);
        return true;
    }

    private static void WriteBlocks(ReadOnlySpan<RtcpReportBlock> blocks, Span<byte> body)
    {
        for (var i = 0; i < blocks.Length; i++)
            blocks[i].Write(body[(i * RtcpReportBlock.Length)..]);
    }

    private bool TryBegin(RtcpPacketType type, int count, int bodyLength, out Span<byte> body)
    {
        body = default;
        var packet = _destination[Length..];
        if (count > MaxReportBlocks || packet.Length < HeaderLength + bodyLength)
            return false;
        packet[0] = (byte)(0x80 | count);
        packet[1] = (byte)type;
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)(bodyLength / 4));
        body = packet.Slice(HeaderLength, bodyLength);
        Length += HeaderLength + bodyLength;
        return true;
    }
}
