using Media.Protocols.Primitives;
using Media.Protocols.Srtp;
using Testing;

namespace Media.Protocols.Tests.Srtp;

/// <summary>The vectors of RFC 3711 appendix B and RFC 7714 §16 and §17, and the reference packets of libsrtp's test driver.</summary>
public sealed class SrtpVectors
{
    private static readonly ManagedSrtpPrimitives Primitives = new();

    private static byte[] Hex(string text) => Convert.FromHexString(text.Replace(" ", "", StringComparison.Ordinal));

    [Theory]
    [InlineData("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000", "E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB " +
        "41E95B3BB0A2E8DD477901E4FCA894C0")]
    [InlineData("F0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF", "EC8CDF7398607CB0F2D21675EA9EA1E4 362B7C3C6773516318A077D7FC5073AE " +
        "6A2CC3787889374FBEB4C81B17BA6C44")]
    public void Keystream_is_that_of_rfc_3711_appendix_b2(string counter, string keystream)
    {
        using var cipher = Primitives.CreateAesCtr(Hex("2B7E151628AED2A6ABF7158809CF4F3C"));
        var data = new byte[48];
        cipher.Transform(Hex(counter), data);
        Assert.Equal(Hex(keystream), data);
    }

    [Theory]
    [InlineData(SrtpKeyLabel.RtpEncryption, "C61E7A93744F39EE10734AFE3FF7A087")]
    [InlineData(SrtpKeyLabel.RtpSalt, "30CBBC08863D8C85D49DB34A9AE1")]
    [InlineData(SrtpKeyLabel.RtpAuthentication,
        "CEBE321F6FF7716B6FD4AB49AF256A15 6D38BAA48F0A0ACF3C34E2359E6CDBCE E049646C43D9327AD175578EF7227098 " +
            "6371C10C9A369AC2F94A8C5FBCDDDC25"
        + "6D6E919A48B610EF17C2041E47403576 6B68642C59BBFC2F34DB60DBDFB2")]
    public void Session_keys_are_those_of_rfc_3711_appendix_b3(object label, string expected)
    {
        using var masterKey = Primitives.CreateAesCtr(Hex("E1F97A0D3E018BE0D64FA32C06DE4139"));
        var key = new byte[Hex(expected).Length];
        SrtpKeyDerivation.Derive(masterKey, Hex("0EC675AD498AFEEBB6960B3AABE6"), (SrtpKeyLabel)label, key);
        Assert.Equal(Hex(expected), key);
    }

    private const string GcmRtp =
        "8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070 61727465 73207472 6573";
    private const string GcmSrtp =
        "8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b 36de3adf 8833 899d7f27 " +
            "beb16a91 52cf765e e4390cce";
    private const string GcmRtcp =
        "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef deadbeef deadbeef deadbeef";
    private const string GcmSrtcp =
        "81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda 4ce09b46 86303ded 0bb9275b c84aa458 " +
            "96cf4d2f c5abf872 45d9eade 800005d4";

    /// <summary>The RFC's vectors begin at session keys.</summary>
    private static AesGcmTransform GcmTransform()
    {
        var key = Hex("000102030405060708090a0b0c0d0e0f");
        var salt = Hex("517569642070726f2071756f");
        return new AesGcmTransform(Primitives.CreateAesGcm(key), salt, Primitives.CreateAesGcm(key), salt);
    }

    [Fact]
    public void Rtp_under_gcm_is_that_of_rfc_7714_section_16_1()
    {
        using var transform = GcmTransform();
        var packet = new byte[Hex(GcmSrtp).Length];
        Hex(GcmRtp).CopyTo(packet, 0);
        transform.ProtectRtp(packet, 12, new Ssrc(0x5501a0b2), 0xf17b);
        Assert.Equal(Hex(GcmSrtp), packet);

        Assert.True(transform.TryUnprotectRtp(packet, 12, new Ssrc(0x5501a0b2), 0xf17b));
        Assert.Equal(Hex(GcmRtp), packet[..^16]);
    }

    [Fact]
    public void Rtcp_under_gcm_is_that_of_rfc_7714_section_17_1()
    {
        using var transform = GcmTransform();
        var packet = new byte[Hex(GcmSrtcp).Length];
        Hex(GcmRtcp).CopyTo(packet, 0);
        transform.ProtectRtcp(packet, new Ssrc(0x4d617273), 0x5d4);
        Assert.Equal(Hex(GcmSrtcp), packet);

        Assert.Equal(0x8000_05d4u, transform.ReadRtcpIndexWord(packet));
        Assert.True(transform.TryUnprotectRtcp(packet, new Ssrc(0x4d617273), 0x5d4));
        Assert.Equal(Hex(GcmRtcp), packet[..^20]);
    }

    private const string CmKey = "e1f97a0d3e018be0d64fa32c06de4139";
    private const string CmSalt = "0ec675ad498afeebb6960b3aabe6";

    [Fact]
    public void Rtp_from_master_keys_is_libsrtps_reference_packet()
    {
        using var session = Session(SrtpProfile.AesCm128HmacSha1_80, CmKey, CmSalt);
        AssertRtp(session, "800f1234 decafbad cafebabe abababababababababababababababab",
            "800f1234 decafbad cafebabe 4e55dc4ce79978d88ca4d215949d2402 b78d6acc99ea179b8dbb");
    }

    [Fact]
    public void Rtcp_from_master_keys_is_libsrtps_reference_packet()
    {
        using var session = Session(SrtpProfile.AesCm128HmacSha1_80, CmKey, CmSalt);
        AssertRtcp(session, "81c8000b cafebabe abababababababababababababababab",
            "81c8000b cafebabe 7128035be487b9bdbef89041f977a5a8 80000001 993e08cd54d6c1230798");
    }

    [Fact]
    public void Rtp_under_gcm_from_master_keys_is_libsrtps_reference_packet()
    {
        using var session = Session(SrtpProfile.AeadAes128Gcm, "000102030405060708090a0b0c0d0e0f", "a0a1a2a3a4a5a6a7a8a9aaab");
        AssertRtp(session, "800f1234 decafbad cafebabe abababababababababababababababab",
            "800f1234 decafbad cafebabe c5002ede04cfdd2eb91159e0880aa06e d2976826f796b201df3131a127e8a392");
    }

    [Fact]
    public void Rtcp_under_gcm_from_master_keys_is_libsrtps_reference_packet()
    {
        using var session = Session(SrtpProfile.AeadAes128Gcm, "000102030405060708090a0b0c0d0e0f", "a0a1a2a3a4a5a6a7a8a9aaab");
        AssertRtcp(session, "81c8000b cafebabe abababababababababababababababab",
            "81c8000b cafebabe c98b8b5df0392a55852b6c21ac8e7025 c52c6fbea2b3b446ea31123ba88ce61e 80000001");
    }

    private static SrtpSession Session(SrtpProfile profile, string key, string salt)
    {
        var keys = new SrtpKeys(Hex(key), Hex(salt));
        return new SrtpSession(profile, keys, keys, Primitives);
    }

    private static void AssertRtp(SrtpSession session, string plain, string expected)
    {
        var buffer = new byte[200];
        Hex(plain).CopyTo(buffer, 0);
        Assert.True(session.TryProtectRtp(buffer, Hex(plain).Length, out var length, out _));
        Assert.Equal(Hex(expected), buffer[..length]);
        Assert.True(session.TryUnprotectRtp(buffer.AsSpan(0, length), out length, out _));
        Assert.Equal(Hex(plain), buffer[..length]);
    }

    private static void AssertRtcp(SrtpSession session, string plain, string expected)
    {
        var buffer = new byte[200];
        Hex(plain).CopyTo(buffer, 0);
        Assert.True(session.TryProtectRtcp(buffer, Hex(plain).Length, out var length, out _));
        Assert.Equal(Hex(expected), buffer[..length]);
        Assert.True(session.TryUnprotectRtcp(buffer.AsSpan(0, length), out length, out _));
        Assert.Equal(Hex(plain), buffer[..length]);
    }
}
