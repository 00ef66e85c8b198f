using Media.Engine.Codecs;
using Media.Protocols.Sdp;
using Testing;

namespace Media.Engine.Tests.Codecs;

[Trait("Category", "Distribution")]
public class AudioDecoderTests
{
    [Theory]
    [InlineData(AudioCodec.Pcmu, 8000)]
    [InlineData(AudioCodec.Pcma, 8000)]
    [InlineData(AudioCodec.G722, 8000)]
    [InlineData(AudioCodec.G722, 16000)]
    [InlineData(AudioCodec.Opus, 8000)]
    [InlineData(AudioCodec.Opus, 16000)]
    public void What_an_encoder_wrote_its_decoder_reads(AudioCodec codec, int rate)
    {
        using var encoder = new AudioEncoder(codec, rate, new OpusOptions(), OpusFormat.Default);
        using var decoder = new AudioDecoder(codec, rate, OpusImplementation.Auto);
        var tone = new ToneGenerator(700, rate);
        var detector = new ToneDetector(700, rate);
        var (frame, payload) = (new short[rate / 50], new byte[400]);
        for (var n = 0; n < 50; n++)
        {
            tone.Fill(frame);
            var length = encoder.Encode(frame, payload);
            Assert.Equal(frame.Length, decoder.Measure(payload.AsSpan(0, length)));
            Assert.Equal(frame.Length, decoder.Decode(payload.AsSpan(0, length), frame));
            detector.Listen(frame);
        }
        Assert.True(detector.ToneBlocks >= 9, $"{detector.ToneBlocks} of {detector.Blocks}");
    }

    [Fact]
    public void G711_fades_out_over_lost_packets_and_comes_back()
    {
        using var decoder = new AudioDecoder(AudioCodec.Pcmu, 8000, OpusImplementation.Auto);
        var (frame, payload, level) = (new short[160], new byte[160], new List<int>());
        new ToneGenerator(500, 8000).Fill(frame);
        G711.EncodeUlaw(frame, payload);
        decoder.Decode(payload, frame);
        level.Add(frame.Max());
        for (var n = 0; n < 4; n++)
        {
            decoder.Conceal(default, frame);
            level.Add(frame.Max());
        }
        Assert.Equal(level.OrderDescending(), level);
        Assert.Equal(0, level[^1]);
        decoder.Decode(payload, frame);
        decoder.Conceal(default, frame);
        Assert.InRange(frame.Max(), level[1] - 1, level[1] + 1);
    }

    [Theory]
    [InlineData(AudioCodec.Opus)]
    [InlineData(AudioCodec.G722)]
    [InlineData(AudioCodec.Pcma)]
    public void Loss_before_anything_was_heard_is_silence(AudioCodec codec)
    {
        using var decoder = new AudioDecoder(codec, 8000, OpusImplementation.Auto);
        var frame = Enumerable.Repeat((short)1234, 160).ToArray();
        decoder.Conceal(default, frame);
        Assert.All(frame, sample => Assert.InRange(sample, -1, 1));
    }

    [Fact]
    public void Nonsense_and_oversize_are_no_samples()
    {
        using var opus = new AudioDecoder(AudioCodec.Opus, 8000, OpusImplementation.Auto);
        Assert.Equal(0, opus.Decode([0xFF, 0xFF, 0xFF], new short[960]));
        Assert.Equal(0, opus.Decode(default, new short[960]));
        using var pcmu = new AudioDecoder(AudioCodec.Pcmu, 8000, OpusImplementation.Auto);
        Assert.Equal(0, pcmu.Decode(new byte[1000], new short[960]));
        Assert.Equal(0, pcmu.Decode(default, new short[960]));
    }

    [Fact]
    public void Opus_recovers_a_lost_packet_from_the_copy_in_the_next()
    {
        using var encoder = new AudioEncoder(
            AudioCodec.Opus, 16000, new OpusOptions { ExpectedLossPercent = 30 }, new OpusFormat(16000, 20000, true, false));
        using var withCopy = new AudioDecoder(AudioCodec.Opus, 16000, OpusImplementation.Auto);
        using var without = new AudioDecoder(AudioCodec.Opus, 16000, OpusImplementation.Auto);
        var speech = new SpeechGenerator(16000);
        var packets = new List<byte[]>();
        var sound = new List<short[]>();
        for (var n = 0; n < 100; n++)
        {
            var (frame, payload) = (new short[320], new byte[400]);
            speech.Fill(frame);
            packets.Add(payload[..encoder.Encode(frame, payload)]);
            var heard = new short[320];
            withCopy.Decode(packets[n], heard);
            sound.Add(heard);
        }
        withCopy.Reset();
        double errorWith = 0, errorWithout = 0;
        var (a, b) = (new short[320], new short[320]);
        for (var n = 0; n < 100; n++)
        {
            if (n % 5 == 4 && n < 99)
            {
                withCopy.Conceal(packets[n + 1], a);
                without.Conceal(default, b);
                errorWith += Error(a, sound[n]);
                errorWithout += Error(b, sound[n]);
                continue;
            }
            withCopy.Decode(packets[n], a);
            without.Decode(packets[n], b);
        }
        Assert.True(errorWith < errorWithout * 0.7, $"{errorWith:e2} with, {errorWithout:e2} without");

        static double Error(short[] x, short[] y) => x.Zip(y).Sum(pair => Math.Pow(pair.First - pair.Second, 2));
    }
}
