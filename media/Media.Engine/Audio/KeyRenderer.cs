using Media.Protocols.Dtmf;

namespace Media.Engine.Audio;

/// <summary>The two tones of a key (ITU-T Q.23). One second of them has no seam: every frequency is a whole number of Hz.</summary>
internal static class KeyRenderer
{
    /// <summary>−9 dBm0 or so a tone.</summary>
    private const double Amplitude = 8000;

    public static short[] Render(char key, int rate)
    {
        KeyFrequencies.TryGet(key, out var low, out var high);
        var samples = new short[rate];
        for (var i = 0; i < samples.Length; i++)
            samples[i] = (short)(Amplitude * (Math.Sin(2 * Math.PI * low * i / rate) + Math.Sin(2 * Math.PI * high * i / rate)));
        return samples;
    }
}
