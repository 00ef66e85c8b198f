using System.Buffers.Binary;
using System.Security.Cryptography;
using Media.Protocols.Primitives;

namespace Media.Protocols.Srtp;

/// <summary>AEAD_AES_128_GCM with 128-bit tags (RFC 7714 §8 and §9).</summary>
/// <remarks>
/// <code>
/// RTP   header (associated) | payload (encrypted) | tag 16
/// RTCP  8 bytes (associated) | rest (encrypted) | tag 16 | E + index 4 (associated)
/// </code>
/// </remarks>
internal sealed class AesGcmTransform : SrtpTransform
{
    public const int SaltLength = 12;
    private const int TagLength = 16;
    private const uint EncryptedFlag = 0x8000_0000;

    private readonly IAesGcm _rtpCipher;
    private readonly byte[] _rtpSalt;
    private readonly IAesGcm _rtcpCipher;
    private readonly byte[] _rtcpSalt;

    /// <summary>From session keys and salts; the RFC's vectors start here.</summary>
    public AesGcmTransform(IAesGcm rtpCipher, ReadOnlySpan<byte> rtpSalt, IAesGcm rtcpCipher, ReadOnlySpan<byte> rtcpSalt)
    {
        _rtpCipher = rtpCipher;
        _rtpSalt = rtpSalt.ToArray();
        _rtcpCipher = rtcpCipher;
        _rtcpSalt = rtcpSalt.ToArray();
    }

    public static AesGcmTransform Derive(SrtpKeys keys, ISrtpPrimitives primitives)
    {
        Span<byte> key = stackalloc byte[SrtpProfileExtensions.MasterKeyLength];
        Span<byte> rtpSalt = stackalloc byte[SaltLength];
        Span<byte> rtcpSalt = stackalloc byte[SaltLength];
        using var masterKey = primitives.CreateAesCtr(keys.MasterKey);
        SrtpKeyDerivation.Derive(masterKey, keys.MasterSalt, SrtpKeyLabel.RtpEncryption, key);
        var rtpCipher = primitives.CreateAesGcm(key);
        SrtpKeyDerivation.Derive(masterKey, keys.MasterSalt, SrtpKeyLabel.RtpSalt, rtpSalt);
        SrtpKeyDerivation.Derive(masterKey, keys.MasterSalt, SrtpKeyLabel.RtcpEncryption, key);
        var rtcpCipher = primitives.CreateAesGcm(key);
        SrtpKeyDerivation.Derive(masterKey, keys.MasterSalt, SrtpKeyLabel.RtcpSalt, rtcpSalt);
        CryptographicOperations.ZeroMemory(key);
        return new AesGcmTransform(rtpCipher, rtpSalt, rtcpCipher, rtcpSalt);
    }

    public override void ProtectRtp(Span<byte> packet, int headerLength, Ssrc ssrc, ulong index)
    {
        Span<byte> nonce = stackalloc byte[SaltLength];
        BuildNonce(_rtpSalt, ssrc, index, nonce);
        _rtpCipher.Seal(nonce, packet[..headerLength], packet[headerLength..^TagLength], packet[^TagLength..]);
    }

    public override bool TryUnprotectRtp(Span<byte> packet, int headerLength, Ssrc ssrc, ulong index)
    {
        Span<byte> nonce = stackalloc byte[SaltLength];
        BuildNonce(_rtpSalt, ssrc, index, nonce);
        return _rtpCipher.TryOpen(nonce, packet[..headerLength], packet[headerLength..^TagLength], packet[^TagLength..]);
    }

    public override void ProtectRtcp(Span<byte> packet, Ssrc ssrc, uint index)
    {
        BinaryPrimitives.WriteUInt32BigEndian(packet[^RtcpIndexLength..], EncryptedFlag | index);
        Span<byte> nonce = stackalloc byte[SaltLength];
        Span<byte> associated = stackalloc byte[RtcpClearLength + RtcpIndexLength];
        BuildNonce(_rtcpSalt, ssrc, index, nonce);
        CopyRtcpAssociatedData(packet, associated);
        var body = packet[RtcpClearLength..^RtcpIndexLength];
        _rtcpCipher.Seal(nonce, associated, body[..^TagLength], body[^TagLength..]);
    }

    public override uint ReadRtcpIndexWord(ReadOnlySpan<byte> packet) => BinaryPrimitives.ReadUInt32BigEndian(packet[^RtcpIndexLength..]);

    public override bool TryUnprotectRtcp(Span<byte> packet, Ssrc ssrc, uint index)
    {
        Span<byte> nonce = stackalloc byte[SaltLength];
        Span<byte> associated = stackalloc byte[RtcpClearLength + RtcpIndexLength];
        BuildNonce(_rtcpSalt, ssrc, index, nonce);
        CopyRtcpAssociatedData(packet, associated);
        var body = packet[RtcpClearLength..^RtcpIndexLength];
        return _rtcpCipher.TryOpen(nonce, associated, body[..^TagLength], body[^TagLength..]);
    }

    public override void Dispose()
    {
        _rtpCipher.Dispose();
        _rtcpCipher.Dispose();
        CryptographicOperations.ZeroMemory(_rtpSalt);
        CryptographicOperations.ZeroMemory(_rtcpSalt);
    }

    /// <summary>
    /// Nonce = salt XOR (16 zero bits, SSRC, 48-bit index); an RTCP index has its upper 17 bits zero (RFC 7714 §8.1, §9.1).
    /// </summary>
    private static void BuildNonce(ReadOnlySpan<byte> salt, Ssrc ssrc, ulong index, Span<byte> nonce)
    {
        salt.CopyTo(nonce);
        BinaryPrimitives.WriteUInt32BigEndian(nonce[2..], BinaryPrimitives.ReadUInt32BigEndian(nonce[2..]) ^ ssrc.Value);
        var tail = nonce[4..];
        BinaryPrimitives.WriteUInt64BigEndian(tail, BinaryPrimitives.ReadUInt64BigEndian(tail) ^ index);
    }

    private static void CopyRtcpAssociatedData(ReadOnlySpan<byte> packet, Span<byte> associated)
    {
        packet[..RtcpClearLength].CopyTo(associated);
        packet[^RtcpIndexLength..].CopyTo(associated[RtcpClearLength..]);
    }
}
