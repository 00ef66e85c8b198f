namespace Testing;

/// <summary>
/// Endless speech-like sound: a buzz whose pitch, formant and loudness wander, and a hiss at the ends of its syllables. No frame can be
/// predicted from the one before, so that a codec works as hard as on a voice and a lost frame is missed. The same in every run.
/// </summary>
/// <param name="rate">Samples per second.</param>
public sealed class SpeechGenerator(int rate)
{
    private const int Harmonics = 15;

    private readonly Random _hiss = new(1);
    private long _position;
    private double _phase;

    public void Fill(Span<short> frame)
    {
        foreach (ref var sample in frame)
            sample = Next();
    }

    public short[] Take(int samples)
    {
        var result = new short[samples];
        Fill(result);
        return result;
    }

    private short Next()
    {
        var t = (double)_position++ / rate;
        _phase += Math.Tau * (140 + 50 * Math.Sin(Math.Tau * 2.3 * t)) / rate;
        var formant = 500 + 350 * Math.Sin(Math.Tau * 3.1 * t);
        var loudness = 0.6 + 0.4 * Math.Sin(Math.Tau * 4.7 * t);
        double voice = 0;
        for (var harmonic = 1; harmonic <= Harmonics; harmonic++)
        {
            var distance = (harmonic * 150 - formant) / 250;
            voice += Math.Sin(harmonic * _phase) * Math.Exp(-distance * distance);
        }
        var hiss = loudness < 0.4 ? 1500 * (0.4 - loudness) * (_hiss.NextDouble() - 0.5) : 0;
        return (short)(4000 * loudness * voice + hiss);
    }
}
