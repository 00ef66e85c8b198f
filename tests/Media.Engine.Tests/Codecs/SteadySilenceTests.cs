using Media.Engine.Codecs;
using Media.Native.Opus;
using Media.Protocols.Sdp;
using Testing;

namespace Media.Engine.Tests.Codecs;

/// <summary>Silence that lasts is one packet, sent again and again, and nobody hears that it is.</summary>
public sealed class SteadySilenceTests
{
    private const int Rate = 8000, Frame = Rate / 50, Second = 50;

    [Theory]
    [InlineData(OpusImplementation.Native)]
    [InlineData(OpusImplementation.Managed)]
    public void Settled_silence_is_one_packet_and_stays_inaudible(OpusImplementation implementation)
    {
        using var encoder = Encoder(implementation);
        using var decoder = OpusCodecs.CreateDecoder(OpusImplementation.Native, Rate);
        var speech = new SpeechGenerator(Rate).Take(Rate);
        var samples = new short[Frame];
        for (var n = 0; n < Second; n++)
            decoder.Decode(Encode(encoder, speech.AsSpan(n * Frame, Frame)), samples);

        var packets = new List<byte[]>();
        var loudest = 0;
        for (var n = 0; n < 10 * Second; n++)
        {
            packets.Add(Encode(encoder, new short[Frame]));
            decoder.Decode(packets[^1], samples);
            if (n > Second / 4)
                loudest = Math.Max(loudest, samples.Max(sample => Math.Abs((int)sample)));
        }

        Assert.Single(packets.Skip(Second / 4).Select(Convert.ToHexString).Distinct());
        Assert.InRange(loudest, 0, 8); // 72 dB below full scale
    }

    [Fact]
    public void What_is_said_after_silence_is_encoded()
    {
        using var encoder = Encoder(OpusImplementation.Native);
        using var decoder = OpusCodecs.CreateDecoder(OpusImplementation.Native, Rate);
        var (tone, meter, frame) = (new ToneGenerator(700, Rate), new ToneMeter(Rate), new short[Frame]);
        for (var n = 0; n < 2 * Second; n++)
            decoder.Decode(Encode(encoder, new short[Frame]), frame);
        for (var n = 0; n < Second; n++)
        {
            tone.Fill(frame);
            decoder.Decode(Encode(encoder, frame), frame);
            meter.Listen(frame);
        }
        Assert.InRange(meter.Hertz() ?? 0, 690, 710);
    }

    [Fact]
    public void A_frame_of_another_length_is_encoded()
    {
        using var encoder = Encoder(OpusImplementation.Native);
        for (var n = 0; n < Second; n++)
            Encode(encoder, new short[Frame]);
        using var decoder = OpusCodecs.CreateDecoder(OpusImplementation.Native, Rate);
        Assert.Equal(2 * Frame, decoder.GetSampleCount(Encode(encoder, new short[2 * Frame])).Count);
    }

    private static AudioEncoder Encoder(OpusImplementation implementation) =>
        new(AudioCodec.Opus, Rate, new OpusOptions { Implementation = implementation }, OpusFormat.Default with { UseInbandFec = true });

    private static byte[] Encode(AudioEncoder encoder, ReadOnlySpan<short> frame)
    {
        var packet = new byte[400];
        return packet[..encoder.Encode(frame, packet)];
    }
}
