using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Gateway.Calls;

namespace Gateway.Worker.Calls;

/// <summary>
/// Calls that were over before Meta's id of them was known, the newest <see cref="Capacity"/> of them: where the answer to connect was
/// lost, a webhook may still name one, and then a phone rings for nobody. Thread-safe.
/// </summary>
internal sealed class UnnamedCalls
{
    /// <summary>Far more than fail so in the minute in which a phone rings.</summary>
    private const int Capacity = 1000;

    private readonly ConcurrentDictionary<CallId, CallIdentity> _calls = new();
    private readonly ConcurrentQueue<CallId> _order = new();

    public void Add(CallIdentity call)
    {
        _calls[call.Id] = call;
        _order.Enqueue(call.Id);
        if (_order.Count > Capacity && _order.TryDequeue(out var oldest))
            _calls.TryRemove(oldest, out _);
    }

    /// <summary>True once per call.</summary>
    /// <param name="opaque">Our own id, as Meta gives it back; null where it does not.</param>
    /// <param name="call">The one that it names.</param>
    public bool TryTake(string? opaque, [NotNullWhen(true)] out CallIdentity? call)
    {
        call = null;
        return opaque is not null && _calls.TryRemove(new CallId(opaque), out call);
    }
}
