namespace Media.Native.Net;

/// <summary>
/// The arrays for recvmmsg and sendmmsg, linked to each other once. They live on the pinned heap: the kernel may keep their addresses,
/// and a span over them keeps them alive.
/// </summary>
internal sealed unsafe class BatchMemory
{
    internal const int MaxCapacity = 1024; // UIO_MAXIOV

    internal BatchMemory(int capacity, int slotSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, MaxCapacity);
        ArgumentOutOfRangeException.ThrowIfLessThan(slotSize, 1);
        SlotSize = slotSize;
        Bytes = GC.AllocateUninitializedArray<byte>(checked(capacity * slotSize), pinned: true);
        Messages = GC.AllocateArray<MultiMessageHeader>(capacity, pinned: true);
        Vectors = GC.AllocateArray<IoVector>(capacity, pinned: true);
        Addresses = GC.AllocateArray<SocketAddressBytes>(capacity, pinned: true);
        fixed (byte* bytes = Bytes)
        fixed (IoVector* vectors = Vectors)
        fixed (SocketAddressBytes* addresses = Addresses)
        {
            for (var i = 0; i < capacity; i++)
            {
                vectors[i].Base = bytes + i * (nint)slotSize;
                vectors[i].Length = (nuint)slotSize;
                Messages[i].Header.Name = addresses + i;
                Messages[i].Header.Vectors = vectors + i;
                Messages[i].Header.VectorCount = 1;
            }
        }
    }

    internal int SlotSize { get; }

    internal byte[] Bytes { get; }

    internal MultiMessageHeader[] Messages { get; }

    internal IoVector[] Vectors { get; }

    internal SocketAddressBytes[] Addresses { get; }

    internal Span<byte> Slot(int index) => Bytes.AsSpan(index * SlotSize, SlotSize);
}
