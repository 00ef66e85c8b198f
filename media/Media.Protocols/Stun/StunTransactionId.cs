using System.Buffers.Binary;
using Media.Protocols.Primitives;

namespace Media.Protocols.Stun;

/// <summary>The 96 random bits that tie a response to its request (RFC 5389 §6).</summary>
public readonly record struct StunTransactionId(ulong High, uint Low)
{
    public const int Length = 12;

    public static StunTransactionId Next(IEntropy entropy) => new(entropy.NextUInt64(), entropy.NextUInt32());

    /// <param name="bytes">At least <see cref="Length"/> bytes.</param>
    public static StunTransactionId Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]));

    /// <param name="destination">At least <see cref="Length"/> bytes.</param>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, High);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], Low);
    }
}
