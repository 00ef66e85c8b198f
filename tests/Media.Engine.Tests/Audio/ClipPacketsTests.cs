using Media.Engine.Audio;
using Media.Engine.Codecs;
using Media.Native.Opus;
using Media.Protocols.Sdp;
using Testing;

namespace Media.Engine.Tests.Audio;

public class ClipPacketsTests
{
    private static readonly OpusOptions Options = new();

    [Theory]
    [InlineData(20)]
    [InlineData(60)]
    public void Opus_packets_sound_like_the_clip_and_are_the_same_for_every_listener(int packetMs)
    {
        var packets = new ClipPackets(Tone(1000, 1), Opus(packetMs), Options);
        using var decoder = new OpusDecoder(16000);
        var (payload, pcm, detector) = (new byte[1500], new short[16 * packetMs], new ToneDetector(1000, 16000));
        Assert.Equal((1000 + packetMs - 1) / packetMs, packets.Count);
        for (var index = 0; index < packets.Count; index++)
        {
            packets.Prepare(index);
            var length = packets.Write(index, payload);
            Assert.InRange(length, 1, 400);
            Assert.Equal(pcm.Length, decoder.Decode(payload.AsSpan(0, length), pcm).Count);
            detector.Listen(pcm);
        }
        Assert.True(detector.ToneBlocks >= 8);
        var (again, bytes) = (new byte[1500], packets.Bytes);
        packets.Prepare(packets.Count - 1);
        Assert.Equal(payload[..packets.Write(packets.Count - 1, again)], again[..packets.Write(packets.Count - 1, again)]);
        Assert.Equal(bytes, packets.Bytes);
    }

    [Theory]
    [InlineData(AudioCodec.Pcmu, 160)]
    [InlineData(AudioCodec.Pcma, 160)]
    [InlineData(AudioCodec.G722, 160)]
    public void The_last_packet_is_filled_up_with_silence(AudioCodec codec, int bytes)
    {
        var samples = Enumerable.Repeat((short)8000, 16 * 30).ToArray();
        var clip = new AudioClip("short", samples.AsSpan(0, 8 * 30), samples);
        var packets = new ClipPackets(clip, new ClipFormat(codec, 20, default), Options);
        Assert.Equal(2, packets.Count);
        var payload = new byte[1500];
        packets.Prepare(1);
        Assert.Equal(bytes, packets.Write(1, payload));
        if (codec == AudioCodec.Pcmu)
            Assert.All(payload[80..160], sample => Assert.Equal(G711.UlawSilence, sample));
        Assert.Equal(0, packets.Write(1, payload.AsSpan(0, 10)));
    }

    [Fact]
    public void What_was_played_last_is_kept_up_to_the_limit()
    {
        var cache = new ClipCache(Options, maxBytes: 40_000); // two blocks of packets, and no third
        AudioClip[] clips = [Tone(500, 0.1), Tone(600, 0.1), Tone(700, 0.1)];
        ClipPackets Play(int n)
        {
            var packets = cache.Get(clips[n], Opus(20));
            packets.Prepare(packets.Count - 1);
            return packets;
        }
        var (first, second) = (Play(0), Play(1));
        Assert.Same(first, Play(0));
        Assert.NotSame(first, cache.Get(clips[0], Opus(40)));
        Play(2);
        Play(0);
        Assert.InRange(cache.Count, 1, 3);
        Assert.NotSame(second, Play(1));
        first.Prepare(first.Count - 1); // who hears it still does
        Assert.InRange(first.Write(0, new byte[1500]), 1, 400);
    }

    [Fact]
    public void Clips_that_take_no_packets_are_kept_up_to_a_number_too()
    {
        var cache = new ClipCache(Options, maxClips: 2);
        AudioClip[] clips = [Tone(500, 0.1), Tone(600, 0.1), Tone(700, 0.1)];
        foreach (var clip in clips)
            cache.Get(clip, new ClipFormat(AudioCodec.Pcma, 20, default));

        Assert.Equal(2, cache.Count);
    }

    [Fact]
    public void Packets_that_were_encoded_are_sent_without_an_allocation()
    {
        var cache = new ClipCache(Options);
        var clip = Tone(500, 0.5);
        var payload = new byte[1500];
        long before = 0;
        for (var round = 0; round < 20; round++)
        {
            if (round == 10)
                before = GC.GetAllocatedBytesForCurrentThread();
            var packets = cache.Get(clip, Opus(20));
            for (var index = 0; index < packets.Count; index++)
            {
                packets.Prepare(index);
                packets.Write(index, payload);
            }
        }
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static ClipFormat Opus(int packetMs) => new(AudioCodec.Opus, packetMs, OpusFormat.Default);

    private static AudioClip Tone(double hertz, double seconds) => new($"{hertz} Hz", rate =>
    {
        var samples = new short[(int)(seconds * rate)];
        new ToneGenerator(hertz, rate).Fill(samples);
        return samples;
    });
}
