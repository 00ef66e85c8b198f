using System.Numerics;

namespace Gateway.Calls.Audio;

/// <summary>
/// Changes the rate of samples: a windowed sinc (Kaiser), one set of coefficients for each place that an output sample can have between two
/// input samples. It passes all below 0.85 of half the lower rate (3.4 kHz at 8 kHz) flat within 0.1 dB, and holds what would be folded or
/// mirrored, from half the lower rate on, below −70 dB.
/// </summary>
internal sealed class Resampler
{
    /// <summary>Places between two input samples; of rates with no small ratio the nearest is taken, an error below −72 dB.</summary>
    private const int MaxPhases = 4096;

    private const double StopBandDb = 80;

    private readonly int _up;
    private readonly int _down;
    private readonly int _half;
    private readonly float[][] _phases;

    public Resampler(int from, int to)
    {
        var common = (int)BigInteger.GreatestCommonDivisor(from, to);
        (_up, _down) = (to / common, from / common);
        var nyquist = Math.Min(from, to) / 2.0;
        var transition = 0.15 * nyquist;
        // Kaiser's formulas: coefficients for this attenuation over this width, and the shape of the window.
        _half = (int)Math.Ceiling((StopBandDb - 8) / (2.285 * 2 * Math.PI * transition / from) / 2);
        _half = (_half + 7) / 8 * 8;
        var cutoff = (nyquist - transition / 2) / from; // cycles per input sample
        _phases = new float[Math.Min(_up, MaxPhases)][];
        for (var phase = 0; phase < _phases.Length; phase++)
            _phases[phase] = Coefficients((double)phase / _phases.Length, cutoff);
    }

    public float[] Convert(ReadOnlySpan<float> samples)
    {
        var padded = new float[samples.Length + 2 * _half + 1];
        samples.CopyTo(padded.AsSpan(_half - 1));
        var output = new float[((long)samples.Length * _up + _down - 1) / _down];
        for (long n = 0; n < output.Length; n++)
        {
            var (index, place) = Math.DivRem(n * _down, _up);
            var phase = (place * _phases.Length + _up / 2) / _up;
            if (phase == _phases.Length)
                (index, phase) = (index + 1, 0);
            output[n] = Dot(padded.AsSpan((int)index, 2 * _half), _phases[phase]);
        }
        return output;
    }

    /// <summary>For an output sample that lies <paramref name="offset"/> behind the input sample in the middle. Their sum is 1.</summary>
    private float[] Coefficients(double offset, double cutoff)
    {
        const double Beta = 0.1102 * (StopBandDb - 8.7);
        var taps = new double[2 * _half];
        for (var k = 0; k < taps.Length; k++)
        {
            var distance = k - (_half - 1) - offset;
            var sinc = distance == 0 ? 2 * cutoff : Math.Sin(2 * Math.PI * cutoff * distance) / (Math.PI * distance);
            var edge = distance / _half;
            taps[k] = sinc * Bessel(Beta * Math.Sqrt(Math.Max(0, 1 - edge * edge)));
        }
        var sum = taps.Sum();
        return Array.ConvertAll(taps, tap => (float)(tap / sum));
    }

    /// <summary>The modified Bessel function of order zero, by its series.</summary>
    private static double Bessel(double x)
    {
        var (sum, term) = (1.0, 1.0);
        for (var n = 1; term > 1e-12 * sum; n++)
        {
            term *= x / (2 * n) * (x / (2 * n));
            sum += term;
        }
        return sum;
    }

    private static float Dot(ReadOnlySpan<float> one, ReadOnlySpan<float> other)
    {
        var sum = Vector<float>.Zero;
        var width = Vector<float>.Count; // divides their length: both are a multiple of 16
        for (var i = 0; i < one.Length; i += width)
            sum += new Vector<float>(one.Slice(i, width)) * new Vector<float>(other.Slice(i, width));
        return Vector.Sum(sum);
    }
}
