using Media.Protocols.Primitives;

namespace Testing;

/// <summary>A datagram on a <see cref="LossyWire"/>, as its receiver sees it.</summary>
public sealed record WireDatagram(TransportAddress From, TransportAddress To, byte[] Bytes);

/// <summary>
/// A network in virtual time: delays, reorders, loses and duplicates datagrams, translates addresses at <see cref="WireNat"/>s.
/// The same seed gives the same fate to the same traffic.
/// </summary>
public sealed class LossyWire(VirtualClock clock, int seed)
{
    private readonly Random _random = new(seed);
    private readonly PriorityQueue<WireDatagram, (Instant Arrival, long Order)> _flying = new();
    private readonly List<WireNat> _nats = [];
    private long _order;

    /// <summary>One way.</summary>
    public TimeSpan Delay { get; set; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Up to this much is added to each datagram's delay; more than the distance between datagrams reorders them.</summary>
    public TimeSpan Jitter { get; set; }

    /// <summary>0 … 1.</summary>
    public double Loss { get; set; }

    /// <summary>0 … 1.</summary>
    public double Duplication { get; set; }

    /// <summary>The firewall's filter; addresses are those of the open network.</summary>
    public Func<WireDatagram, bool> Passes { get; set; } = static _ => true;

    /// <summary>The time at which the next datagram arrives; <see cref="Instant.Never"/> when none is under way.</summary>
    public Instant NextArrival => _flying.TryPeek(out _, out var priority) ? priority.Arrival : Instant.Never;

    public void AddNat(WireNat nat) => _nats.Add(nat);

    public void Send(ReadOnlySpan<byte> bytes, TransportAddress from, TransportAddress to)
    {
        foreach (var nat in _nats)
            from = nat.Outbound(from, to);
        var datagram = new WireDatagram(from, to, bytes.ToArray());
        if (!Passes(datagram))
            return;
        for (var copies = _random.NextDouble() < Duplication ? 2 : 1; copies > 0; copies--)
            Launch(datagram);
    }

    /// <summary>Takes the next datagram that has arrived by now.</summary>
    public bool TryReceive(out WireDatagram datagram)
    {
        while (NextArrival <= clock.Now)
        {
            datagram = _flying.Dequeue();
            var to = datagram.To;
            var isOpen = true;
            foreach (var nat in _nats)
                isOpen &= nat.TryInbound(datagram.From, ref to);
            if (!isOpen)
                continue;
            datagram = datagram with { To = to };
            return true;
        }
        datagram = null!;
        return false;
    }

    private void Launch(WireDatagram datagram)
    {
        if (_random.NextDouble() < Loss)
            return;
        _flying.Enqueue(datagram, (clock.Now + Delay + Jitter * _random.NextDouble(), _order++));
    }
}
