using Gateway.Calls;

namespace Gateway.Worker.Calls;

/// <summary>The calls that this node knows to be over, the newest <see cref="Capacity"/> of them. Thread-safe.</summary>
internal sealed class Tombstones
{
    /// <summary>More than a busy node ends in the hour in which late webhooks come.</summary>
    public const int Capacity = 20_000;

    private readonly Lock _gate = new();
    private readonly HashSet<WhatsAppCallId> _ids = [];
    private readonly Queue<WhatsAppCallId> _order = new();

    public void Add(WhatsAppCallId id)
    {
        lock (_gate)
        {
            if (!_ids.Add(id))
                return;
            _order.Enqueue(id);
            if (_order.Count > Capacity)
                _ids.Remove(_order.Dequeue());
        }
    }

    public bool Holds(WhatsAppCallId id)
    {
        lock (_gate)
            return _ids.Contains(id);
    }
}
