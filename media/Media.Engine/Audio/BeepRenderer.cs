namespace Media.Engine.Audio;

/// <summary>
/// Short beeps at 1400 Hz, the pitch of the usual tones in a conversation (ITU-T E.180): heard beside speech, and soon over.
/// </summary>
internal static class BeepRenderer
{
    private const double Amplitude = 5000;
    private const double Hertz = 1400;

    /// <summary>Two beeps: on, off, on, off, in milliseconds.</summary>
    public static readonly int[] Warning = [250, 100, 250, 50];

    /// <summary>Both beeps, once.</summary>
    public static readonly TimeSpan WarningLength = TimeSpan.FromMilliseconds(Warning.Sum());

    /// <param name="rate">Samples per second.</param>
    /// <param name="cadence">On, off, on … in milliseconds.</param>
    public static short[] Render(int rate, params ReadOnlySpan<int> cadence)
    {
        var total = 0;
        foreach (var milliseconds in cadence)
            total += milliseconds;
        var samples = new short[rate * total / 1000];
        for (var (phase, at) = (0, 0); phase < cadence.Length; at += rate * cadence[phase++] / 1000)
            for (var i = 0; phase % 2 == 0 && i < rate * cadence[phase] / 1000; i++)
                samples[at + i] = (short)(Amplitude * Math.Sin(2 * Math.PI * Hertz * i / rate));
        return samples;
    }
}
