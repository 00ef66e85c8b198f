using System.Buffers.Binary;

namespace Media.Native.Dtls;

/// <summary>
/// Splits datagrams into DTLS records and decides which ones OpenSSL may see (RFC 6347 §4.1):
/// <code>
/// type(1) version(2) epoch(2) sequence(6) length(2) fragment(length)
/// </code>
/// </summary>
/// <remarks>
/// RFC 6347 §4.1.2.7 has invalid records dropped silently. OpenSSL 3.0 does not always: an encrypted record too short to be one is an
/// internal error that ends the connection, and of a record with another version it drops the header only and reads on in its body.
/// Anybody who can send to our port could forge either, so they are dropped here. Nothing protects epoch 0: its records are also dropped
/// where OpenSSL would end the handshake over one that no peer writes there (alerts, data, a broken change_cipher_spec, handshake messages
/// of the wrong side or length), and their number and version, which anyone can forge, are replaced by our own.
/// </remarks>
internal static class DtlsRecords
{
    internal const int HeaderSize = 13;
    internal const byte Alert = 21;
    private const byte ChangeCipherSpec = 20;
    private const byte Handshake = 22;
    private const int VersionOffset = 1;
    private const int EpochOffset = 3;
    private const int LengthOffset = 11;

    /// <summary>The version that a peer writes before it knows ours: a first ClientHello, a HelloVerifyRequest.</summary>
    private const ushort Dtls10 = 0xFEFF;
    private const ushort Dtls12 = 0xFEFD;

    /// <summary>The only encrypted epoch: there is no renegotiation.</summary>
    private const ushort EncryptedEpoch = 1;

    /// <summary>RFC 5288 §3: the bytes that encryption adds to a fragment, 8 bytes of nonce and 16 of tag.</summary>
    private const int Overhead = 24;

    /// <summary>RFC 6347 §4.1: 2^14 bytes.</summary>
    private const int MaxFragment = 1 << 14;

    /// <summary>RFC 6347 §4.2.2: <c>type(1) length(3) message_seq(2) fragment_offset(3) fragment_length(3)</c>.</summary>
    private const int MessageHeaderSize = 12;

    /// <summary>
    /// The number of pending bytes that make the next datagram: as many whole records as fit into <paramref name="limit"/>.
    /// </summary>
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

    /// <summary>The record is unauthenticated: its epoch is 0.</summary>
    internal static bool IsPlain(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadUInt16BigEndian(record[EpochOffset..]) == 0;

    /// <summary>
    /// The header of an unprotected record as passed to OpenSSL. A forged number far ahead would make it treat the peer's own records as
    /// replays, and of another version than the agreed one it drops the header only. The handshake messages carry their own order and
    /// detect repetition.
    /// </summary>
    internal static void WritePlainHeader(ReadOnlySpan<byte> record, ulong number, Span<byte> header)
    {
        record[..HeaderSize].CopyTo(header);
        BinaryPrimitives.WriteUInt16BigEndian(header[VersionOffset..], Dtls12);
        BinaryPrimitives.WriteUInt64BigEndian(header[EpochOffset..], number); // 16 bits of epoch 0, 48 of sequence number
    }

    /// <summary>True when the peer could send such a record: in the clear before the connection stands, encrypted afterwards.</summary>
    /// <param name="record">All of it.</param>
    /// <param name="role">Ours.</param>
    /// <param name="isConnected">The handshake is over.</param>
    internal static bool IsPlausible(ReadOnlySpan<byte> record, DtlsRole role, bool isConnected)
    {
        var version = BinaryPrimitives.ReadUInt16BigEndian(record[VersionOffset..]);
        var fragment = record[HeaderSize..];
        return BinaryPrimitives.ReadUInt16BigEndian(record[EpochOffset..]) switch
        {
            0 => !isConnected && version is (Dtls12 or Dtls10) && record[0] switch
            {
                ChangeCipherSpec => fragment is [1],
                Handshake => fragment.Length <= MaxFragment && AreMessages(fragment, role),
                _ => false, // RFC 6347 §4.1.2.7: unauthenticated alerts are ignored
            },
            EncryptedEpoch => version == Dtls12 && fragment.Length is >= Overhead and <= MaxFragment + Overhead,
            _ => false,
        };
    }

    /// <summary>
    /// One or more whole handshake messages, or fragments of some, that the other side of <paramref name="role"/> sends in the clear.
    /// </summary>
    private static bool AreMessages(ReadOnlySpan<byte> fragment, DtlsRole role)
    {
        do
        {
            if (fragment.Length < MessageHeaderSize)
                return false;
            var (length, offset, part) = (ReadUInt24(fragment[1..]), ReadUInt24(fragment[6..]), ReadUInt24(fragment[9..]));
            if (!IsSentTo(role, fragment[0]) || length > MaxFragment || offset + part > length
                || part > fragment.Length - MessageHeaderSize)
                return false;
            fragment = fragment[(MessageHeaderSize + part)..];
        }
        while (!fragment.IsEmpty);
        return true;
    }

    /// <summary>RFC 5246 §7.4 and RFC 6347 §4.2.1; a Finished is encrypted, and a HelloRequest is not needed.</summary>
    private static bool IsSentTo(DtlsRole role, byte message) => role == DtlsRole.Client
        // ServerHello, HelloVerifyRequest, Certificate, ServerKeyExchange, CertificateRequest, ServerHelloDone
        ? message is 2 or 3 or 11 or 12 or 13 or 14
        : message is 1 or 11 or 15 or 16; // ClientHello, Certificate, CertificateVerify, ClientKeyExchange

    private static int ReadUInt24(ReadOnlySpan<byte> bytes) => bytes[0] << 16 | BinaryPrimitives.ReadUInt16BigEndian(bytes[1..]);
}
