using Media.Engine.Codecs;
using Media.Native.Opus;
using Media.Protocols.Sdp;
using Testing;

namespace Media.Engine.Tests.Codecs;

/// <summary>The effort of a loop as its encoders follow it.</summary>
[Trait("Category", "Distribution")]
public class OpusEffortTests
{
    private static readonly OpusFormat WithFec = OpusFormat.Default with { UseInbandFec = true };
    private static readonly OpusOptions Native = new() { Implementation = OpusImplementation.Native, ExpectedLossPercent = 20 };
    private static readonly short[] Speech = new SpeechGenerator(8000).Take(8000 * 2);

    [Theory]
    [InlineData(nameof(OpusEffort.Full), 5, true)]
    [InlineData(nameof(OpusEffort.Reduced), 3, true)]
    [InlineData(nameof(OpusEffort.WithoutFec), 2, false)]
    [InlineData(nameof(OpusEffort.Least), 0, false)]
    public void Each_level_encodes_as_if_it_were_configured_so(string level, int complexity, bool fec)
    {
        var effort = new LoopEffort(Native) { Level = Enum.Parse<OpusEffort>(level) };
        using var governed = new AudioEncoder(AudioCodec.Opus, 8000, Native, WithFec, effort);
        using var configured = new AudioEncoder(AudioCodec.Opus, 8000, Native with { Complexity = complexity, Fec = fec }, WithFec);
        Assert.Equal(Encode(configured), Encode(governed));
    }

    [Fact]
    public void A_change_reaches_the_encoders_of_a_loop_in_the_middle_of_their_streams_and_is_taken_back()
    {
        var effort = new LoopEffort(Native);
        using var first = new AudioEncoder(AudioCodec.Opus, 8000, Native, WithFec, effort);
        using var second = new AudioEncoder(AudioCodec.Opus, 16000, Native, WithFec, effort);
        using var withoutFec = new AudioEncoder(AudioCodec.Opus, 8000, Native, OpusFormat.Default, effort);
        var wide = new SpeechGenerator(16000).Take(16000 * 2);
        foreach (var (level, copies) in new[] { (OpusEffort.Full, true), (OpusEffort.Least, false), (OpusEffort.Full, true) })
        {
            effort.Level = level;
            Assert.Equal(copies, OpusPacket.HasCopy(Encode(first)[^1]));
            Assert.Equal(copies, OpusPacket.HasCopy(Encode(second, wide)[^1]));
            Assert.False(OpusPacket.HasCopy(Encode(withoutFec)[^1])); // its peer did not ask for any
        }
    }

    [Fact]
    public void The_managed_codec_follows_too()
    {
        var managed = Native with { Implementation = OpusImplementation.Managed };
        var effort = new LoopEffort(managed);
        using var encoder = new AudioEncoder(AudioCodec.Opus, 8000, managed, WithFec, effort);
        Assert.True(OpusPacket.HasCopy(Encode(encoder)[^1]));
        effort.Level = OpusEffort.WithoutFec;
        Assert.False(OpusPacket.HasCopy(Encode(encoder)[^1]));
    }

    [Fact]
    public void A_change_allocates_nothing()
    {
        var effort = new LoopEffort(Native);
        using var encoder = new AudioEncoder(AudioCodec.Opus, 8000, Native, WithFec, effort);
        var payload = new byte[400];
        for (var n = 0; n < 10; n++)
            Frames();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Frames();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Frames()
        {
            for (var level = OpusEffort.Full; level <= OpusEffort.Least; level++)
            {
                effort.Level = level;
                encoder.Encode(Speech.AsSpan(0, 160), payload);
            }
        }
    }

    private static List<byte[]> Encode(AudioEncoder encoder, short[]? samples = null)
    {
        samples ??= Speech;
        var (frame, payload, packets) = (encoder.Rate / 50, new byte[400], new List<byte[]>());
        for (var at = 0; at + frame <= samples.Length; at += frame)
            packets.Add(payload[..encoder.Encode(samples.AsSpan(at, frame), payload)]);
        return packets;
    }
}
