namespace Media.Native.Net;

/// <summary>
/// Memory for several datagrams to be sent by one system call (sendmmsg). Write into <see cref="Next"/>, then
/// <see cref="Commit"/>; hand the batch to <see cref="UdpSocket.Send(UdpSendBatch)"/> when it is full or the loop is about to sleep.
/// </summary>
public sealed class UdpSendBatch
{
    private readonly BatchMemory _memory;
    private readonly UdpAddress[] _remotes;

    /// <param name="capacity">Datagrams a call, 1 … 1024.</param>
    /// <param name="slotSize">Bytes a datagram can have.</param>
    public UdpSendBatch(int capacity, int slotSize = 2048)
    {
        _memory = new BatchMemory(capacity, slotSize);
        _remotes = new UdpAddress[capacity];
    }

    public int Capacity => _remotes.Length;

    /// <summary>Datagrams waiting to be sent.</summary>
    public int Count { get; private set; }

    public bool IsFull => Count == Capacity;

    /// <summary>The buffer for the next datagram.</summary>
    /// <exception cref="InvalidOperationException">The batch is full.</exception>
    public Span<byte> Next => IsFull ? throw new InvalidOperationException("Send the batch first.") : _memory.Slot(Count);

    /// <summary>Adds the first <paramref name="length"/> bytes of <see cref="Next"/> as a datagram to <paramref name="remote"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Longer than a slot.</exception>
    /// <exception cref="InvalidOperationException">The batch is full.</exception>
    public void Commit(int length, UdpAddress remote)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, _memory.SlotSize);
        if (IsFull)
            throw new InvalidOperationException("Send the batch first.");
        _memory.Vectors[Count].Length = (nuint)length;
        _remotes[Count++] = remote;
    }

    public void Clear() => Count = 0;

    /// <summary>Writes the destinations in the form of a socket of this family; an IPv6 one cannot leave an IPv4 socket and gets port 0,
    /// which the kernel refuses.</summary>
    internal MultiMessageHeader[] Address(bool ipv6Socket)
    {
        for (var i = 0; i < Count; i++)
        {
            var remote = ipv6Socket || _remotes[i].IsIPv4 ? _remotes[i] : UdpAddress.FromIPv4(0, 0);
            _memory.Messages[i].Header.NameLength = (uint)_memory.Addresses[i].Write(remote, ipv6Socket);
        }
        return _memory.Messages;
    }
}
