using System.Numerics;

namespace Media.Engine.Codecs;

/// <summary>
/// ITU-T G.711: 16-bit linear samples to and from 8-bit µ-law and A-law, by table. 8000 samples/s, one byte a sample.
/// The tables are computed once from the segment rules below.
/// </summary>
public static class G711
{
    /// <summary>µ-law's code for zero: what silence is made of.</summary>
    public const byte UlawSilence = 0xFF;

    /// <summary>A-law's code for the smallest positive value.</summary>
    public const byte AlawSilence = 0xD5;

    private static readonly short[] UlawToLinear = Build(ExpandUlaw);
    private static readonly short[] AlawToLinear = Build(ExpandAlaw);
    private static readonly byte[] LinearToUlaw = Build(CompressUlaw);
    private static readonly byte[] LinearToAlaw = Build(CompressAlaw);

    /// <summary>Expands all of <paramref name="ulaw"/>; <paramref name="linear"/> must be at least as long.</summary>
    public static void DecodeUlaw(ReadOnlySpan<byte> ulaw, Span<short> linear) => Map(ulaw, linear, UlawToLinear);

    /// <summary>Expands all of <paramref name="alaw"/>; <paramref name="linear"/> must be at least as long.</summary>
    public static void DecodeAlaw(ReadOnlySpan<byte> alaw, Span<short> linear) => Map(alaw, linear, AlawToLinear);

    /// <summary>Compresses all of <paramref name="linear"/>; <paramref name="ulaw"/> must be at least as long.</summary>
    public static void EncodeUlaw(ReadOnlySpan<short> linear, Span<byte> ulaw) => Map(linear, ulaw, LinearToUlaw);

    /// <summary>Compresses all of <paramref name="linear"/>; <paramref name="alaw"/> must be at least as long.</summary>
    public static void EncodeAlaw(ReadOnlySpan<short> linear, Span<byte> alaw) => Map(linear, alaw, LinearToAlaw);

    private static void Map(ReadOnlySpan<byte> codes, Span<short> linear, short[] table)
    {
        linear = linear[..codes.Length];
        for (var i = 0; i < codes.Length; i++)
            linear[i] = table[codes[i]];
    }

    private static void Map(ReadOnlySpan<short> linear, Span<byte> codes, byte[] table)
    {
        codes = codes[..linear.Length];
        for (var i = 0; i < linear.Length; i++)
            codes[i] = table[(ushort)linear[i]];
    }

    // µ-law: all bits inverted; sign, 3-bit segment, 4-bit step; 14-bit magnitude with a bias of 33 (here 16-bit, 132).
    private static short ExpandUlaw(byte code)
    {
        var bits = ~code & 0xFF;
        var magnitude = (((bits & 0x0F) << 3) + 132 << (bits >> 4 & 7)) - 132;
        return (short)((bits & 0x80) != 0 ? -magnitude : magnitude);
    }

    private static byte CompressUlaw(short sample)
    {
        var magnitude = Math.Min(Math.Abs((int)sample), 32635) + 132;
        var segment = BitOperations.Log2((uint)magnitude) - 7;
        var bits = (sample < 0 ? 0x80 : 0) | segment << 4 | magnitude >> segment + 3 & 0x0F;
        return (byte)~bits;
    }

    // A-law: even bits inverted; sign (1 = positive), 3-bit segment, 4-bit step; 13-bit magnitude; segments 0 and 1 share their step size.
    private static short ExpandAlaw(byte code)
    {
        var bits = code ^ 0x55;
        var segment = bits >> 4 & 7;
        var magnitude = ((bits & 0x0F) << 4) + 8;
        if (segment > 0)
            magnitude = magnitude + 256 << segment - 1;
        return (short)((bits & 0x80) != 0 ? magnitude : -magnitude);
    }

    private static byte CompressAlaw(short sample)
    {
        var magnitude = sample < 0 ? ~sample : sample; // one's complement: -1 … -16 is the first negative step
        var segment = Math.Max(0, BitOperations.Log2((uint)magnitude | 1) - 7);
        var step = magnitude >> Math.Max(segment, 1) + 3 & 0x0F;
        return (byte)((sample < 0 ? 0 : 0x80) ^ (segment << 4 | step) ^ 0x55);
    }

    private static short[] Build(Func<byte, short> expand)
    {
        var table = new short[256];
        for (var code = 0; code < table.Length; code++)
            table[code] = expand((byte)code);
        return table;
    }

    private static byte[] Build(Func<short, byte> compress)
    {
        var table = new byte[65536];
        for (var sample = 0; sample < table.Length; sample++)
            table[sample] = compress((short)sample);
        return table;
    }
}
