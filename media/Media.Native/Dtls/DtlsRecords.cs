using System.Buffers.Binary;

namespace Media.Native.Dtls;

/// <summary>
/// Where one DTLS record ends and the next begins (RFC 6347 §4.1):
/// <code>
/// type(1) version(2) epoch(2) sequence(6) length(2) fragment(length)
/// </code>
/// </summary>
internal static class DtlsRecords
{
    internal const int HeaderSize = 13;
    private const int EpochOffset = 3;
    private const int LengthOffset = 11;

    /// <summary>RFC 5288 §3: an encrypted AES-GCM record begins with 8 bytes of nonce and ends with 16 of tag.</summary>
    private const int ShortestEncrypted = 24;

    /// <summary>How many of the pending bytes make the next datagram: as many whole records as fit into <paramref name="limit"/>.</summary>
    internal static int MeasureDatagram(ReadOnlySpan<byte> pending, int limit)
    {
        var end = 0;
        while (TryMeasure(pending[end..], out var record) && end + record <= limit)
            end += record;
        return end;
    }

    /// <summary>
    /// How much of a received datagram is safe to show to OpenSSL: whole records, none encrypted that is too short to be. OpenSSL 3.0 takes
    /// such a short record, which anybody can forge, for an internal error and ends the connection, although RFC 6347 §4.1.2.7 lets it be dropped.
    /// </summary>
    internal static int MeasureWellFormed(ReadOnlySpan<byte> datagram)
    {
        var end = 0;
        while (TryMeasure(datagram[end..], out var record))
        {
            var epoch = BinaryPrimitives.ReadUInt16BigEndian(datagram[(end + EpochOffset)..]);
            if (epoch > 0 && record < HeaderSize + ShortestEncrypted)
                break;
            end += record;
        }
        return end;
    }

    private static bool TryMeasure(ReadOnlySpan<byte> bytes, out int record)
    {
        record = 0;
        if (bytes.Length < HeaderSize)
            return false;
        record = HeaderSize + BinaryPrimitives.ReadUInt16BigEndian(bytes[LengthOffset..]);
        return record <= bytes.Length;
    }
}
