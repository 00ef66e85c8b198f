using System.Buffers.Binary;

namespace Media.Engine.Loop;

/// <summary>The 44 bytes before the samples of a RIFF/WAVE file: 16-bit linear, mono.</summary>
internal static class WaveHeader
{
    public const int Length = 44;

    /// <param name="header">At least <see cref="Length"/> bytes.</param>
    /// <param name="rate">Samples per second.</param>
    /// <param name="dataBytes">Behind the header; <see cref="uint.MaxValue"/> where it is not known: readers take all there is.</param>
    public static void Write(Span<byte> header, int rate, uint dataBytes)
    {
        "RIFF"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], dataBytes == uint.MaxValue ? dataBytes : dataBytes + Length - 8);
        "WAVEfmt "u8.CopyTo(header[8..]);
        BinaryPrimitives.WriteInt32LittleEndian(header[16..], 16);
        BinaryPrimitives.WriteInt16LittleEndian(header[20..], 1); // PCM
        BinaryPrimitives.WriteInt16LittleEndian(header[22..], 1); // channels
        BinaryPrimitives.WriteInt32LittleEndian(header[24..], rate);
        BinaryPrimitives.WriteInt32LittleEndian(header[28..], rate * 2);
        BinaryPrimitives.WriteInt16LittleEndian(header[32..], 2);
        BinaryPrimitives.WriteInt16LittleEndian(header[34..], 16);
        "data"u8.CopyTo(header[36..]);
        BinaryPrimitives.WriteUInt32LittleEndian(header[40..], dataBytes);
    }
}
