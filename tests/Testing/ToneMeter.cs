namespace Testing;

/// <summary>
/// Listens for any steady tone: keeps the last 256 ms or more of 16-bit samples and finds, on request, the strongest frequency in them
/// and how much of the power it holds.
/// </summary>
/// <param name="rate">Samples per second.</param>
public sealed class ToneMeter(int rate)
{
    /// <summary>A tone holds at least this share of the power around it.</summary>
    private const double SteadyShare = 0.5;

    private readonly double[] _ring = new double[4096];
    private long _count;

    /// <summary>Samples heard since the beginning or <see cref="Clear"/>.</summary>
    public long Count => _count;

    public void Listen(ReadOnlySpan<short> samples)
    {
        foreach (var sample in samples)
            _ring[_count++ % _ring.Length] = sample;
    }

    /// <summary>Forgets what was heard.</summary>
    public void Clear()
    {
        Array.Clear(_ring);
        _count = 0;
    }

    /// <summary>Level in dB, 0 being a full-scale square wave; null before a whole window was heard.</summary>
    public double? LevelDb()
    {
        if (_count < _ring.Length)
            return null;
        var power = _ring.Sum(sample => sample * sample) / _ring.Length;
        return 10 * Math.Log10(Math.Max(power, 1e-3) / (32768.0 * 32768));
    }

    /// <summary>The tone that holds most of the power, to about 1 Hz; null when there is none.</summary>
    public double? Hertz()
    {
        if (LevelDb() is not > -60)
            return null;
        var (real, imaginary) = (new double[_ring.Length], new double[_ring.Length]);
        for (var i = 0; i < _ring.Length; i++)
            real[i] = _ring[(_count + i) % _ring.Length] * (0.5 - 0.5 * Math.Cos(2 * Math.PI * i / _ring.Length)); // Hann
        Transform(real, imaginary);
        var power = new double[_ring.Length / 2];
        for (var i = 1; i < power.Length; i++)
            power[i] = real[i] * real[i] + imaginary[i] * imaginary[i];
        var peak = Array.IndexOf(power, power.Max());
        if (peak < 2 || peak > power.Length - 3)
            return null;
        var around = power[(peak - 2)..(peak + 3)];
        if (around.Sum() < SteadyShare * power.Sum())
            return null;
        var centre = around.Select((value, i) => value * (peak - 2 + i)).Sum() / around.Sum();
        return centre * rate / _ring.Length;
    }

    /// <summary>Radix-2 fast Fourier transform, in place.</summary>
    private static void Transform(double[] real, double[] imaginary)
    {
        var n = real.Length;
        for (int i = 1, j = 0; i < n; i++)
        {
            var bit = n >> 1;
            for (; (j & bit) != 0; bit >>= 1)
                j ^= bit;
            j ^= bit;
            if (i < j)
                (real[i], real[j], imaginary[i], imaginary[j]) = (real[j], real[i], imaginary[j], imaginary[i]);
        }
        for (var length = 2; length <= n; length <<= 1)
        {
            var angle = -2 * Math.PI / length;
            for (var start = 0; start < n; start += length)
            {
                for (var k = 0; k < length / 2; k++)
                {
                    var (sin, cos) = Math.SinCos(angle * k);
                    var (a, b) = (start + k, start + k + length / 2);
                    var (r, m) = (real[b] * cos - imaginary[b] * sin, real[b] * sin + imaginary[b] * cos);
                    (real[b], imaginary[b]) = (real[a] - r, imaginary[a] - m);
                    (real[a], imaginary[a]) = (real[a] + r, imaginary[a] + m);
                }
            }
        }
    }
}
