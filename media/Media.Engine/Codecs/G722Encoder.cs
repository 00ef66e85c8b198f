using static Media.Engine.Codecs.G722Tables;

namespace Media.Engine.Codecs;

/// <summary>
/// ITU-T G.722 at 64 kbit/s: 16 kHz linear samples to one byte per two samples. Holds the state of one direction of one call; not
/// thread-safe; does not allocate after construction.
/// </summary>
public sealed class G722Encoder
{
    private readonly G722Band _low = new(32, 8, 18432);
    private readonly G722Band _high = new(8, 10, 22528);
    private readonly int[] _history = new int[24];

    /// <summary>Encodes all of <paramref name="samples"/> (an even count) and returns the bytes written: half that count.</summary>
    public int Encode(ReadOnlySpan<short> samples, Span<byte> destination)
    {
        var length = samples.Length / 2;
        for (var i = 0; i < length; i++)
            destination[i] = EncodePair(samples[2 * i], samples[2 * i + 1]);
        return length;
    }

    /// <summary>
    /// Encodes 8 kHz samples, one byte each. The lower sub-band is an 8 kHz signal, so nothing is resampled: it is what is heard, and the
    /// higher one is silent.
    /// </summary>
    public int EncodeNarrowband(ReadOnlySpan<short> samples, Span<byte> destination)
    {
        for (var i = 0; i < samples.Length; i++)
            destination[i] = (byte)(EncodeHigh(0) << 6 | EncodeLow(samples[i] >> 1)); // a sub-band has 15 bits
        return samples.Length;
    }

    private byte EncodePair(short first, short second)
    {
        // Analysis filter: the odd and the even taps, whose sum is the lower band and whose difference is the higher one.
        Array.Copy(_history, 2, _history, 0, 22);
        _history[22] = first;
        _history[23] = second;
        int odd = 0, even = 0;
        for (var i = 0; i < 12; i++)
        {
            odd += _history[2 * i] * Qmf[i];
            even += _history[2 * i + 1] * Qmf[11 - i];
        }
        return (byte)(EncodeHigh(even - odd >> 14) << 6 | EncodeLow(even + odd >> 14));
    }

    private int EncodeLow(int sample)
    {
        var difference = G722Band.Saturate(sample - _low.Prediction);
        var magnitude = difference >= 0 ? difference : ~difference;
        var interval = 1;
        while (interval < LowLevels.Length && magnitude >= LowLevels[interval] * _low.Scale >> 12)
            interval++;
        int code = difference < 0 ? LowCodesNegative[interval] : LowCodesPositive[interval];
        var quantized = _low.Scale * LowCoarse[code >> 2] >> 15;
        _low.AdaptScale(LowMultipliers[code >> 2]);
        _low.AdaptPredictor(quantized);
        return code;
    }

    private int EncodeHigh(int sample)
    {
        var difference = G722Band.Saturate(sample - _high.Prediction);
        var magnitude = difference >= 0 ? difference : ~difference;
        var isLarge = magnitude >= HighLevel * _high.Scale >> 12;
        var code = (difference < 0 ? 0 : 2) + (isLarge ? 0 : 1);
        var quantized = _high.Scale * HighFine[code] >> 15;
        _high.AdaptScale(HighMultipliers[code]);
        _high.AdaptPredictor(quantized);
        return code;
    }
}
