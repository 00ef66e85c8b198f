namespace Media.Protocols.Primitives;

/// <summary>Something that wants to be called at a time that keeps changing.</summary>
public interface IHasDeadline
{
    /// <summary>The time at which it wants to be called; <see cref="Instant.Never"/> for not at all.</summary>
    Instant NextDeadline { get; }

    /// <summary>
    /// The time at which the queue will ask next; kept by <see cref="DeadlineQueue{T}"/>, starts as <see cref="Instant.Never"/>.
    /// </summary>
    Instant ScheduledAt { get; set; }
}

/// <summary>
/// The deadlines of many items, the earliest first. A deadline that moves later (with every packet, in media) costs nothing: its old entry
/// stays, and when it comes up it is put back. Only one that moves earlier is entered at once. One owner; allocates only to grow.
/// </summary>
public sealed class DeadlineQueue<T>
    where T : class, IHasDeadline
{
    private readonly PriorityQueue<T, long> _entries = new();

    /// <summary>No item's deadline is earlier; the item that this is for may since want to be called later.</summary>
    public Instant NextDeadline => _entries.TryPeek(out _, out var at) ? new Instant(at) : Instant.Never;

    /// <summary>Call after anything that may have changed the item's deadline.</summary>
    public void Schedule(T item)
    {
        var at = item.NextDeadline;
        if (at >= item.ScheduledAt)
            return;
        item.ScheduledAt = at;
        _entries.Enqueue(item, at.Ticks);
    }

    /// <summary>The next item whose deadline has come. Handle it, then <see cref="Schedule"/> it.</summary>
    public bool TryTakeDue(Instant now, out T item)
    {
        while (_entries.TryPeek(out item!, out var at) && at <= now.Ticks)
        {
            _entries.Dequeue();
            if (item.ScheduledAt.Ticks != at)
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
