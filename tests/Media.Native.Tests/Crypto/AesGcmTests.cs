using Media.Native.Crypto;
using FrameworkGcm = System.Security.Cryptography.AesGcm;

namespace Media.Native.Tests.Crypto;

public class AesGcmTests
{
    private static readonly byte[] Key = Convert.FromHexString("feffe9928665731c6d6a8f9467308308");
    private static readonly byte[] Nonce = Convert.FromHexString("cafebabefacedbaddecaf888");
    private static readonly byte[] Associated = Convert.FromHexString("feedfacedeadbeeffeedfacedeadbeefabaddad2");

    /// <summary>The GCM specification's test case 4 (McGrew and Viega, appendix B).</summary>
    private const string Plain =
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
    private const string Cipher =
        "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091";
    private const string Tag = "5bc94fbc3221a5db94fae95ae7121a47";

    [Fact]
    public void Seals_and_opens_the_published_vector()
    {
        using var cipher = new AesGcm(Key);
        var (data, tag) = (Convert.FromHexString(Plain), new byte[16]);
        Assert.True(cipher.TrySeal(Nonce, Associated, data, tag));
        Assert.Equal((Cipher, Tag), (Convert.ToHexStringLower(data), Convert.ToHexStringLower(tag)));
        Assert.True(cipher.TryOpen(Nonce, Associated, data, tag));
        Assert.Equal(Plain, Convert.ToHexStringLower(data));
    }

    [Fact]
    public void Agrees_with_the_framework_while_one_object_seals_and_opens_in_turn()
    {
        using var cipher = new AesGcm(Key);
        using var framework = new FrameworkGcm(Key, 16);
        for (var length = 0; length < 200; length++)
        {
            var plain = Enumerable.Range(0, length).Select(i => (byte)(i + length)).ToArray();
            var nonce = Enumerable.Repeat((byte)length, 12).ToArray();
            var (data, tag) = (plain.ToArray(), new byte[16]);
            var (expected, expectedTag) = (new byte[length], new byte[16]);
            framework.Encrypt(nonce, plain, expected, expectedTag, Associated.AsSpan(0, length % 20));
            Assert.True(cipher.TrySeal(nonce, Associated.AsSpan(0, length % 20), data, tag));
            Assert.Equal(expected, data);
            Assert.Equal(expectedTag, tag);
            Assert.True(cipher.TryOpen(nonce, Associated.AsSpan(0, length % 20), data, tag));
            Assert.Equal(plain, data);
        }
    }

    [Fact]
    public void Refuses_and_wipes_when_any_bit_was_changed()
    {
        using var cipher = new AesGcm(Key);
        var (data, tag) = (Convert.FromHexString(Plain), new byte[16]);
        Assert.True(cipher.TrySeal(Nonce, Associated, data, tag));
        for (var bit = 0; bit < 8 * (Associated.Length + data.Length + tag.Length); bit++)
        {
            byte[] all = [.. Associated, .. data, .. tag];
            all[bit / 8] ^= (byte)(1 << bit % 8);
            var body = all[Associated.Length..^16];
            Assert.False(cipher.TryOpen(Nonce, all.AsSpan(0, Associated.Length), body, all.AsSpan(all.Length - 16)));
            Assert.All(body, b => Assert.Equal(0, b));
        }
        Assert.True(cipher.TryOpen(Nonce, Associated, data, tag)); // and still works
    }

    [Fact]
    public void Refuses_wrong_lengths()
    {
        using var cipher = new AesGcm(Key);
        Assert.False(cipher.TrySeal(new byte[11], default, new byte[4], new byte[16]));
        Assert.False(cipher.TrySeal(new byte[12], default, new byte[4], new byte[12]));
        Assert.False(cipher.TryOpen(new byte[12], default, new byte[4], new byte[4]));
        Assert.Throws<ArgumentException>(() => new AesGcm(new byte[32]));
    }

    [Fact]
    public void A_packet_allocates_nothing()
    {
        using var cipher = new AesGcm(Key);
        var (nonce, header, data, tag) = (new byte[12], new byte[12], new byte[160], new byte[16]);
        Assert.Equal(0, Allocation.Measure(() =>
        {
            cipher.TrySeal(nonce, header, data, tag);
            cipher.TryOpen(nonce, header, data, tag);
        }));
    }
}
