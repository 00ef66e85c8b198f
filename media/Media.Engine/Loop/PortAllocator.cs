using Media.Protocols.Primitives;

namespace Media.Engine.Loop;

/// <summary>
/// The range of PBX media ports, in pairs: an even port for RTP and the odd one after it for RTCP (RFC 3550 §11). A released pair rests
/// before its next use, so that late packets of one call are not heard in another; pairs are used in a random order and longest-rested
/// first, so that the next port cannot be guessed from the last. Thread-safe; touched once a call.
/// </summary>
public sealed class PortAllocator
{
    private readonly Lock _lock = new();
    private readonly TimeSpan _quarantine;
    private readonly Queue<ushort> _free = new();
    private readonly Queue<(ushort Port, Instant Until)> _resting = new();

    /// <param name="firstPort">Rounded up to even.</param>
    /// <param name="lastPort">Inclusive.</param>
    /// <param name="quarantine">How long a released pair rests.</param>
    /// <param name="entropy">Decides the order.</param>
    public PortAllocator(int firstPort, int lastPort, TimeSpan quarantine, IEntropy entropy)
    {
        _quarantine = quarantine;
        var ports = new List<ushort>();
        for (var port = firstPort + (firstPort & 1); port + 1 <= lastPort; port += 2)
            ports.Add((ushort)port);
        for (var i = ports.Count - 1; i > 0; i--)
        {
            var j = (int)(entropy.NextUInt32() % (uint)(i + 1));
            (ports[i], ports[j]) = (ports[j], ports[i]);
        }
        ports.ForEach(_free.Enqueue);
        Capacity = ports.Count;
    }

    /// <summary>Pairs in the range.</summary>
    public int Capacity { get; }

    /// <summary>Pairs neither taken nor resting (as of the last take).</summary>
    public int Free
    {
        get
        {
            lock (_lock)
                return _free.Count;
        }
    }

    /// <summary>Pairs that were released and may not be used yet (as of the last take).</summary>
    public int Resting
    {
        get
        {
            lock (_lock)
                return _resting.Count;
        }
    }

    /// <summary>Takes a pair and gives its even port. False: every pair is taken or rests.</summary>
    public bool TryTake(Instant now, out ushort evenPort)
    {
        lock (_lock)
        {
            while (_resting.TryPeek(out var rested) && rested.Until <= now)
                _free.Enqueue(_resting.Dequeue().Port);
            return _free.TryDequeue(out evenPort);
        }
    }

    /// <summary>Gives a pair back; it rests from <paramref name="now"/>. Each taken pair exactly once.</summary>
    public void Release(ushort evenPort, Instant now)
    {
        lock (_lock)
            _resting.Enqueue((evenPort, now + _quarantine));
    }
}
