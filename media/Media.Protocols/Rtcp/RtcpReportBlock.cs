using System.Buffers.Binary;
using Media.Protocols.Primitives;

namespace Media.Protocols.Rtcp;

/// <summary>A receiver's report on one source (RFC 3550 §6.4.1).</summary>
/// <remarks>
/// <code>
/// |                 SSRC of the reported source                   |
/// | fraction lost |       cumulative number of packets lost       |
/// |           extended highest sequence number received           |
/// |                      interarrival jitter                      |
/// |                         last SR (LSR)                         |
/// |                   delay since last SR (DLSR)                  |
/// </code>
/// FractionLost is in 1/256 since the previous report, CumulativeLost signed (duplicates make it negative), Jitter in units of the
/// media clock, the last two in 2^-16 s.
/// </remarks>
public readonly record struct RtcpReportBlock(
    Ssrc Source, byte FractionLost, int CumulativeLost, uint ExtendedHighestSequence, uint Jitter, uint LastSenderReport,
    uint DelaySinceLastSenderReport)
{
    public const int Length = 24;

    private const int MaxCumulativeLost = 0x7F_FFFF;

    internal static RtcpReportBlock Read(ReadOnlySpan<byte> bytes) => new(
        new Ssrc(BinaryPrimitives.ReadUInt32BigEndian(bytes)),
        bytes[4],
        BinaryPrimitives.ReadInt32BigEndian(bytes[4..]) << 8 >> 8,
        BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]),
        BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]),
        BinaryPrimitives.ReadUInt32BigEndian(bytes[20..]));

    internal void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt32BigEndian(bytes, Source.Value);
        var lost = Math.Clamp(CumulativeLost, -MaxCumulativeLost - 1, MaxCumulativeLost);
        BinaryPrimitives.WriteInt32BigEndian(bytes[4..], lost & 0xFF_FFFF);
        bytes[4] = FractionLost;
        BinaryPrimitives.WriteUInt32BigEndian(bytes[8..], ExtendedHighestSequence);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[12..], Jitter);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[16..], LastSenderReport);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[20..], DelaySinceLastSenderReport);
    }
}
