using Media.Protocols.Dtmf;

namespace Media.Engine.Audio;

/// <summary>
/// The two tones of a key (ITU-T Q.23). Three seconds have no seam: every frequency is a whole number of Hz, and they are a whole number of
/// packets of any packet time.
/// </summary>
internal static class KeyRenderer
{
    /// <summary>−9 dBm0 or so a tone.</summary>
    private const double Amplitude = 8000;

    public static short[] Render(char key, int rate)
    {
        KeyFrequencies.TryGet(key, out var low, out var high);
        var samples = new short[3 * rate];
        for (var i = 0; i < samples.Length; i++)
            samples[i] = (short)(Amplitude * (Math.Sin(2 * Math.PI * low * i / rate) + Math.Sin(2 * Math.PI * high * i / rate)));
        return samples;
    }
}
