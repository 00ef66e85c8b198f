using System.Buffers.Binary;

namespace Media.Protocols.Primitives;

/// <summary>The 128 bits of an IPv6 address, or of an IPv4 address in its IPv4-mapped form (RFC 4291 §2.5.5.2).</summary>
/// <remarks>
/// In halves: no method that touches a <see cref="UInt128"/>, or a type with one in it, is compiled ahead of time, since its place in
/// memory is not fixed. What a node does for the first time, when it takes a call over above all, would wait for the compiler.
/// </remarks>
/// <param name="High">The first 64 bits.</param>
/// <param name="Low">The last 64 bits.</param>
public readonly record struct AddressBits(ulong High, ulong Low)
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 16;

    private const ulong MappedPrefix = 0x0000_FFFF_0000_0000;

    public bool IsIPv4 => High == 0 && Low >> 32 == MappedPrefix >> 32;

    /// <summary>The IPv4 address, where it is one.</summary>
    public uint IPv4 => (uint)Low;

    public static AddressBits FromIPv4(uint address) => new(0, MappedPrefix | address);

    /// <summary>Reads <see cref="Size"/> bytes in network order.</summary>
    public static AddressBits Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));

    /// <summary>Writes <see cref="Size"/> bytes in network order.</summary>
    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Low);
    }

    /// <summary>Differs from process to process, so that nobody can choose addresses that fall together in a table.</summary>
    public override int GetHashCode() => HashCode.Combine(High, Low);

    /// <summary>The first bits, the rest zero.</summary>
    /// <param name="length">0 … 128.</param>
    public AddressBits Prefix(int length) => length <= 64 ? new(First(High, length), 0) : new(High, First(Low, length - 64));

    private static ulong First(ulong bits, int length) => length == 0 ? 0 : bits >> (64 - length) << (64 - length);
}
