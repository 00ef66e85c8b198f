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

    /// <summary>A gap that counts is looked at several times.</summary>
    private static readonly TimeSpan LoadInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>A queue of threads is worked off for some time after it was seen.</summary>
    private static readonly TimeSpan LoadBefore = TimeSpan.FromMilliseconds(500);

    private readonly PeerLoop _loop;
    private readonly Queue<(Instant From, Instant To)> _late = new();
    private readonly Queue<(Instant At, double Runnable)> _load = new();
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

    /// <summary>
    /// The most threads that a processor had to run, of the moments at which that was looked at, just before and between two.
    /// </summary>
    public double RunnableWithin(Instant from, Instant to)
    {
        lock (Gate)
            return _load.Where(load => load.At >= from - LoadBefore && load.At <= to).Select(load => load.Runnable)
                .DefaultIfEmpty().Max();
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
        while (_load.TryPeek(out var first) && now - first.At > Kept)
            _load.Dequeue();
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
        var lookAt = _loop.Now;
        while (!_isStopping)
        {
            var due = _loop.Now + Interval;
            Thread.Sleep(Interval);
            var now = _loop.Now;
            if (now - due > Interval)
                lock (Gate)
                    _late.Enqueue((due, now));
            if (now < lookAt)
                continue;
            lookAt = now + LoadInterval;
            var runnable = Runnable();
            lock (Gate)
                _load.Enqueue((now, runnable));
        }
    }

    /// <summary>From proc(5); 0 where there is none.</summary>
    private static double Runnable() => File.Exists("/proc/stat")
        ? double.Parse(
            File.ReadLines("/proc/stat").First(line => line.StartsWith("procs_running ", StringComparison.Ordinal)).Split(' ')[1])
            / Environment.ProcessorCount
        : 0;
}
