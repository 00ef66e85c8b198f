using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Media.Native.Crypto;

namespace Media.Native.Tests.Crypto;

public class HmacSha1Tests
{
    /// <summary>RFC 2202 §3, test cases 1 to 5 (the later ones have keys longer than SRTP's).</summary>
    [Theory]
    [InlineData("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265", "b617318655057264e28bc0b6fb378c8ef146be00")]
    [InlineData("4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",
        "125d7342b9ac11cd91a39af48aa17b4f63f175d3")]
    [InlineData("0102030405060708090a0b0c0d0e0f10111213141516171819",
        "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
        "4c9007f4026250c6bc8414f9bf50c86c2d7235da")]
    [InlineData("0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c", "546573742057697468205472756e636174696f6e",
        "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04")]
    public void Computes_the_published_vectors(string key, string data, string mac)
    {
        var hmac = new HmacSha1(Convert.FromHexString(key));
        var result = new byte[20];
        hmac.Compute(Convert.FromHexString(data), default, result);
        Assert.Equal(mac, Convert.ToHexStringLower(result));
    }

    [Fact]
    [SuppressMessage("Security", "CA5350", Justification = "SRTP's authentication is HMAC-SHA1.")]
    public void Agrees_with_the_framework_for_every_length_and_split()
    {
        var key = Encoding.ASCII.GetBytes("twenty bytes of key!");
        var hmac = new HmacSha1(key);
        var data = Enumerable.Range(0, 300).Select(i => (byte)(i * 7)).ToArray();
        var mac = new byte[20];
        for (var length = 0; length <= data.Length; length++)
        {
            var split = length / 3;
            hmac.Compute(data.AsSpan(0, split), data.AsSpan(split, length - split), mac);
            Assert.Equal(HMACSHA1.HashData(key, data.AsSpan(0, length)), mac);
        }
    }

    [Fact]
    public void Refuses_a_key_longer_than_a_block() => Assert.Throws<ArgumentException>(() => new HmacSha1(new byte[65]));

    [Fact]
    public void A_packet_allocates_nothing()
    {
        var hmac = new HmacSha1(new byte[20]);
        var (data, roc, mac) = (new byte[172], new byte[4], new byte[20]);
        Assert.Equal(0, Allocation.Measure(() => hmac.Compute(data, roc, mac)));
    }
}
