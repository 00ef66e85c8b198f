using Media.Engine.Audio;
using Media.Protocols.Primitives;
using Testing;

namespace Media.Engine.Tests.Audio;

public class AudioClipTests
{
    [Theory]
    [InlineData(RingbackTone.Europe, 425, 1.0, 5.0)]
    [InlineData(RingbackTone.Brazil, 425, 1.0, 5.0)]
    public void Ringback_sounds_its_tone_then_rests(RingbackTone tone, double hertz, double onSeconds, double cadenceSeconds)
    {
        foreach (var rate in new[] { 8000, 16000 })
        {
            var samples = Samples(AudioTreatment.Ringback, tone, rate);
            Assert.Equal((int)(cadenceSeconds * rate), samples.Length);
            var detector = new ToneDetector(hertz, rate);
            detector.Listen(samples);
            Assert.Equal((int)(onSeconds * 10), detector.ToneBlocks);
            Assert.Equal((int)((cadenceSeconds - onSeconds) * 10), detector.SilentBlocks);
        }
    }

    [Fact]
    public void North_American_ringback_holds_both_its_tones()
    {
        foreach (var hertz in new[] { 440, 480 })
        {
            var detector = new ToneDetector(hertz, 8000);
            detector.Listen(Samples(AudioTreatment.Ringback, RingbackTone.NorthAmerica, 8000).AsSpan(0, 800));
            Assert.InRange(detector.LastShare, 0.4, 0.6);
        }
    }

    [Fact]
    public void Hold_music_is_never_silent_for_half_a_second_and_never_clips()
    {
        var samples = Samples(AudioTreatment.HoldMusic, default, 8000);
        Assert.All(samples.Chunk(4000), chunk => Assert.True(chunk.Max() > 1000));
        Assert.All(samples, sample => Assert.InRange(sample, -30000, 30000));
    }

    [Theory]
    [InlineData(8000)]
    [InlineData(16000)]
    public void The_warning_is_two_beeps(int rate)
    {
        var samples = TreatmentAudio.Warning[0].Samples(rate).ToArray();
        var sounding = samples.Chunk(rate / 20).Select(part => part.Max() > 1000).ToArray(); // each 50 ms
        Assert.Equal([.. Enumerable.Repeat(true, 5), false, false, .. Enumerable.Repeat(true, 5), false], sounding);
        Assert.Equal(BeepRenderer.WarningLength, TreatmentAudio.Warning[0].Length);
    }

    [Fact]
    public void What_repeats_is_a_whole_number_of_packets_of_any_packet_time()
    {
        foreach (var clip in new[] { BuiltInClips.Silence, BuiltInClips.HoldMusic, TreatmentAudio.OfKey('5')[0] })
            foreach (var packetMs in new[] { 10, 20, 30, 40, 60 })
                Assert.Equal(0, clip.Length.TotalMilliseconds % packetMs);
    }

    [Fact]
    public void The_beep_of_a_queue_is_heard_and_over_within_a_quarter_of_a_second()
    {
        var samples = BuiltInClips.QueueBeep.Samples(16000).ToArray();
        Assert.True(samples.Length < 4000 && samples.Max() > 1000);
    }

    [Fact]
    public void Live_has_no_audio_of_its_own() => Assert.Null(TreatmentAudio.Of(AudioTreatment.Live, default));

    [Fact]
    public void A_clip_without_samples_or_with_rates_that_differ_in_length_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new AudioClip("none", [], []));
        Assert.Throws<ArgumentException>(() => new AudioClip("odd", new short[800], new short[800]));
        Assert.Equal(TimeSpan.FromSeconds(0.1), new AudioClip("good", new short[800], new short[1601]).Length);
    }

    [Theory]
    [InlineData(AudioRepeat.None, "0 1 2 end")]
    [InlineData(AudioRepeat.Last, "0 1 2 2 2 2")]
    [InlineData(AudioRepeat.All, "0 1 2 0 1 2")]
    public void A_list_repeats_what_it_is_asked_to(AudioRepeat repeat, string order)
    {
        var clip = BuiltInClips.QueueBeep;
        var list = new Playlist([clip, clip, clip], repeat);
        var heard = new List<string>();
        for (int? at = 0; heard.Count < order.Split(' ').Length; at = at is { } here ? list.After(here) : null)
            heard.Add(at?.ToString() ?? "end");
        Assert.Equal(order, string.Join(' ', heard));
        Assert.Throws<ArgumentException>(() => new Playlist([], repeat));
    }

    private static short[] Samples(AudioTreatment treatment, RingbackTone tone, int rate) =>
        TreatmentAudio.Of(treatment, tone)![0].Samples(rate).ToArray();
}
