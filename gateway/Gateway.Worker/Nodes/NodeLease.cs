using Gateway.Worker.Configuration;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Nodes;

/// <summary>
/// Whether this process may act for its calls. The heartbeat's thread moves the end on; a process that stood still (SIGSTOP, a frozen
/// machine) for longer than its lease finds it in the past before it sends anything, and stays silent until it knows which calls it still
/// has. Redis that does not answer changes nothing here. Thread-safe.
/// </summary>
internal sealed class NodeLease(GatewayOptions options, TimeProvider time) : ISendGate
{
    private readonly long _length = (long)(options.Node.Lease.TotalSeconds * time.TimestampFrequency);
    private long _end = long.MaxValue; // until the first heartbeat
    private long _heard = time.GetTimestamp();

    public bool IsOpen => time.GetTimestamp() < Volatile.Read(ref _end);

    /// <summary>Neither store has taken a sign of life for as long as a lease: others may take this node for dead.</summary>
    public bool IsCutOff => time.GetTimestamp() - Volatile.Read(ref _heard) > _length;

    /// <summary>A store has taken a sign of life.</summary>
    public void NoteHeard() => Volatile.Write(ref _heard, time.GetTimestamp());

    /// <summary>Moves the end on. False: it has passed, and only <see cref="Open"/> helps.</summary>
    public bool TryRenew()
    {
        var now = time.GetTimestamp();
        if (now >= Volatile.Read(ref _end))
            return false;
        Volatile.Write(ref _end, now + _length);
        return true;
    }

    /// <summary>What this process still has is known.</summary>
    public void Open() => Volatile.Write(ref _end, time.GetTimestamp() + _length);

    /// <summary>Completes when it is open.</summary>
    public async Task WhenOpenAsync(CancellationToken cancellation)
    {
        while (!IsOpen)
            await Task.Delay(TimeSpan.FromMilliseconds(20), time, cancellation);
    }
}
