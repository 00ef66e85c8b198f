namespace Media.Native.Net;

/// <summary>
/// Memory for several datagrams received by one system call (recvmmsg). Made once and reused: a datagram stays valid, and may be changed
/// in place, until the batch is filled again.
/// </summary>
public sealed class UdpReceiveBatch
{
    private readonly BatchMemory _memory;
    private readonly int[] _kept; // slots that hold whole datagrams

    /// <param name="capacity">Datagrams a call, 1 … 1024.</param>
    /// <param name="slotSize">Bytes a datagram; a longer one is dropped.</param>
    public UdpReceiveBatch(int capacity, int slotSize = 2048)
    {
        _memory = new BatchMemory(capacity, slotSize);
        _kept = new int[capacity];
    }

    public int Capacity => _kept.Length;

    /// <summary>Datagrams held now.</summary>
    public int Count { get; private set; }

    /// <summary>The bytes of datagram <paramref name="index"/>.</summary>
    public Span<byte> Datagram(int index) => Buffer(index)[..(int)_memory.Messages[Slot(index)].Length];

    /// <summary>All of the slot that datagram <paramref name="index"/> starts, for growing it in place.</summary>
    public Span<byte> Buffer(int index) => _memory.Slot(Slot(index));

    public UdpAddress Remote(int index) => _memory.Addresses[Slot(index)].Read();

    /// <summary>The kernel overwrites the address lengths; everything else stays as set up.</summary>
    internal MultiMessageHeader[] Prepare()
    {
        foreach (ref var message in _memory.Messages.AsSpan())
            message.Header.NameLength = SocketAddressBytes.MaxSize;
        return _memory.Messages;
    }

    /// <summary>Takes over the first <paramref name="count"/> slots except truncated ones; returns the number that remain.</summary>
    internal int Accept(int count)
    {
        Count = 0;
        for (var i = 0; i < count; i++)
            if ((_memory.Messages[i].Header.Flags & LibC.MessageTruncated) == 0)
                _kept[Count++] = i;
        return Count;
    }

    private int Slot(int index) => index < Count ? _kept[index] : throw new ArgumentOutOfRangeException(nameof(index));
}
