using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Gateway.Calls.Audio;

/// <summary>
/// Reads uploaded sound: RIFF/WAVE with linear PCM, floating point, A-law or µ-law, one channel or two. Nothing that the file says of
/// itself is trusted; a data chunk that claims more than there is holds what there is, as recorders leave it that were cut short.
/// </summary>
public static class WaveFile
{
    /// <param name="bytes">The whole file.</param>
    /// <param name="limits">What is read at most.</param>
    /// <param name="sound">Its samples, as one channel.</param>
    /// <param name="fault">Why it cannot be read.</param>
    public static bool TryRead(
        ReadOnlySpan<byte> bytes, WaveLimits limits, [NotNullWhen(true)] out MonoSound? sound, out WaveFault fault)
    {
        sound = null;
        fault = Find(bytes, limits, out var format, out var data);
        if (fault != WaveFault.None)
            return false;
        var frames = data.Length / format.FrameBytes;
        if (frames == 0)
            fault = WaveFault.Empty;
        else if (frames > limits.MaxLength.TotalSeconds * format.Rate)
            fault = WaveFault.TooLong;
        else if (!TryDecode(data[..(frames * format.FrameBytes)], format, out var samples))
            fault = WaveFault.NotANumber;
        else
            sound = new MonoSound(samples, format.Rate);
        return sound is not null;
    }

    /// <summary>Walks the chunks: a name of four letters, a length, so many bytes, and one more where the length is odd.</summary>
    private static WaveFault Find(ReadOnlySpan<byte> bytes, WaveLimits limits, out WaveFormat format, out ReadOnlySpan<byte> data)
    {
        format = default;
        data = default;
        if (bytes.Length > limits.MaxBytes)
            return WaveFault.TooLarge;
        if (bytes.Length < 12 || !bytes[..4].SequenceEqual("RIFF"u8) || !bytes[8..12].SequenceEqual("WAVE"u8))
            return WaveFault.NotWave;
        var hasFormat = false;
        for (var rest = bytes[12..]; rest.Length >= 8;)
        {
            var name = rest[..4];
            var claimed = BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
            rest = rest[8..];
            var length = (int)Math.Min(claimed, (uint)rest.Length);
            if (name.SequenceEqual("data"u8))
            {
                data = rest[..length];
                return hasFormat ? WaveFault.None : WaveFault.Malformed;
            }
            if (name.SequenceEqual("fmt "u8) && !hasFormat)
            {
                if (WaveFormat.Read(rest[..length], out format) is var fault and not WaveFault.None)
                    return fault;
                hasFormat = true;
            }
            rest = rest[Math.Min(length + (length & 1), rest.Length)..];
        }
        return hasFormat ? WaveFault.Empty : WaveFault.Malformed;
    }

    private static bool TryDecode(ReadOnlySpan<byte> data, WaveFormat format, out float[] samples)
    {
        var bytes = format.Bits / 8;
        samples = new float[data.Length / format.FrameBytes];
        for (var i = 0; i < samples.Length; i++)
        {
            var frame = data.Slice(i * format.FrameBytes, format.FrameBytes);
            var sample = Decode(frame, format);
            if (format.Channels == 2)
                sample = (sample + Decode(frame[bytes..], format)) / 2;
            if (!double.IsFinite(sample))
                return false;
            samples[i] = (float)Math.Clamp(sample, -MonoSound.Loudest, MonoSound.Loudest);
        }
        return true;
    }

    /// <summary>One sample; full scale is −1 … 1.</summary>
    private static double Decode(ReadOnlySpan<byte> sample, WaveFormat format) => (format.Encoding, format.Bits) switch
    {
        (WaveEncoding.Float, 32) => BinaryPrimitives.ReadSingleLittleEndian(sample),
        (WaveEncoding.Float, _) => BinaryPrimitives.ReadDoubleLittleEndian(sample),
        (WaveEncoding.Alaw, _) => ExpandAlaw(sample[0]) / 32768.0,
        (WaveEncoding.Ulaw, _) => ExpandUlaw(sample[0]) / 32768.0,
        (_, 8) => (sample[0] - 128) / 128.0,
        (_, 16) => BinaryPrimitives.ReadInt16LittleEndian(sample) / 32768.0,
        (_, 24) => (sample[0] << 8 | sample[1] << 16 | sample[2] << 24) / 2147483648.0,
        _ => BinaryPrimitives.ReadInt32LittleEndian(sample) / 2147483648.0,
    };

    /// <summary>ITU-T G.711: bits inverted; sign, segment of 3 bits, step of 4, with a bias.</summary>
    private static int ExpandUlaw(byte code)
    {
        var bits = ~code & 0xFF;
        var magnitude = (((bits & 0x0F) << 3) + 132 << (bits >> 4 & 7)) - 132;
        return (bits & 0x80) != 0 ? -magnitude : magnitude;
    }

    /// <summary>ITU-T G.711: even bits inverted; sign (1 = positive), segment of 3 bits, step of 4.</summary>
    private static int ExpandAlaw(byte code)
    {
        var bits = code ^ 0x55;
        var segment = bits >> 4 & 7;
        var magnitude = ((bits & 0x0F) << 4) + 8;
        if (segment > 0)
            magnitude = magnitude + 256 << segment - 1;
        return (bits & 0x80) != 0 ? magnitude : -magnitude;
    }
}
