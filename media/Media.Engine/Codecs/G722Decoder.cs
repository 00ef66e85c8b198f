using static Media.Engine.Codecs.G722Tables;

namespace Media.Engine.Codecs;

/// <summary>
/// ITU-T G.722 at 64 kbit/s: bytes to two 16 kHz linear samples each. Holds the state of one direction of one call; not thread-safe;
/// does not allocate after construction. Any byte is valid input.
/// </summary>
public sealed class G722Decoder
{
    private readonly G722Band _low = new(32, 8, 18432);
    private readonly G722Band _high = new(8, 10, 22528);
    private readonly int[] _history = new int[24];

    /// <summary>Decodes all of <paramref name="codes"/> and returns the samples written: twice that count.</summary>
    public int Decode(ReadOnlySpan<byte> codes, Span<short> samples)
    {
        for (var i = 0; i < codes.Length; i++)
            DecodePair(codes[i], samples[(2 * i)..]);
        return codes.Length * 2;
    }

    /// <summary>Decodes to 8 kHz, one sample a byte: the lower sub-band alone.</summary>
    public int DecodeNarrowband(ReadOnlySpan<byte> codes, Span<short> samples)
    {
        for (var i = 0; i < codes.Length; i++)
        {
            samples[i] = (short)(DecodeLow(codes[i] & 0x3F) << 1);
            DecodeHigh(codes[i] >> 6);
        }
        return codes.Length;
    }

    private void DecodePair(byte code, Span<short> samples)
    {
        var low = DecodeLow(code & 0x3F);
        var high = DecodeHigh(code >> 6);

        // Synthesis filter: the encoder's, mirrored.
        Array.Copy(_history, 2, _history, 0, 22);
        _history[22] = low + high;
        _history[23] = low - high;
        int first = 0, second = 0;
        for (var i = 0; i < 12; i++)
        {
            first += _history[2 * i + 1] * Qmf[11 - i];
            second += _history[2 * i] * Qmf[i];
        }
        samples[0] = (short)G722Band.Saturate(first >> 11);
        samples[1] = (short)G722Band.Saturate(second >> 11);
    }

    private int DecodeLow(int code)
    {
        var output = Limit(_low.Prediction + (_low.Scale * LowFine[code] >> 15));
        var quantized = _low.Scale * LowCoarse[code >> 2] >> 15;
        _low.AdaptScale(LowMultipliers[code >> 2]);
        _low.AdaptPredictor(quantized);
        return output;
    }

    private int DecodeHigh(int code)
    {
        var quantized = _high.Scale * HighFine[code] >> 15;
        var output = Limit(_high.Prediction + quantized);
        _high.AdaptScale(HighMultipliers[code]);
        _high.AdaptPredictor(quantized);
        return output;
    }

    /// <summary>Sub-band signals have 15 bits (LIMIT).</summary>
    private static int Limit(int value) => Math.Clamp(value, -16384, 16383);
}
