using Media.Protocols.Primitives;

namespace Gateway.Sip.Transactions;

/// <summary>Something that wants to be called at a certain time.</summary>
public interface IHasDeadline
{
    Instant NextDeadline { get; }

    /// <summary>When the queue will ask next; kept by <see cref="DeadlineQueue{T}"/>, starts as <see cref="Instant.Never"/>.</summary>
    Instant ScheduledAt { get; set; }
}

/// <summary>
/// Many deadlines, the earliest first. An item is looked at when its entry is due and queued again if it wanted later; so a deadline that moves
/// back costs one early look, and an item has at most a few entries.
/// </summary>
public sealed class DeadlineQueue<T> where T : class, IHasDeadline
{
    private readonly PriorityQueue<T, long> _queue = new();

    public Instant NextDeadline => _queue.TryPeek(out _, out var ticks) ? new Instant(ticks) : Instant.Never;

    /// <summary>Call after anything that may have changed the item's deadline.</summary>
    public void Schedule(T item)
    {
        var at = item.NextDeadline;
        if (at >= item.ScheduledAt)
            return;
        item.ScheduledAt = at;
        _queue.Enqueue(item, at.Ticks);
    }

    /// <summary>The next item whose deadline has come. Handle it, then <see cref="Schedule"/> it.</summary>
    public bool TryTakeDue(Instant now, out T item)
    {
        while (_queue.TryPeek(out item!, out var ticks) && ticks <= now.Ticks)
        {
            _queue.Dequeue();
            if (ticks != item.ScheduledAt.Ticks)
                continue; // an earlier entry took its place
            item.ScheduledAt = Instant.Never;
            if (item.NextDeadline <= now)
                return true;
            Schedule(item);
        }
        item = null!;
        return false;
    }
}
