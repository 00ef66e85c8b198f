using System.Buffers.Binary;
using Media.Protocols.Primitives;

namespace Media.Protocols.Rtcp;

/// <summary>A view over one packet of a compound; every method returns false when the bytes do not hold what it reads.</summary>
public readonly ref struct RtcpPacket
{
    private const byte CnameItem = 1;

    private readonly ReadOnlySpan<byte> _body;

    internal RtcpPacket(RtcpPacketType type, int count, ReadOnlySpan<byte> body)
    {
        Type = type;
        Count = count;
        _body = body;
    }

    /// <summary>May be a number that <see cref="RtcpPacketType"/> does not name.</summary>
    public RtcpPacketType Type { get; }

    /// <summary>Report blocks, chunks or sources by the header's word, 0 … 31; for feedback the format.</summary>
    public int Count { get; }

    /// <summary>The SSRC that all types except source descriptions begin with.</summary>
    public bool TryReadSender(out Ssrc sender)
    {
        sender = default;
        if (Type == RtcpPacketType.SourceDescription || _body.Length < 4)
            return false;
        sender = ReadSsrc(0);
        return true;
    }

    public bool TryReadSenderInfo(out RtcpSenderInfo info)
    {
        info = default;
        if (Type != RtcpPacketType.SenderReport || _body.Length < RtcpSenderInfo.Length)
            return false;
        info = RtcpSenderInfo.Read(_body);
        return true;
    }

    /// <param name="index">0 … <see cref="Count"/> − 1.</param>
    /// <param name="block">The block.</param>
    /// <returns>False when this is no report, or has no such block.</returns>
    public bool TryReadReportBlock(int index, out RtcpReportBlock block)
    {
        block = default;
        var offset = Type switch
        {
            RtcpPacketType.SenderReport => RtcpSenderInfo.Length,
            RtcpPacketType.ReceiverReport => 4,
            _ => -1,
        };
        if (offset < 0 || (uint)index >= (uint)Count)
            return false;
        offset += index * RtcpReportBlock.Length;
        if (offset + RtcpReportBlock.Length > _body.Length)
            return false;
        block = RtcpReportBlock.Read(_body[offset..]);
        return true;
    }

    /// <param name="index">0 … <see cref="Count"/> − 1.</param>
    /// <param name="source">The source that leaves.</param>
    /// <returns>False when this is no goodbye, or names no such source.</returns>
    public bool TryReadGoodbye(int index, out Ssrc source)
    {
        source = default;
        if (Type != RtcpPacketType.Goodbye || (uint)index >= (uint)Count || (index + 1) * 4 > _body.Length)
            return false;
        source = ReadSsrc(index * 4);
        return true;
    }

    /// <summary>The canonical name in the first chunk of a source description, in UTF-8 (RFC 3550 §6.5.1).</summary>
    public bool TryReadCname(out Ssrc source, out ReadOnlySpan<byte> cname)
    {
        source = default;
        cname = default;
        if (Type != RtcpPacketType.SourceDescription || Count == 0 || _body.Length < 4)
            return false;
        source = ReadSsrc(0);
        var items = _body[4..];
        while (items.Length >= 2 && items[0] != 0)
        {
            var length = items[1];
            if (items.Length < 2 + length)
                return false;
            if (items[0] == CnameItem)
            {
                cname = items.Slice(2, length);
                return true;
            }
            items = items[(2 + length)..];
        }
        return false;
    }

    /// <summary>The VoIP metrics on one source in an extended report (RFC 3611 §3, §4.7).</summary>
    /// <returns>False when this is no extended report, or has none on that source.</returns>
    public bool TryReadVoipMetrics(Ssrc source, out VoipMetrics metrics)
    {
        metrics = default;
        if (Type != RtcpPacketType.ExtendedReport || _body.Length < 4)
            return false;
        for (var blocks = _body[4..]; blocks.Length >= 4;)
        {
            var length = (BinaryPrimitives.ReadUInt16BigEndian(blocks[2..]) + 1) * 4;
            if (length > blocks.Length)
                return false;
            if (blocks[0] == VoipMetrics.BlockType && length == VoipMetrics.Length)
            {
                metrics = VoipMetrics.Read(blocks);
                if (metrics.Source == source)
                    return true;
            }
            blocks = blocks[length..];
        }
        return false;
    }

    private Ssrc ReadSsrc(int offset) => new(BinaryPrimitives.ReadUInt32BigEndian(_body[offset..]));
}
