using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Media.Engine.Codecs;
using Testing;

namespace Media.Engine.Tests.Codecs;

public class G722Tests
{
    private const int Rate = 16000;

    [Theory]
    [InlineData(300)]
    [InlineData(1000)]
    [InlineData(3000)]
    [InlineData(5000)]
    [InlineData(6500)]
    public void A_tone_of_either_band_comes_back_as_that_tone(double hertz)
    {
        var samples = new short[Rate];
        new ToneGenerator(hertz, Rate).Fill(samples);
        var detector = new ToneDetector(hertz, Rate);
        detector.Listen(RoundTrip(samples).AsSpan(Rate / 10));
        Assert.Equal(detector.Blocks, detector.ToneBlocks);
        Assert.True(detector.LastShare > (hertz < 4000 ? 0.99 : 0.9), $"share {detector.LastShare}");
        Assert.InRange(detector.LastRms, 8000 / Math.Sqrt(2) * 0.9, 8000 / Math.Sqrt(2) * 1.1);
    }

    [Fact]
    public void Signal_to_noise_of_speech_like_sound_is_what_the_codec_is_known_for()
    {
        var samples = new short[Rate];
        var one = new ToneGenerator(440, Rate, 4000);
        var two = new ToneGenerator(1230, Rate, 2500);
        var three = new ToneGenerator(2710, Rate, 1200);
        var frame = new short[Rate];
        foreach (var tone in new[] { one, two, three })
        {
            tone.Fill(frame);
            for (var i = 0; i < Rate; i++)
                samples[i] += frame[i];
        }
        var back = RoundTrip(samples);
        const int delay = 22; // of the two filter banks
        double signal = 0, noise = 0;
        for (var i = 2000; i < Rate - delay; i++)
        {
            signal += (double)samples[i] * samples[i];
            noise += Math.Pow(back[i + delay] - samples[i], 2);
        }
        Assert.True(10 * Math.Log10(signal / noise) > 25, $"{10 * Math.Log10(signal / noise):f1} dB");
    }

    [Fact]
    public void Silence_stays_silence()
    {
        var back = RoundTrip(new short[Rate]);
        Assert.All(back[1000..], sample => Assert.InRange(sample, -16, 16));
    }

    [Fact]
    public void Any_bytes_decode_without_harm_and_the_same_way_every_time()
    {
        var noise = new byte[4000];
        new SeededEntropy(7).Fill(noise);
        var first = new short[8000];
        var second = new short[8000];
        Assert.Equal(8000, new G722Decoder().Decode(noise, first));
        new G722Decoder().Decode(noise, second);
        Assert.Equal(first, second);
        Assert.Contains(first, sample => sample != 0);
    }

    // The expected hashes are of the output of an independent implementation (libspandsp 2.0) for the same input.
    [Fact]
    public void A_tone_becomes_the_same_bits_as_in_an_independent_implementation()
    {
        var samples = new short[3200];
        new ToneGenerator(1000, Rate).Fill(samples);
        Assert.Equal("5D35716E20C7A744", HashOfEncoded(samples));
    }

    [Fact]
    public void Full_scale_noise_becomes_the_same_bits_as_in_an_independent_implementation() =>
        Assert.Equal("4F3DFA2272733358", HashOfEncoded([.. Noise(32000).Select(state => (short)((state >> 8 & 0xFFFF) - 32768))]));

    [Fact]
    public void Encoded_noise_becomes_the_same_samples_as_in_an_independent_implementation()
    {
        short[] noise = [.. Noise(32000).Select(state => (short)((int)(state >> 8 & 0xFFFF) - 32768 >> 2))];
        Assert.Equal("A240FD23131C1DC3", Hash(MemoryMarshal.AsBytes(RoundTrip(noise).AsSpan())));
    }

    private static string HashOfEncoded(short[] samples)
    {
        var codes = new byte[samples.Length / 2];
        new G722Encoder().Encode(samples, codes);
        return Hash(codes);
    }

    private static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexString(SHA256.HashData(bytes))[..16];

    private static IEnumerable<uint> Noise(int count)
    {
        var state = 1u;
        for (var i = 0; i < count; i++)
            yield return state = state * 1103515245 + 12345 & 0x7FFFFFFF;
    }

    private static short[] RoundTrip(short[] samples)
    {
        var codes = new byte[samples.Length / 2];
        var back = new short[samples.Length];
        Assert.Equal(codes.Length, new G722Encoder().Encode(samples, codes));
        Assert.Equal(back.Length, new G722Decoder().Decode(codes, back));
        return back;
    }
}
