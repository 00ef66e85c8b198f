using System.Security.Cryptography;
using Media.Native.Dtls;

namespace Media.Native.Tests.Dtls;

public class DtlsFingerprintTests
{
    private const string Text =
        "BA:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:B0:03:61:A3:96:17:7A:9C:B4:10:FF:61:F2:00:15:AD";

    [Fact]
    public void Is_the_sha_256_of_the_bytes_in_sdp_notation() => Assert.Equal(Text, DtlsFingerprint.Of("abc"u8).ToString());

    [Theory]
    [InlineData(Text)]
    [InlineData("ba:78:16:bf:8f:01:cf:ea:41:41:40:de:5d:ae:22:23:b0:03:61:a3:96:17:7a:9c:b4:10:ff:61:f2:00:15:ad")]
    public void Is_read_in_either_case(string text)
    {
        Assert.True(DtlsFingerprint.TryParse(text, out var fingerprint));
        Assert.Equal(DtlsFingerprint.Of("abc"u8), fingerprint);
        Assert.True(fingerprint.FixedTimeEquals(SHA256.HashData("abc"u8)));
        Assert.False(fingerprint.FixedTimeEquals(SHA256.HashData("abd"u8)));
        Assert.False(fingerprint.FixedTimeEquals(default));
    }

    [Theory]
    [InlineData("")]
    [InlineData("BA:78")]
    [InlineData("BA-78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:B0:03:61:A3:96:17:7A:9C:B4:10:FF:61:F2:00:15:AD")]
    [InlineData("GA:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:B0:03:61:A3:96:17:7A:9C:B4:10:FF:61:F2:00:15:AD")]
    [InlineData(" A:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:B0:03:61:A3:96:17:7A:9C:B4:10:FF:61:F2:00:15:AD")]
    [InlineData(Text + ":00")]
    [InlineData(Text + " ")]
    public void Anything_else_is_refused(string text) => Assert.False(DtlsFingerprint.TryParse(text, out _));

    [Theory]
    [InlineData(DtlsHash.Sha384)]
    [InlineData(DtlsHash.Sha512)]
    public void A_longer_digest_is_of_the_longer_hash(DtlsHash hash)
    {
        var (own, other) = hash == DtlsHash.Sha384
            ? (SHA384.HashData("abc"u8), SHA384.HashData("abd"u8))
            : (SHA512.HashData("abc"u8), SHA512.HashData("abd"u8));

        Assert.True(DtlsFingerprint.TryParse(InSdp(own), out var fingerprint));

        Assert.Equal(hash, fingerprint.Hash);
        Assert.Equal(InSdp(own), fingerprint.ToString());
        Assert.True(fingerprint.FixedTimeEquals(own));
        Assert.False(fingerprint.FixedTimeEquals(other));
        Assert.False(fingerprint.FixedTimeEquals(own.AsSpan(0, 32)));
        Assert.False(DtlsFingerprint.TryParse(InSdp(own).AsSpan()[..^3], out _));
        Assert.False(default(DtlsFingerprint).FixedTimeEquals(default));
    }

    internal static string InSdp(byte[] hash) =>
        string.Join(':', hash.Select(b => b.ToString("X2", System.Globalization.CultureInfo.InvariantCulture)));

    [Fact]
    public void Two_certificates_differ_and_last_thirty_days()
    {
        using var one = DtlsCertificate.Generate(TimeProvider.System);
        using var other = DtlsCertificate.Generate(TimeProvider.System);
        Assert.NotEqual(one.Fingerprint, other.Fingerprint);
        Assert.InRange(one.Expires - TimeProvider.System.GetUtcNow(), TimeSpan.FromDays(29.9), TimeSpan.FromDays(30));
    }
}
