using Media.Engine.Codecs;
using Media.Native;
using Media.Native.Checks;
using Media.Native.Opus;
using Testing;

namespace Media.Engine.Tests.Codecs;

/// <summary>Both Opus codecs do what the product asks of one, and understand each other.</summary>
[Trait("Category", "Distribution")]
public class OpusCodecsTests
{
    private const OpusImplementation Native = OpusImplementation.Native, Managed = OpusImplementation.Managed;

    private static readonly byte[] PacketOfOneSilentFrame = [0x08, 0xff, 0xfe]; // SILK narrowband, 20 ms

    public static TheoryData<OpusImplementation, OpusImplementation> Pairs => new()
    {
        { Native, Native }, { Native, Managed }, { Managed, Native }, { Managed, Managed },
    };

    public static TheoryData<OpusImplementation, OpusImplementation, int> PairsAndRates => new()
    {
        { Native, Native, 8000 }, { Native, Managed, 8000 }, { Managed, Native, 8000 }, { Managed, Managed, 8000 },
        { Native, Native, 16000 }, { Native, Managed, 16000 }, { Managed, Native, 16000 }, { Managed, Managed, 16000 },
        { Native, Native, 48000 }, { Native, Managed, 48000 }, { Managed, Native, 48000 }, { Managed, Managed, 48000 },
    };

    [Theory]
    [MemberData(nameof(PairsAndRates))]
    public void What_one_encodes_the_other_decodes(OpusImplementation encoding, OpusImplementation decoding, int rate)
    {
        using var encoder = OpusCodecs.CreateEncoder(encoding, new OpusEncoderOptions { SampleRate = rate });
        using var decoder = OpusCodecs.CreateDecoder(decoding, rate);
        var (tone, meter, frame) = (new ToneGenerator(700, rate), new ToneMeter(rate), new short[rate / 50]);
        var packet = new byte[400];
        for (var n = 0; n < 50; n++)
        {
            tone.Fill(frame);
            var length = encoder.Encode(frame, packet).Count;
            Assert.Equal(new OpusResult(frame.Length, OpusError.None), decoder.GetSampleCount(packet.AsSpan(0, length)));
            Assert.Equal(new OpusResult(frame.Length, OpusError.None), decoder.Decode(packet.AsSpan(0, length), frame));
            meter.Listen(frame);
        }
        Assert.InRange(meter.Hertz() ?? 0, 690, 710);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Redundancy_of_one_restores_a_frame_that_the_other_lost(OpusImplementation encoding, OpusImplementation decoding)
    {
        using var encoder = OpusCodecs.CreateEncoder(encoding, new OpusEncoderOptions { ExpectedLossPercent = 25 });
        var packets = Encode(encoder, new SpeechGenerator(8000).Take(8000 * 6));
        Assert.InRange(packets.Count(packet => OpusPacket.HasCopy(packet)), packets.Count / 3, packets.Count);
        using var whole = OpusCodecs.CreateDecoder(decoding, 8000);
        using var withFec = OpusCodecs.CreateDecoder(decoding, 8000);
        using var withoutFec = OpusCodecs.CreateDecoder(decoding, 8000);
        var (intact, restored, concealed) = (new short[160], new short[160], new short[160]);
        double fecError = 0, concealError = 0;
        for (var n = 0; n < packets.Count; n++)
        {
            Assert.True(whole.Decode(packets[n], intact).IsOk);
            if (n % 10 == 9 && n + 1 < packets.Count)
            {
                Assert.Equal(new OpusResult(160, OpusError.None), withFec.DecodeFec(packets[n + 1], restored));
                Assert.Equal(new OpusResult(160, OpusError.None), withoutFec.Conceal(concealed));
                fecError += Difference(intact, restored);
                concealError += Difference(intact, concealed);
                continue;
            }
            Assert.True(withFec.Decode(packets[n], restored).IsOk);
            Assert.True(withoutFec.Decode(packets[n], concealed).IsOk);
        }
        Assert.InRange(fecError / concealError, 0, 0.5);
    }

    [Theory]
    [InlineData(Native)]
    [InlineData(Managed)]
    public void Concealment_continues_the_sound_and_then_fades(OpusImplementation implementation)
    {
        using var encoder = OpusCodecs.CreateEncoder(implementation, new OpusEncoderOptions());
        using var decoder = OpusCodecs.CreateDecoder(implementation, 8000);
        var (tone, pcm) = (new short[8000], new short[160]);
        new ToneGenerator(300, 8000).Fill(tone);
        foreach (var packet in Encode(encoder, tone))
            Assert.True(decoder.Decode(packet, pcm).IsOk);
        var before = Energy(pcm);
        Assert.True(decoder.Conceal(pcm).IsOk);
        Assert.InRange(Energy(pcm) / before, 0.1, 2.25);
        for (var n = 0; n < 50; n++)
            Assert.True(decoder.Conceal(pcm).IsOk);
        Assert.InRange(Energy(pcm) / before, 0, 0.01);
    }

    [Theory]
    [InlineData(Native)]
    [InlineData(Managed)]
    public void A_reset_decoder_begins_anew(OpusImplementation implementation)
    {
        using var encoder = OpusCodecs.CreateEncoder(implementation, new OpusEncoderOptions());
        using var used = OpusCodecs.CreateDecoder(implementation, 8000);
        using var fresh = OpusCodecs.CreateDecoder(implementation, 8000);
        var packets = Encode(encoder, new SpeechGenerator(8000).Take(8000));
        var (a, b) = (new short[160], new short[160]);
        foreach (var packet in packets)
            used.Decode(packet, a);
        used.Reset();
        foreach (var packet in packets)
        {
            used.Decode(packet, a);
            fresh.Decode(packet, b);
            Assert.Equal(b, a);
        }
    }

    [Theory]
    [InlineData(Native)]
    [InlineData(Managed)]
    public void What_cannot_be_decoded_or_encoded_is_a_result(OpusImplementation implementation)
    {
        using var encoder = OpusCodecs.CreateEncoder(implementation, new OpusEncoderOptions());
        using var decoder = OpusCodecs.CreateDecoder(implementation, 8000);
        var pcm = new short[960];
        Assert.Equal(new OpusResult(0, OpusError.InvalidPacket), decoder.Decode(default, pcm));
        Assert.Equal(new OpusResult(0, OpusError.InvalidPacket), decoder.DecodeFec(default, pcm));
        Assert.Equal(new OpusResult(0, OpusError.InvalidPacket), decoder.Decode([0xFF, 0xFF, 0xFF], pcm));
        Assert.Equal(OpusError.BufferTooSmall, decoder.Decode(PacketOfOneSilentFrame, new short[159]).Error);
        Assert.Equal(OpusError.BufferTooSmall, decoder.Decode(PacketOfOneSilentFrame, default).Error);
        Assert.Equal(OpusError.BadArgument, decoder.Conceal(new short[33]).Error);
        Assert.Equal(OpusError.BadArgument, encoder.Encode(new short[161], new byte[400]).Error);
        Assert.Equal(OpusError.BadArgument, encoder.Encode(default, new byte[400]).Error);
        Assert.Equal(OpusError.BufferTooSmall, encoder.Encode(new short[160], default).Error);
        Assert.Equal(new OpusResult(160, OpusError.None), decoder.Decode(PacketOfOneSilentFrame, pcm));
    }

    [Theory]
    [InlineData(Native, true, 1)]
    [InlineData(Native, false, 0)]
    [InlineData(OpusImplementation.Auto, true, 1)]
    [InlineData(OpusImplementation.Auto, false, 2)]
    [InlineData(Managed, true, 3)]
    [InlineData(Managed, false, 3)]
    public void Auto_is_libopus_where_it_can_be_used(OpusImplementation wanted, bool isThere, int expected)
    {
        const string Missing = "libopus.so.0 cannot be loaded; install the package libopus0.";
        var found = isThere ? new NativeLibraryReport("libopus 1.3.1", null) : new NativeLibraryReport("", Missing);
        var choice = OpusCodecs.Choose(wanted, found);
        OpusChoice[] choices =
        [
            new("", null, Missing),
            new("libopus 1.3.1", null, null),
            new("Concentus 2.2.2", Missing + " Until then Concentus 2.2.2 stands in, at more CPU per call.", null),
            new("Concentus 2.2.2", null, null),
        ];
        Assert.Equal(choices[expected], choice);
    }

    [Fact]
    public void The_managed_codec_is_none_of_the_host()
    {
        using var decoder = OpusCodecs.CreateDecoder(Managed, 8000);
        using var encoder = OpusCodecs.CreateEncoder(Managed, new OpusEncoderOptions());
        Assert.IsType<ManagedOpusDecoder>(decoder);
        Assert.Equal(typeof(Concentus.OpusCodecFactory).Assembly, ManagedOpus.CreateDecoder(8000).GetType().Assembly);
        Assert.StartsWith("Concentus.Structs.", ManagedOpus.CreateDecoder(8000).GetType().FullName, StringComparison.Ordinal);
        Assert.StartsWith("Concentus.Structs.", ManagedOpus.CreateEncoder(8000).GetType().FullName, StringComparison.Ordinal);
    }

    private static List<byte[]> Encode(IOpusEncoder encoder, short[] pcm)
    {
        var (packets, buffer) = (new List<byte[]>(), new byte[1275]);
        for (var at = 0; at + 160 <= pcm.Length; at += 160)
        {
            var result = encoder.Encode(pcm.AsSpan(at, 160), buffer);
            Assert.True(result.IsOk);
            packets.Add(buffer[..result.Count]);
        }
        return packets;
    }

    private static double Difference(short[] expected, short[] actual) => expected.Zip(actual, (e, a) => Math.Pow(e - a, 2)).Sum();

    private static double Energy(short[] pcm) => pcm.Sum(sample => (double)sample * sample);
}
