using System.Buffers.Binary;
using System.Security.Cryptography;
using Media.Protocols.Primitives;

namespace Media.Protocols.Srtp;

/// <summary>AES_CM_128_HMAC_SHA1_80 and _32 (RFC 3711 §4.1.1, §4.2.1): counter mode, then a truncated HMAC-SHA1.</summary>
/// <remarks>
/// <code>
/// RTP   header (clear) | payload (encrypted) | tag 10 or 4          tag over all before it, then the rollover counter
/// RTCP  8 bytes (clear) | rest (encrypted) | E + index 4 | tag 10   tag over all before it
/// </code>
/// </remarks>
internal sealed class AesCmHmacTransform : SrtpTransform
{
    public const int AuthenticationKeyLength = 20;
    public const int SaltLength = 14;
    private const int MacLength = 20;
    private const int RtcpTagLength = 10;
    private const uint EncryptedFlag = 0x8000_0000;

    private readonly int _rtpTagLength;
    private readonly IAesCtr _rtpCipher;
    private readonly IHmacSha1 _rtpMac;
    private readonly byte[] _rtpSalt;
    private readonly IAesCtr _rtcpCipher;
    private readonly IHmacSha1 _rtcpMac;
    private readonly byte[] _rtcpSalt;

    private AesCmHmacTransform(int rtpTagLength, IAesCtr masterKey, ReadOnlySpan<byte> masterSalt, ISrtpPrimitives primitives)
    {
        _rtpTagLength = rtpTagLength;
        Span<byte> key = stackalloc byte[SrtpProfileExtensions.MasterKeyLength];
        Span<byte> authenticationKey = stackalloc byte[AuthenticationKeyLength];
        _rtpSalt = new byte[SaltLength];
        _rtcpSalt = new byte[SaltLength];

        SrtpKeyDerivation.Derive(masterKey, masterSalt, SrtpKeyLabel.RtpEncryption, key);
        _rtpCipher = primitives.CreateAesCtr(key);
        SrtpKeyDerivation.Derive(masterKey, masterSalt, SrtpKeyLabel.RtpAuthentication, authenticationKey);
        _rtpMac = primitives.CreateHmacSha1(authenticationKey);
        SrtpKeyDerivation.Derive(masterKey, masterSalt, SrtpKeyLabel.RtpSalt, _rtpSalt);

        SrtpKeyDerivation.Derive(masterKey, masterSalt, SrtpKeyLabel.RtcpEncryption, key);
        _rtcpCipher = primitives.CreateAesCtr(key);
        SrtpKeyDerivation.Derive(masterKey, masterSalt, SrtpKeyLabel.RtcpAuthentication, authenticationKey);
        _rtcpMac = primitives.CreateHmacSha1(authenticationKey);
        SrtpKeyDerivation.Derive(masterKey, masterSalt, SrtpKeyLabel.RtcpSalt, _rtcpSalt);

        CryptographicOperations.ZeroMemory(key);
        CryptographicOperations.ZeroMemory(authenticationKey);
    }

    public static AesCmHmacTransform Derive(int rtpTagLength, SrtpKeys keys, ISrtpPrimitives primitives)
    {
        using var masterKey = primitives.CreateAesCtr(keys.MasterKey);
        return new AesCmHmacTransform(rtpTagLength, masterKey, keys.MasterSalt, primitives);
    }

    public override void ProtectRtp(Span<byte> packet, int headerLength, Ssrc ssrc, ulong index)
    {
        var signed = packet[..^_rtpTagLength];
        Crypt(_rtpCipher, _rtpSalt, signed[headerLength..], ssrc, index);
        Span<byte> mac = stackalloc byte[MacLength];
        ComputeRtpMac(signed, index, mac);
        mac[.._rtpTagLength].CopyTo(packet[^_rtpTagLength..]);
    }

    public override bool TryUnprotectRtp(Span<byte> packet, int headerLength, Ssrc ssrc, ulong index)
    {
        var signed = packet[..^_rtpTagLength];
        Span<byte> mac = stackalloc byte[MacLength];
        ComputeRtpMac(signed, index, mac);
        if (!CryptographicOperations.FixedTimeEquals(mac[.._rtpTagLength], packet[^_rtpTagLength..]))
            return false;
        Crypt(_rtpCipher, _rtpSalt, signed[headerLength..], ssrc, index);
        return true;
    }

    public override void ProtectRtcp(Span<byte> packet, Ssrc ssrc, uint index)
    {
        var signed = packet[..^RtcpTagLength];
        Crypt(_rtcpCipher, _rtcpSalt, signed[RtcpClearLength..^RtcpIndexLength], ssrc, index);
        BinaryPrimitives.WriteUInt32BigEndian(signed[^RtcpIndexLength..], EncryptedFlag | index);
        Span<byte> mac = stackalloc byte[MacLength];
        _rtcpMac.Compute(signed, default, mac);
        mac[..RtcpTagLength].CopyTo(packet[^RtcpTagLength..]);
    }

    public override uint ReadRtcpIndexWord(ReadOnlySpan<byte> packet) =>
        BinaryPrimitives.ReadUInt32BigEndian(packet[^(RtcpTagLength + RtcpIndexLength)..]);

    public override bool TryUnprotectRtcp(Span<byte> packet, Ssrc ssrc, uint index)
    {
        var signed = packet[..^RtcpTagLength];
        Span<byte> mac = stackalloc byte[MacLength];
        _rtcpMac.Compute(signed, default, mac);
        if (!CryptographicOperations.FixedTimeEquals(mac[..RtcpTagLength], packet[^RtcpTagLength..]))
            return false;
        Crypt(_rtcpCipher, _rtcpSalt, signed[RtcpClearLength..^RtcpIndexLength], ssrc, index);
        return true;
    }

    public override void Dispose()
    {
        _rtpCipher.Dispose();
        _rtpMac.Dispose();
        _rtcpCipher.Dispose();
        _rtcpMac.Dispose();
        CryptographicOperations.ZeroMemory(_rtpSalt);
        CryptographicOperations.ZeroMemory(_rtcpSalt);
    }

    /// <summary>IV = salt · 2^16 XOR SSRC · 2^64 XOR index · 2^16 (RFC 3711 §4.1.1); the low 16 bits count blocks.</summary>
    private static void Crypt(IAesCtr cipher, ReadOnlySpan<byte> salt, Span<byte> data, Ssrc ssrc, ulong index)
    {
        if (data.IsEmpty)
            return;
        Span<byte> iv = stackalloc byte[16];
        salt.CopyTo(iv);
        BinaryPrimitives.WriteUInt16BigEndian(iv[14..], 0);
        BinaryPrimitives.WriteUInt32BigEndian(iv[4..], BinaryPrimitives.ReadUInt32BigEndian(iv[4..]) ^ ssrc.Value);
        BinaryPrimitives.WriteUInt64BigEndian(iv[8..], BinaryPrimitives.ReadUInt64BigEndian(iv[8..]) ^ index << 16);
        cipher.Transform(iv, data);
    }

    private void ComputeRtpMac(ReadOnlySpan<byte> signed, ulong index, Span<byte> mac)
    {
        Span<byte> rolloverCounter = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(rolloverCounter, (uint)(index >> 16));
        _rtpMac.Compute(signed, rolloverCounter, mac);
    }
}
