using System.Buffers.Binary;
using System.Text;

namespace Gateway.Sip.Capture;

/// <summary>Writes the chunks of a HEP3 packet into a buffer that has room for them.</summary>
internal ref struct HepChunks
{
    private const int HeaderLength = 6, ChunkHeader = 6;

    private readonly Span<byte> _buffer;
    private int _at = HeaderLength;

    public HepChunks(Span<byte> buffer)
    {
        _buffer = buffer;
        "HEP3"u8.CopyTo(buffer);
    }

    public void Byte(ushort type, byte value) => Begin(type, 1)[0] = value;

    public void UInt16(ushort type, ushort value) => BinaryPrimitives.WriteUInt16BigEndian(Begin(type, 2), value);

    public void UInt32(ushort type, uint value) => BinaryPrimitives.WriteUInt32BigEndian(Begin(type, 4), value);

    public void Bytes(ushort type, ReadOnlySpan<byte> value) => value.CopyTo(Begin(type, value.Length));

    public void Text(ushort type, string value) => Encoding.UTF8.GetBytes(value, Begin(type, Encoding.UTF8.GetByteCount(value)));

    /// <summary>The length of the packet.</summary>
    public readonly int Finish()
    {
        BinaryPrimitives.WriteUInt16BigEndian(_buffer[4..], (ushort)_at);
        return _at;
    }

    private Span<byte> Begin(ushort type, int length)
    {
        var chunk = _buffer.Slice(_at, ChunkHeader + length);
        BinaryPrimitives.WriteUInt16BigEndian(chunk, 0); // the generic vendor
        BinaryPrimitives.WriteUInt16BigEndian(chunk[2..], type);
        BinaryPrimitives.WriteUInt16BigEndian(chunk[4..], (ushort)chunk.Length);
        _at += chunk.Length;
        return chunk[ChunkHeader..];
    }
}
