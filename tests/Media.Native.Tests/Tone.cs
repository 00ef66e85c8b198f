using Testing;

namespace Media.Native.Tests;

/// <summary>Whole signals at once, and Goertzel's filter to find a frequency in one.</summary>
internal static class Tone
{
    internal static short[] Sine(double frequency, int samples, int rate = 8000)
    {
        var result = new short[samples];
        new ToneGenerator(frequency, rate).Fill(result);
        return result;
    }

    /// <summary>
    /// The share of the signal's energy that lies at <paramref name="frequency"/>: near 1 for a pure sine, otherwise near 0.
    /// </summary>
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
