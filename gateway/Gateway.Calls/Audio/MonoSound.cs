namespace Gateway.Calls.Audio;

/// <summary>Sound of one channel: samples of −1 … 1, and louder ones where the file was.</summary>
/// <param name="samples">Finite, within ±<see cref="Loudest"/>.</param>
/// <param name="rate">Samples per second.</param>
public sealed class MonoSound(float[] samples, int rate)
{
    /// <summary>24 dB above full scale: nothing that is meant to be heard is louder.</summary>
    internal const double Loudest = 16;

    public ReadOnlySpan<float> Samples => samples;

    public int Rate => rate;

    public TimeSpan Length => TimeSpan.FromSeconds((double)samples.Length / rate);

    /// <summary>
    /// The same sound as 16-bit samples at another rate. Its level stays, unless it would be clipped: then its peak is full scale.
    /// </summary>
    /// <param name="toRate">8000 … 192000.</param>
    public short[] ToPcm(int toRate)
    {
        var resampled = toRate == rate ? samples : new Resampler(rate, toRate).Convert(samples);
        float peak = 0;
        foreach (var sample in resampled)
            peak = Math.Max(peak, Math.Abs(sample));
        var scale = 32767 / Math.Max(1, peak);
        return Array.ConvertAll(resampled, sample => (short)MathF.Round(sample * scale));
    }
}
