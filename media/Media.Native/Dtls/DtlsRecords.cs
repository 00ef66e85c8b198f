using System.Buffers.Binary;

namespace Media.Native.Dtls;

/// <summary>
/// Where one DTLS record ends and the next begins, and which ones OpenSSL may see (RFC 6347 §4.1):
/// <code>
/// type(1) version(2) epoch(2) sequence(6) length(2) fragment(length)
/// </code>
/// </summary>
/// <remarks>
/// RFC 6347 §4.1.2.7 has invalid records dropped silently. OpenSSL 3.0 does not always: an encrypted record too short to be one is an
/// internal error that ends the connection, and of a record with another version it drops the header only and reads on in its body.
/// Anybody who can send to our port could forge either, so they are dropped here.
/// </remarks>
internal static class DtlsRecords
{
    internal const int HeaderSize = 13;
    private const int VersionOffset = 1;
    private const int EpochOffset = 3;
    private const int LengthOffset = 11;

    /// <summary>What a peer that has not heard our version yet writes: a first ClientHello, a HelloVerifyRequest.</summary>
    private const ushort Dtls10 = 0xFEFF;
    private const ushort Dtls12 = 0xFEFD;

    /// <summary>The only encrypted epoch: there is no renegotiation.</summary>
    private const ushort EncryptedEpoch = 1;

    /// <summary>RFC 5288 §3: what encryption adds to a fragment, 8 bytes of nonce and 16 of tag.</summary>
    private const int Overhead = 24;

    /// <summary>RFC 6347 §4.1: 2^14 bytes.</summary>
    private const int MaxFragment = 1 << 14;

    /// <summary>How many of the pending bytes make the next datagram: as many whole records as fit into <paramref name="limit"/>.</summary>
    internal static int MeasureDatagram(ReadOnlySpan<byte> pending, int limit)
    {
        var end = 0;
        while (TryTake(ref pending, out var record) && end + record.Length <= limit)
            end += record.Length;
        return end;
    }

    /// <summary>Cuts the first record off <paramref name="datagram"/>; false when no whole one is left.</summary>
    internal static bool TryTake(ref ReadOnlySpan<byte> datagram, out ReadOnlySpan<byte> record)
    {
        record = default;
        if (datagram.Length < HeaderSize)
            return false;
        var length = HeaderSize + BinaryPrimitives.ReadUInt16BigEndian(datagram[LengthOffset..]);
        if (length > datagram.Length)
            return false;
        record = datagram[..length];
        datagram = datagram[length..];
        return true;
    }

    /// <summary>Whether a record can be what the peer would send: in the clear before the connection stands, encrypted afterwards.</summary>
    internal static bool IsPlausible(ReadOnlySpan<byte> record, bool isConnected)
    {
        var version = BinaryPrimitives.ReadUInt16BigEndian(record[VersionOffset..]);
        var fragment = record.Length - HeaderSize;
        return BinaryPrimitives.ReadUInt16BigEndian(record[EpochOffset..]) switch
        {
            0 => !isConnected && version is (Dtls12 or Dtls10) && fragment <= MaxFragment,
            EncryptedEpoch => version == Dtls12 && fragment is >= Overhead and <= MaxFragment + Overhead,
            _ => false,
        };
    }
}
