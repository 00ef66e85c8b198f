using System.Buffers.Binary;
using Media.Protocols.Primitives;

namespace Media.Protocols.Rtp;

/// <summary>
/// The clear part of an RTP packet (RFC 3550 §5.1), contributing sources and header extension measured but not kept: it reads
/// the same from a plain and from an SRTP packet. Payload types are 0 … 127; Length counts
/// the bytes before the payload, contributing sources and extension included. The only RTP header parser here.
/// </summary>
/// <remarks>
/// <code>
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// |V=2|P|X|  CC   |M|     PT      |       sequence number         |
/// |                           timestamp                           |
/// |                             SSRC                              |
/// |            CSRC × CC, then if X: profile, length, words       |
/// </code>
/// </remarks>
public readonly record struct RtpHeader(
    byte PayloadType, bool Marker, SequenceNumber SequenceNumber, RtpTimestamp Timestamp, Ssrc Ssrc, bool HasPadding, int Length)
{
    /// <summary>Bytes of a header without contributing sources and extension.</summary>
    public const int FixedLength = 12;

    private const int Version = 2;

    /// <summary>False, with the reason, when <paramref name="packet"/> is not RTP; never throws.</summary>
    public static bool TryRead(ReadOnlySpan<byte> packet, out RtpHeader header, out RtpReadError error)
    {
        header = default;
        if (packet.Length < FixedLength)
            return Refuse(RtpReadError.TooShort, out error);
        if (packet[0] >> 6 != Version)
            return Refuse(RtpReadError.BadVersion, out error);

        var length = FixedLength + (packet[0] & 0x0F) * 4;
        if (length > packet.Length)
            return Refuse(RtpReadError.TruncatedCsrcList, out error);
        var hasExtension = (packet[0] & 0x10) != 0;
        if (hasExtension)
        {
            if (length + 4 > packet.Length)
                return Refuse(RtpReadError.TruncatedExtension, out error);
            length += 4 + BinaryPrimitives.ReadUInt16BigEndian(packet[(length + 2)..]) * 4;
            if (length > packet.Length)
                return Refuse(RtpReadError.TruncatedExtension, out error);
        }

        header = new RtpHeader(
            PayloadType: (byte)(packet[1] & 0x7F),
            Marker: (packet[1] & 0x80) != 0,
            SequenceNumber: new SequenceNumber(BinaryPrimitives.ReadUInt16BigEndian(packet[2..])),
            Timestamp: new RtpTimestamp(BinaryPrimitives.ReadUInt32BigEndian(packet[4..])),
            Ssrc: new Ssrc(BinaryPrimitives.ReadUInt32BigEndian(packet[8..])),
            HasPadding: (packet[0] & 0x20) != 0,
            Length: length);
        error = RtpReadError.None;
        return true;
    }

    private static bool Refuse(RtpReadError reason, out RtpReadError error)
    {
        error = reason;
        return false;
    }
}
