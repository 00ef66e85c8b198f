using Media.Native.Crypto;

namespace Media.Native.Tests.Crypto;

public class AesCtrTests
{
    private const string Key = "2b7e151628aed2a6abf7158809cf4f3c";
    private const string Counter = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";

    /// <summary>NIST SP 800-38A F.5.1.</summary>
    private const string Plain =
        "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";
    private const string Cipher =
        "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee";

    [Fact]
    public void Encrypts_the_published_vector_and_decrypts_it_with_the_same_object()
    {
        using var cipher = new AesCtr(Convert.FromHexString(Key));
        var data = Convert.FromHexString(Plain);
        Assert.True(cipher.TryTransform(Convert.FromHexString(Counter), data));
        Assert.Equal(Cipher, Convert.ToHexStringLower(data));
        Assert.True(cipher.TryTransform(Convert.FromHexString(Counter), data));
        Assert.Equal(Plain, Convert.ToHexStringLower(data));
    }

    [Fact]
    public void Starts_at_the_given_counter_after_a_packet_that_ended_inside_a_block()
    {
        using var cipher = new AesCtr(Convert.FromHexString(Key));
        Assert.True(cipher.TryTransform(Convert.FromHexString(Counter), new byte[7]));
        var data = Convert.FromHexString(Plain);
        Assert.True(cipher.TryTransform(Convert.FromHexString(Counter), data));
        Assert.Equal(Cipher, Convert.ToHexStringLower(data));
    }

    /// <summary>RFC 3711 appendix B.2: the keystream of SRTP's AES-CM, whose counter runs over from its low byte.</summary>
    [Fact]
    public void Produces_the_keystream_of_rfc_3711()
    {
        using var cipher = new AesCtr(Convert.FromHexString("2b7e151628aed2a6abf7158809cf4f3c"));
        var stream = new byte[0xff02 * 16];
        Assert.True(cipher.TryTransform(Convert.FromHexString("f0f1f2f3f4f5f6f7f8f9fafbfcfd0000"), stream));
        Assert.Equal("e03ead0935c95e80e166b16dd92b4eb4", Convert.ToHexStringLower(stream[..16]));
        Assert.Equal("d23513162b02d0f72a43a2fe4a5f97ab", Convert.ToHexStringLower(stream[16..32]));
        Assert.Equal("362b7c3c6773516318a077d7fc5073ae", Convert.ToHexStringLower(stream[(0xff00 * 16)..(0xff01 * 16)]));
        Assert.Equal("6a2cc3787889374fbeb4c81b17ba6c44", Convert.ToHexStringLower(stream[(0xff01 * 16)..]));
    }

    [Fact]
    public void Wipes_the_data_when_the_counter_has_a_wrong_length()
    {
        using var cipher = new AesCtr(new byte[16]);
        byte[] data = [1, 2, 3];
        Assert.False(cipher.TryTransform(new byte[15], data));
        Assert.Equal(new byte[3], data);
    }

    [Fact]
    public void Refuses_a_key_of_another_length() => Assert.Throws<ArgumentException>(() => new AesCtr(new byte[24]));

    [Fact]
    public void A_packet_allocates_nothing()
    {
        using var cipher = new AesCtr(new byte[16]);
        var (counter, data) = (new byte[16], new byte[160]);
        Assert.Equal(0, Allocation.Measure(() => cipher.TryTransform(counter, data)));
    }
}
