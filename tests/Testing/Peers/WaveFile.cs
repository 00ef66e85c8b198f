using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Testing.Peers;

/// <summary>16-bit mono PCM in RIFF files, which other programs play and record.</summary>
public static class WaveFile
{
    private const int HeaderLength = 44;

    public static void Write(string path, ReadOnlySpan<short> samples, int rate)
    {
        var bytes = new byte[HeaderLength + samples.Length * 2];
        var header = bytes.AsSpan();
        "RIFF"u8.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], bytes.Length - 8);
        "WAVEfmt "u8.CopyTo(header[8..]);
        BinaryPrimitives.WriteInt32LittleEndian(header[16..], 16);
        BinaryPrimitives.WriteInt16LittleEndian(header[20..], 1); // PCM
        BinaryPrimitives.WriteInt16LittleEndian(header[22..], 1); // mono
        BinaryPrimitives.WriteInt32LittleEndian(header[24..], rate);
        BinaryPrimitives.WriteInt32LittleEndian(header[28..], rate * 2);
        BinaryPrimitives.WriteInt16LittleEndian(header[32..], 2);
        BinaryPrimitives.WriteInt16LittleEndian(header[34..], 16);
        "data"u8.CopyTo(header[36..]);
        BinaryPrimitives.WriteInt32LittleEndian(header[40..], samples.Length * 2);
        MemoryMarshal.AsBytes(samples).CopyTo(header[HeaderLength..]);
        File.WriteAllBytes(path, bytes);
    }

    /// <summary>
    /// The samples recorded so far. A file that is still being written has a header that lags behind, so everything after it counts.
    /// </summary>
    public static short[] Read(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        var data = bytes.AsSpan().IndexOf("data"u8);
        if (data < 0)
            return [];
        var body = bytes.AsSpan(data + 8);
        return MemoryMarshal.Cast<byte, short>(body[..(body.Length & ~1)]).ToArray();
    }

    /// <summary>A file that plays one tone for the given time.</summary>
    public static void WriteTone(string path, double hertz, int rate, TimeSpan length)
    {
        var samples = new short[(int)(length.TotalSeconds * rate)];
        new ToneGenerator(hertz, rate).Fill(samples);
        Write(path, samples, rate);
    }
}
