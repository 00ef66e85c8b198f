using Media.Engine.Audio;
using Media.Protocols.Primitives;
using Testing;

namespace Media.Engine.Tests.Audio;

public class AudioLoopTests
{
    [Theory]
    [InlineData(RingbackTone.Europe, 425, 1.0, 5.0)]
    [InlineData(RingbackTone.Brazil, 425, 1.0, 5.0)]
    public void Ringback_sounds_its_tone_then_rests(RingbackTone tone, double hertz, double onSeconds, double cadenceSeconds)
    {
        foreach (var rate in new[] { 8000, 16000 })
        {
            var loop = AudioLoops.Get(AudioTreatment.Ringback, tone, rate);
            Assert.Equal((int)(cadenceSeconds * rate), loop.Length);
            var detector = new ToneDetector(hertz, rate);
            var samples = new short[loop.Length];
            Assert.Equal(0, loop.Read(0, samples));
            detector.Listen(samples);
            Assert.Equal((int)(onSeconds * 10), detector.ToneBlocks);
            Assert.Equal((int)((cadenceSeconds - onSeconds) * 10), detector.SilentBlocks);
        }
    }

    [Fact]
    public void North_American_ringback_holds_both_its_tones()
    {
        var samples = new short[800];
        AudioLoops.Get(AudioTreatment.Ringback, RingbackTone.NorthAmerica, 8000).Read(0, samples);
        foreach (var hertz in new[] { 440, 480 })
        {
            var detector = new ToneDetector(hertz, 8000);
            detector.Listen(samples);
            Assert.InRange(detector.LastShare, 0.4, 0.6);
        }
    }

    [Fact]
    public void Hold_music_is_never_silent_for_half_a_second_and_never_clips()
    {
        var loop = AudioLoops.Get(AudioTreatment.HoldMusic, default, 8000);
        var samples = new short[loop.Length];
        loop.Read(0, samples);
        Assert.All(samples.Chunk(4000), chunk => Assert.True(chunk.Max() > 1000));
        Assert.All(samples, sample => Assert.InRange(sample, -30000, 30000));
    }

    [Theory]
    [InlineData(8000)]
    [InlineData(16000)]
    public void The_warning_is_two_beeps(int rate)
    {
        var loop = AudioLoops.Get(AudioTreatment.Warning, default, rate);
        var samples = new short[loop.Length];
        loop.Read(0, samples);
        var sounding = samples.Chunk(rate / 20).Select(part => part.Max() > 1000).ToArray(); // each 50 ms
        Assert.Equal([.. Enumerable.Repeat(true, 5), false, false, .. Enumerable.Repeat(true, 5), false], sounding);
        Assert.Equal(WarningRenderer.Length, TimeSpan.FromSeconds((double)loop.Length / rate));
    }

    [Fact]
    public void Reading_past_the_end_goes_on_at_the_beginning()
    {
        var loop = new AudioLoop([1, 2, 3]);
        var frame = new short[7];
        Assert.Equal(0, loop.Read(2, frame));
        Assert.Equal([3, 1, 2, 3, 1, 2, 3], frame);
    }

    [Fact]
    public void Live_has_no_audio_of_its_own()
    {
        var samples = new short[160];
        AudioLoops.Get(AudioTreatment.Live, default, 8000).Read(0, samples);
        Assert.All(samples, sample => Assert.Equal(0, sample));
    }
}
