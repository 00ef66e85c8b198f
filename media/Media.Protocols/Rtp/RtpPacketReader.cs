using Media.Protocols.Primitives;

namespace Media.Protocols.Rtp;

/// <summary>
/// A view over one plain (or already unprotected) RTP packet; it owns nothing and lives as long as the bytes do (RFC 3550 §5.1).
/// </summary>
public readonly ref struct RtpPacketReader
{
    private RtpPacketReader(RtpHeader header, ReadOnlySpan<byte> payload)
    {
        Header = header;
        Payload = payload;
    }

    public RtpHeader Header { get; }

    /// <summary>The bytes after header and extension, padding removed; may be empty.</summary>
    public ReadOnlySpan<byte> Payload { get; }

    public byte PayloadType => Header.PayloadType;

    public bool Marker => Header.Marker;

    public SequenceNumber SequenceNumber => Header.SequenceNumber;

    public RtpTimestamp Timestamp => Header.Timestamp;

    public Ssrc Ssrc => Header.Ssrc;

    public static bool TryRead(ReadOnlySpan<byte> packet, out RtpPacketReader reader) => TryRead(packet, out reader, out _);

    /// <summary>False, with the reason, when <paramref name="packet"/> is not RTP; never throws.</summary>
    public static bool TryRead(ReadOnlySpan<byte> packet, out RtpPacketReader reader, out RtpReadError error)
    {
        reader = default;
        if (!RtpHeader.TryRead(packet, out var header, out error))
            return false;

        var payload = packet[header.Length..];
        if (header.HasPadding)
        {
            // The last byte counts the padding, itself included.
            if (payload.IsEmpty || payload[^1] == 0 || payload[^1] > payload.Length)
            {
                error = RtpReadError.BadPadding;
                return false;
            }
            payload = payload[..^payload[^1]];
        }
        reader = new RtpPacketReader(header, payload);
        return true;
    }
}
