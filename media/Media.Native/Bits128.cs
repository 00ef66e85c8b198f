using System.Buffers.Binary;

namespace Media.Native;

/// <summary>128 bits: an IPv6 address, or a part of a hash.</summary>
/// <remarks>In halves, for the same reason as the protocol core's address: what holds a UInt128 is not compiled ahead of time.</remarks>
/// <param name="High">The first 64 bits.</param>
/// <param name="Low">The last 64 bits.</param>
public readonly record struct Bits128(ulong High, ulong Low)
{
    /// <summary>Reads 16 bytes in network order.</summary>
    public static Bits128 Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));

    /// <summary>Writes 16 bytes in network order.</summary>
    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Low);
    }
}
