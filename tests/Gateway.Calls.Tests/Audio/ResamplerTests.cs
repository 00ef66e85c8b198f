using Gateway.Calls.Audio;

namespace Gateway.Calls.Tests.Audio;

/// <summary>Tones through the resampler: those of speech come out as they went in, those that would be folded or mirrored do not.</summary>
public class ResamplerTests
{
    public static TheoryData<int, int> Rates
    {
        get
        {
            var rates = new TheoryData<int, int>();
            foreach (var from in new[] { 8000, 11025, 12000, 16000, 22050, 44100, 44099, 48000, 96000, 192000 })
            {
                rates.Add(from, 8000);
                rates.Add(from, 16000);
            }
            return rates;
        }
    }

    [Theory]
    [MemberData(nameof(Rates))]
    public void The_band_of_speech_passes_flat(int from, int to)
    {
        var top = 0.85 * Math.Min(from, to) / 2;
        foreach (var hertz in new[] { 100, 300, 1000, 2000, 3000, 3400, 5000, 6800 }.Where(hertz => hertz <= top))
        {
            var (tone, rest) = Measure(Sound(from, hertz).ToPcm(to), to, hertz);
            Assert.InRange(Db(tone / 0.25), -0.1, 0.1);
            Assert.True(Db(rest / tone) < -65, $"{hertz} Hz: what else is heard is at {Db(rest / tone):F1} dB");
        }
    }

    [Theory]
    [MemberData(nameof(Rates))]
    public void What_would_be_folded_is_not_heard(int from, int to)
    {
        if (from <= to)
            return; // mirrored tones are what else is heard in the other test
        foreach (var share in new[] { 1.01, 1.1, 1.3, 1.5, 1.9, 2.3 })
        {
            var hertz = share * to / 2;
            if (hertz >= from / 2.0)
                continue;
            var (_, rest) = Measure(Sound(from, hertz).ToPcm(to), to, 0);
            Assert.True(Db(rest / 0.25) < -65, $"{hertz} Hz at {Db(rest / 0.25):F1} dB");
        }
    }

    [Theory]
    [MemberData(nameof(Rates))]
    public void It_takes_as_long_as_before(int from, int to) =>
        Assert.InRange(Sound(from, 440).ToPcm(to).Length / (double)to, 0.5, 0.5 + 1.0 / to);

    [Fact]
    public void The_level_stays_unless_it_would_be_clipped()
    {
        Assert.Equal([16384, -8192], new MonoSound([0.5f, -0.25f], 8000).ToPcm(8000).Select(sample => (int)sample));
        Assert.Equal([32767, -16384], new MonoSound([3f, -1.5f], 8000).ToPcm(8000).Select(sample => (int)sample));
        var square = Enumerable.Range(0, 4410).Select(i => i / 50 % 2 == 0 ? 1f : -1f).ToArray();
        Assert.Equal(32767, new MonoSound(square, 44100).ToPcm(8000).Max(sample => Math.Abs((int)sample))); // it rings above its steps
    }

    [Fact]
    public void One_sample_is_not_too_short()
    {
        Assert.Single(new MonoSound([0.5f], 8000).ToPcm(8000));
        Assert.Equal(2, new MonoSound([0.5f], 8000).ToPcm(16000).Length);
        Assert.Single(new MonoSound([0.5f], 192000).ToPcm(8000));
    }

    private static MonoSound Sound(int rate, double hertz) =>
        new([.. Enumerable.Range(0, rate / 2).Select(i => (float)(0.25 * Math.Sin(2 * Math.PI * hertz * i / rate)))], rate);

    /// <summary>Amplitudes in the middle, where nothing of the edges is left: of a tone, and of all else.</summary>
    private static (double Tone, double Other) Measure(short[] pcm, int rate, double hertz)
    {
        var middle = pcm[(rate / 10)..(rate / 10 + rate / 5)]; // whole periods of any multiple of 5 Hz
        double sine = 0, cosine = 0, power = 0;
        for (var i = 0; i < middle.Length; i++)
        {
            var (s, c) = Math.SinCos(2 * Math.PI * hertz * i / rate);
            var sample = middle[i] / 32767.0;
            (sine, cosine, power) = (sine + sample * s, cosine + sample * c, power + sample * sample);
        }
        var tone = hertz == 0 ? 0 : 2 * Math.Sqrt(sine * sine + cosine * cosine) / middle.Length;
        return (tone, Math.Sqrt(Math.Max(0, 2 * power / middle.Length - tone * tone)));
    }

    private static double Db(double ratio) => 20 * Math.Log10(Math.Max(ratio, 1e-9));
}
