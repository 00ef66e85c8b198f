using Media.Engine.Codecs;

namespace Media.Engine.Tests.Codecs;

public class G711Tests
{
    // ITU-T G.711 tables 1 and 2: decoder output values, scaled to 16 bits (×4 µ-law, ×8 A-law).
    [Theory]
    [InlineData(0xFF, 0)]
    [InlineData(0x7F, 0)]
    [InlineData(0xFE, 8)]
    [InlineData(0xF0, 120)]
    [InlineData(0xEF, 132)]
    [InlineData(0x80, 32124)]
    [InlineData(0x00, -32124)]
    [InlineData(0x9F, 8316)]
    public void Expands_ulaw_codes_to_the_values_of_the_recommendation(byte code, short value)
    {
        var linear = new short[1];
        G711.DecodeUlaw([code], linear);
        Assert.Equal(value, linear[0]);
    }

    [Theory]
    [InlineData(0xD5, 8)]
    [InlineData(0x55, -8)]
    [InlineData(0xAA, 32256)]
    [InlineData(0x2A, -32256)]
    [InlineData(0xC5, 264)]
    public void Expands_alaw_codes_to_the_values_of_the_recommendation(byte code, short value)
    {
        var linear = new short[1];
        G711.DecodeAlaw([code], linear);
        Assert.Equal(value, linear[0]);
    }

    [Fact]
    public void Every_code_survives_expansion_and_compression()
    {
        var codes = Enumerable.Range(0, 256).Select(c => (byte)c).ToArray();
        var linear = new short[256];
        var back = new byte[256];

        G711.DecodeAlaw(codes, linear);
        G711.EncodeAlaw(linear, back);
        Assert.Equal(codes, back);

        G711.DecodeUlaw(codes, linear);
        G711.EncodeUlaw(linear, back);
        codes[0x7F] = 0xFF; // the two zeros of µ-law become one
        Assert.Equal(codes, back);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Every_sample_comes_back_within_half_a_step(bool ulaw)
    {
        var all = Enumerable.Range(short.MinValue, 65536).Select(v => (short)v).ToArray();
        var codes = new byte[all.Length];
        var back = new short[all.Length];
        if (ulaw)
        {
            G711.EncodeUlaw(all, codes);
            G711.DecodeUlaw(codes, back);
        }
        else
        {
            G711.EncodeAlaw(all, codes);
            G711.DecodeAlaw(codes, back);
        }
        for (var i = 0; i < all.Length; i++)
        {
            // A step is at most 1/16 of the biased magnitude, or 16 near zero; µ-law ends at 32124.
            var allowed = Math.Max(8, (Math.Abs((int)all[i]) + 132) / 32 + 1) + (Math.Abs((int)all[i]) > 32124 ? 644 : 0);
            Assert.True(Math.Abs(back[i] - all[i]) <= allowed, $"{all[i]} became {back[i]}");
        }
    }

    [Fact]
    public void Silence_is_the_code_of_zero()
    {
        var code = new byte[1];
        G711.EncodeUlaw([0], code);
        Assert.Equal(G711.UlawSilence, code[0]);
        G711.EncodeAlaw([0], code);
        Assert.Equal(G711.AlawSilence, code[0]);
    }
}
