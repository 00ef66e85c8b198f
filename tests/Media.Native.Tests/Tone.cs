namespace Media.Native.Tests;

/// <summary>Sines and speech-like sounds to feed a codec, and Goertzel's filter to find a frequency in what comes out.</summary>
internal static class Tone
{
    internal static short[] Sine(double frequency, int samples, int rate = 8000, double level = 8000) =>
        [.. Enumerable.Range(0, samples).Select(i => (short)(level * Math.Sin(2 * Math.PI * frequency * i / rate)))];

    /// <summary>A buzz whose pitch and formant wander, so that no frame follows from the one before.</summary>
    internal static short[] Speechlike(int samples, int rate = 8000)
    {
        var result = new short[samples];
        double phase = 0;
        for (var i = 0; i < samples; i++)
        {
            var t = (double)i / rate;
            phase += 2 * Math.PI * (140 + 50 * Math.Sin(2 * Math.PI * 2.3 * t)) / rate;
            var formant = 500 + 350 * Math.Sin(2 * Math.PI * 3.1 * t);
            double sum = 0;
            for (var harmonic = 1; harmonic <= 15; harmonic++)
            {
                var distance = (harmonic * 150 - formant) / 250;
                sum += Math.Sin(harmonic * phase) * Math.Exp(-distance * distance);
            }
            result[i] = (short)(4000 * sum * (0.6 + 0.4 * Math.Sin(2 * Math.PI * 4.7 * t)));
        }
        return result;
    }

    /// <summary>The share of the signal's energy that lies at <paramref name="frequency"/>: near 1 for a pure sine, near 0 for anything else.</summary>
    internal static double ShareAt(ReadOnlySpan<short> pcm, double frequency, int rate = 8000)
    {
        var coefficient = 2 * Math.Cos(2 * Math.PI * frequency / rate);
        double previous = 0, beforeThat = 0, energy = 0;
        foreach (var sample in pcm)
        {
            (previous, beforeThat) = (sample + coefficient * previous - beforeThat, previous);
            energy += (double)sample * sample;
        }
        var power = previous * previous + beforeThat * beforeThat - coefficient * previous * beforeThat;
        return energy == 0 ? 0 : 2 * power / (energy * pcm.Length);
    }

    internal static double Level(ReadOnlySpan<short> pcm)
    {
        double energy = 0;
        foreach (var sample in pcm)
            energy += (double)sample * sample;
        return Math.Sqrt(energy / pcm.Length);
    }
}
