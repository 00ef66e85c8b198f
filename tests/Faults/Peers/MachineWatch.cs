using Media.Native.Net;
using Media.Protocols.Primitives;
using Sandbox.Handsets;

namespace Faults.Peers;

/// <summary>
/// Notes how late the loop is that users and phones share, and how late a usual thread is: what they hear late by it the machine took, and
/// not a gateway. Media goes before usual threads, but the runtime collects garbage on one, and all others wait for it. Keeps the last
/// minute.
/// </summary>
internal sealed class MachineWatch : IMediaPeer, IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10), Kept = TimeSpan.FromMinutes(1);

    private readonly PeerLoop _loop;
    private readonly Queue<(Instant From, Instant To)> _late = new();
    private readonly Thread _usual;
    private volatile bool _isStopping;

    public MachineWatch(PeerLoop loop)
    {
        _loop = loop;
        NextDeadline = loop.Now + Interval;
        loop.Add(this);
        _usual = new Thread(Watch) { IsBackground = true, Name = "usual" };
        _usual.Start();
    }

    public Lock Gate { get; } = new();

    public Instant NextDeadline { get; private set; }

    /// <summary>The longest lateness that touches the time between two moments.</summary>
    public TimeSpan LateWithin(Instant from, Instant to)
    {
        lock (Gate)
            return _late.Where(late => late.From <= to && late.To >= from).Select(late => late.To - late.From).DefaultIfEmpty().Max();
    }

    public void HandleDatagram(UdpSocket socket, Span<byte> datagram, TransportAddress remote, Instant now)
    {
        // It has no socket.
    }

    public void HandleDeadline(Instant now)
    {
        if (now - NextDeadline > Interval)
            _late.Enqueue((NextDeadline, now));
        while (_late.TryPeek(out var oldest) && now - oldest.To > Kept)
            _late.Dequeue();
        NextDeadline = now + Interval;
    }

    public void Dispose()
    {
        _loop.Remove(this);
        _isStopping = true;
        _usual.Join();
    }

    private void Watch()
    {
        while (!_isStopping)
        {
            var due = _loop.Now + Interval;
            Thread.Sleep(Interval);
            var now = _loop.Now;
            if (now - due > Interval)
                lock (Gate)
                    _late.Enqueue((due, now));
        }
    }
}
