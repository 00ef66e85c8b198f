using System.Buffers.Binary;
using Media.Protocols.Primitives;
using Media.Protocols.Rtp;

namespace Media.Protocols.Rtcp;

/// <summary>A sender's report on itself: the same moment on the wall clock and on the media clock, and totals (RFC 3550 §6.4.1).</summary>
public readonly record struct RtcpSenderInfo(Ssrc Sender, NtpTimestamp Ntp, RtpTimestamp Rtp, uint PacketCount, uint OctetCount)
{
    /// <summary>Bytes, the sender's SSRC included.</summary>
    public const int Length = 24;

    internal static RtcpSenderInfo Read(ReadOnlySpan<byte> bytes) => new(
        new Ssrc(BinaryPrimitives.ReadUInt32BigEndian(bytes)),
        new NtpTimestamp(BinaryPrimitives.ReadUInt64BigEndian(bytes[4..])),
        new RtpTimestamp(BinaryPrimitives.ReadUInt32BigEndian(bytes[12..])),
        BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]),
        BinaryPrimitives.ReadUInt32BigEndian(bytes[20..]));

    internal void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt32BigEndian(bytes, Sender.Value);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[4..], Ntp.Value);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[12..], Rtp.Value);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[16..], PacketCount);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[20..], OctetCount);
    }
}
