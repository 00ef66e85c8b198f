namespace Media.Engine.Audio;

/// <summary>
/// Two short beeps at 1400 Hz, the pitch of the usual tones in a conversation (ITU-T E.180): heard beside speech, and soon over.
/// </summary>
internal static class WarningRenderer
{
    private const double Amplitude = 5000;
    private const double Hertz = 1400;

    /// <summary>On, off, on, off, in milliseconds.</summary>
    private static readonly int[] Cadence = [250, 100, 250, 50];

    /// <summary>Both beeps, once.</summary>
    public static readonly TimeSpan Length = TimeSpan.FromMilliseconds(Cadence.Sum());

    public static short[] Render(int rate)
    {
        var samples = new short[rate * Cadence.Sum() / 1000];
        for (var (phase, at) = (0, 0); phase < Cadence.Length; at += rate * Cadence[phase++] / 1000)
            for (var i = 0; phase % 2 == 0 && i < rate * Cadence[phase] / 1000; i++)
                samples[at + i] = (short)(Amplitude * Math.Sin(2 * Math.PI * Hertz * i / rate));
        return samples;
    }
}
