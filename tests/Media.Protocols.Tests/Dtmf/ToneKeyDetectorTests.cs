using Media.Protocols.Dtmf;
using Media.Protocols.Primitives;
using Testing;

namespace Media.Protocols.Tests.Dtmf;

public class ToneKeyDetectorTests
{
    private const string AllKeys = "0123456789*#ABCD";

    private readonly ToneKeyDetector _detector = new();
    private Instant _now;

    [Theory]
    [InlineData(60, 8000, 8000, 0)]
    [InlineData(100, 8000, 8000, 0)]
    [InlineData(100, 600, 600, 0)] // faint
    [InlineData(100, 9000, 4500, 0)] // twist of 6 dB one way
    [InlineData(100, 4500, 9000, 0)] // and the other
    [InlineData(100, 8000, 8000, 1200)] // noise
    [InlineData(100, 15000, 15000, 0)]
    public void Every_key_is_pressed_once_and_released_once(int milliseconds, double low, double high, int noise)
    {
        foreach (var key in AllKeys)
        {
            Hear(Tones(key, milliseconds, low, high, noise));
            Hear(new short[8 * 60]);
        }
        var events = Events();
        Assert.Equal(AllKeys, string.Concat(events.Where(key => key.Phase == TelephoneEventPhase.Pressed).Select(key => key.Digit)));
        Assert.Equal(AllKeys, string.Concat(events.Where(key => key.Phase == TelephoneEventPhase.Released).Select(key => key.Digit)));
        Assert.All(
            events.Where(key => key.Phase == TelephoneEventPhase.Released),
            key => Assert.InRange(key.Duration.TotalMilliseconds, milliseconds - 30, milliseconds + 15));
    }

    [Fact]
    public void The_same_key_twice_is_two_presses_and_a_long_one_is_one()
    {
        Hear(Tones('5', 80, 8000, 8000));
        Hear(new short[8 * 60]);
        Hear(Tones('5', 80, 8000, 8000));
        Hear(new short[8 * 60]);
        Hear(Tones('6', 2000, 8000, 8000));
        Hear(new short[8 * 60]);
        Assert.Equal("556", string.Concat(Events().Where(key => key.Phase == TelephoneEventPhase.Released).Select(key => key.Digit)));
    }

    [Theory]
    [InlineData(425, 0)]
    [InlineData(697, 0)]
    [InlineData(440, 480)]
    [InlineData(697, 770)]
    [InlineData(1209, 1336)]
    [InlineData(650, 1100)]
    [InlineData(1000, 1633)]
    public void Other_tones_are_no_key(int one, int two)
    {
        var samples = new short[8000];
        for (var i = 0; i < samples.Length; i++)
            samples[i] =
                (short)(6000 * Math.Sin(2 * Math.PI * one * i / 8000) + (two == 0 ? 0 : 6000 * Math.Sin(2 * Math.PI * two * i / 8000)));
        Hear(samples);
        Assert.Empty(Events());
    }

    [Fact]
    public void Two_minutes_of_speech_press_no_key()
    {
        var speech = new SpeechGenerator(8000);
        var frame = new short[160];
        for (var i = 0; i < 6000; i++)
        {
            speech.Fill(frame);
            Hear(frame);
        }
        Assert.Empty(Events());
    }

    [Fact]
    public void A_stream_that_stops_within_a_press_releases_it()
    {
        Hear(Tones('9', 100, 8000, 8000));
        Assert.Equal([TelephoneEventPhase.Pressed], Events().Select(key => key.Phase));
        _detector.HandleDeadline(_detector.NextDeadline);
        Assert.Equal([TelephoneEventPhase.Released], Events().Select(key => key.Phase));
        Assert.Equal(Instant.Never, _detector.NextDeadline);
    }

    private List<TelephoneEvent> _heard = [];

    private void Hear(ReadOnlySpan<short> samples)
    {
        for (; samples.Length > 0; samples = samples[Math.Min(160, samples.Length)..])
        {
            _detector.Listen(samples[..Math.Min(160, samples.Length)], _now);
            _now += TimeSpan.FromMilliseconds(20);
            while (_detector.TryPollEvent(out var key))
                _heard.Add(key);
        }
    }

    private List<TelephoneEvent> Events()
    {
        while (_detector.TryPollEvent(out var key))
            _heard.Add(key);
        (var heard, _heard) = (_heard, []);
        return heard;
    }

    private static short[] Tones(char key, int milliseconds, double low, double high, int noise = 0)
    {
        Assert.True(KeyFrequencies.TryGet(key, out var lowHertz, out var highHertz));
        var random = new Random(key);
        var samples = new short[8 * milliseconds];
        for (var i = 0; i < samples.Length; i++)
            samples[i] = (short)(low * Math.Sin(2 * Math.PI * lowHertz * i / 8000) + high * Math.Sin(2 * Math.PI * highHertz * i / 8000)
                + random.Next(-noise, noise + 1));
        return samples;
    }
}
