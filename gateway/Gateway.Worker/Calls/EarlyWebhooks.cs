using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Calls;

/// <summary>
/// The events that webhooks reported of calls that this node does not know, kept for a moment: Meta's webhooks may overtake its answer to
/// connect, and need not give back our own id. Thread-safe.
/// </summary>
internal sealed class EarlyWebhooks(InstantClock clock)
{
    private const int MaxCalls = 1000;

    /// <summary>connect and three states, and a duplicate of each.</summary>
    private const int MaxInputs = 8;

    /// <summary>Longer than an answer to connect is waited for.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(15);

    private readonly Lock _gate = new();
    private readonly Dictionary<WhatsAppCallId, List<CallInput>> _inputs = [];
    private readonly Queue<(WhatsAppCallId Id, Instant Since)> _order = new();

    public void Keep(WhatsAppCallId id, CallInput input)
    {
        var now = clock.Now;
        lock (_gate)
        {
            while (_order.TryPeek(out var oldest) && (oldest.Since + Lifetime < now || _order.Count >= MaxCalls))
                _inputs.Remove(_order.Dequeue().Id);
            if (!_inputs.TryGetValue(id, out var kept))
            {
                _inputs[id] = kept = [];
                _order.Enqueue((id, now));
            }
            if (kept.Count < MaxInputs)
                kept.Add(input);
        }
    }

    /// <summary>All that was kept of a call, in order; from now on nothing is.</summary>
    public IReadOnlyList<CallInput> Take(WhatsAppCallId id)
    {
        lock (_gate)
            return _inputs.Remove(id, out var kept) ? kept : [];
    }
}
