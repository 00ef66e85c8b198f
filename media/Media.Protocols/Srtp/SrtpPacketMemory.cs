using System.Buffers.Binary;

namespace Media.Protocols.Srtp;

/// <summary>
/// Remembers the authentication tags of all packets that were accepted, so that a sender's restart can be distinguished from its first
/// packets replayed: a Bloom filter, which mistakes a few new packets for old ones and never an old one for new. 128 KiB.
/// </summary>
internal sealed class SrtpPacketMemory
{
    /// <summary>44 minutes of packets of 20 ms; then 3 % of new packets would look old, and nothing more is remembered.</summary>
    private const int Capacity = 1 << 17;

    private const int IndexBits = 20;
    private const int Hashes = 3;
    private const ulong Spread = 0x9E37_79B9_7F4A_7C15; // 2^64 / φ: tags of four bytes fill all of it

    private readonly ulong[] _bits = new ulong[(1 << IndexBits) / 64];
    private int _count;

    /// <summary>Something was accepted that is not remembered.</summary>
    public bool IsFull => _count > Capacity;

    public bool MayContain(ReadOnlySpan<byte> tag)
    {
        var hash = Hash(tag);
        for (var i = 0; i < Hashes; i++)
        {
            var index = Index(hash, i);
            if ((_bits[index >> 6] >> (index & 63) & 1) == 0)
                return false;
        }
        return true;
    }

    public void Add(ReadOnlySpan<byte> tag)
    {
        if (IsFull || ++_count > Capacity)
            return;
        var hash = Hash(tag);
        for (var i = 0; i < Hashes; i++)
        {
            var index = Index(hash, i);
            _bits[index >> 6] |= 1UL << (index & 63);
        }
    }

    private static int Index(ulong hash, int which) => (int)(hash >> (64 - IndexBits * (which + 1))) & ((1 << IndexBits) - 1);

    /// <param name="tag">At least four bytes.</param>
    private static ulong Hash(ReadOnlySpan<byte> tag) =>
        (tag.Length < 8 ? BinaryPrimitives.ReadUInt32BigEndian(tag) : BinaryPrimitives.ReadUInt64BigEndian(tag)) * Spread;
}
