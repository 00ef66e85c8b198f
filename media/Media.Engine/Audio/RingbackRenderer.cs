using Media.Protocols.Primitives;

namespace Media.Engine.Audio;

/// <summary>
/// Ringing tones: one whole cadence each, so that it can repeat without a seam. Levels and cadences per ITU-T E.180 supplement 2.
/// </summary>
internal static class RingbackRenderer
{
    /// <summary>−15 dBm0 a tone or so: loud enough to be a tone, soft enough for an ear.</summary>
    private const double Amplitude = 4000;

    public static short[] Render(RingbackTone tone, int rate) => tone switch
    {
        RingbackTone.NorthAmerica => Cadence(rate, t => Sine(440, t) + Sine(480, t), 2.0, 4.0),
        RingbackTone.UnitedKingdom => Cadence(rate, t => Sine(400, t) + Sine(450, t), 0.4, 0.2, 0.4, 2.0),
        RingbackTone.India => Cadence(rate, t => Sine(400, t) * (0.5 + 0.5 * Math.Sin(2 * Math.PI * 25 * t)), 0.4, 0.2, 0.4, 2.0),
        _ => Cadence(rate, t => Sine(425, t), 1.0, 4.0),
    };

    private static double Sine(double hertz, double seconds) => Amplitude * Math.Sin(2 * Math.PI * hertz * seconds);

    private static short[] Cadence(int rate, Func<double, double> wave, params double[] onOffSeconds)
    {
        var samples = new short[(int)Math.Round(onOffSeconds.Sum() * rate)];
        var at = 0;
        for (var phase = 0; phase < onOffSeconds.Length; phase++)
        {
            var end = Math.Min(samples.Length, at + (int)Math.Round(onOffSeconds[phase] * rate));
            for (; at < end; at++)
                samples[at] = phase % 2 == 0 ? (short)wave((double)at / rate) : (short)0;
        }
        return samples;
    }
}
