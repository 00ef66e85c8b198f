using System.Buffers.Binary;

namespace Gateway.Calls.Audio;

/// <summary>The encodings of samples that are read.</summary>
internal enum WaveEncoding
{
    Linear = 1,
    Float = 3,
    Alaw = 6,
    Ulaw = 7,
}

/// <summary>
/// The format chunk of a WAVE file, checked: tag, channels, samples per second, bytes per second, bytes per frame, bits per sample; behind
/// them, in WAVE_FORMAT_EXTENSIBLE, valid bits, speakers and a GUID that begins with the tag.
/// </summary>
internal readonly record struct WaveFormat(WaveEncoding Encoding, int Channels, int Rate, int Bits)
{
    private const int Extensible = 0xFFFE;

    public int FrameBytes => Channels * Bits / 8;

    /// <summary>KSDATAFORMAT_SUBTYPE_… behind their first two bytes.</summary>
    private static ReadOnlySpan<byte> Subtype =>
        [0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x80, 0x00, 0x00, 0xAA, 0x00, 0x38, 0x9B, 0x71];

    public static WaveFault Read(ReadOnlySpan<byte> chunk, out WaveFormat format)
    {
        format = default;
        if (chunk.Length < 16)
            return WaveFault.Malformed;
        int tag = BinaryPrimitives.ReadUInt16LittleEndian(chunk);
        int channels = BinaryPrimitives.ReadUInt16LittleEndian(chunk[2..]);
        var rate = BinaryPrimitives.ReadUInt32LittleEndian(chunk[4..]);
        int frameBytes = BinaryPrimitives.ReadUInt16LittleEndian(chunk[12..]);
        int bits = BinaryPrimitives.ReadUInt16LittleEndian(chunk[14..]);
        if (tag == Extensible)
        {
            if (chunk.Length < 40 || !chunk[26..40].SequenceEqual(Subtype))
                return WaveFault.Malformed;
            tag = BinaryPrimitives.ReadUInt16LittleEndian(chunk[24..]);
        }
        var isKnown = (WaveEncoding)tag switch
        {
            WaveEncoding.Linear => bits is 8 or 16 or 24 or 32,
            WaveEncoding.Float => bits is 32 or 64,
            WaveEncoding.Alaw or WaveEncoding.Ulaw => bits == 8,
            _ => false,
        };
        if (!isKnown)
            return WaveFault.Encoding;
        if (channels is not (1 or 2))
            return WaveFault.Channels;
        if (rate is < 8000 or > 192_000)
            return WaveFault.Rate;
        format = new WaveFormat((WaveEncoding)tag, channels, (int)rate, bits);
        return frameBytes == format.FrameBytes ? WaveFault.None : WaveFault.Malformed;
    }
}
