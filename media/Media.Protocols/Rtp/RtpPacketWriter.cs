using System.Buffers.Binary;
using Media.Protocols.Primitives;

namespace Media.Protocols.Rtp;

/// <summary>
/// Writes RTP packets without contributing sources, extension or padding (RFC 3550 §5.1); <see cref="RtpPacketReader"/> reads them.
/// </summary>
public static class RtpPacketWriter
{
    /// <summary>Bytes before the payload: an encoder may write its payload here first and the header after.</summary>
    public const int HeaderLength = RtpHeader.FixedLength;

    /// <summary>
    /// The first sequence number of an outgoing stream: unpredictable, and in the lower half, so that SRTP's rollover counter is still zero
    /// when the first packets are lost or reordered (RFC 3711 §3.3.1).
    /// </summary>
    public static SequenceNumber FirstSequenceNumber(IEntropy entropy) => new((ushort)(entropy.NextUInt32() & 0x7FFF));

    /// <summary>Writes the <see cref="HeaderLength"/> bytes before a payload that the caller writes.</summary>
    /// <returns>False when <paramref name="destination"/> is too small or the payload type is above 127; nothing is written then.</returns>
    public static bool TryWriteHeader(
        Span<byte> destination, byte payloadType, bool marker, SequenceNumber sequenceNumber, RtpTimestamp timestamp, Ssrc ssrc)
    {
        if (destination.Length < HeaderLength || payloadType > 0x7F)
            return false;
        destination[0] = 0x80;
        destination[1] = (byte)(payloadType | (marker ? 0x80 : 0));
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], sequenceNumber.Value);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], timestamp.Value);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], ssrc.Value);
        return true;
    }

    /// <summary>Writes header and payload.</summary>
    /// <returns>False when they do not fit; nothing is written then.</returns>
    public static bool TryWrite(
        Span<byte> destination, byte payloadType, bool marker, SequenceNumber sequenceNumber, RtpTimestamp timestamp, Ssrc ssrc,
        ReadOnlySpan<byte> payload, out int length)
    {
        length = 0;
        if (destination.Length < HeaderLength + payload.Length
            || !TryWriteHeader(destination, payloadType, marker, sequenceNumber, timestamp, ssrc))
            return false;
        payload.CopyTo(destination[HeaderLength..]);
        length = HeaderLength + payload.Length;
        return true;
    }
}
