using Media.Protocols.Primitives;

namespace Media.Engine.Net;

/// <summary>Something that wants to be called at a time that keeps changing.</summary>
internal interface IDeadlined
{
    /// <summary>When it wants to be called; <see cref="Instant.Never"/> for not at all.</summary>
    Instant NextDeadline { get; }

    /// <summary>The queue's own note: the earliest entry it holds for this.</summary>
    Instant Scheduled { get; set; }
}

/// <summary>
/// Which deadline comes first. A deadline that moves later (every packet does that) costs nothing: its old entry stays, and when it comes
/// up it is put back. Only one that moves earlier is entered at once. One thread; allocates only to grow.
/// </summary>
internal sealed class DeadlineQueue<T>
    where T : class, IDeadlined
{
    private readonly PriorityQueue<T, long> _entries = new(256);

    /// <summary>No entry is earlier; the item it is for may since have moved later.</summary>
    public Instant Earliest => _entries.TryPeek(out _, out var at) ? new Instant(at) : Instant.Never;

    /// <summary>To be called whenever the item's deadline may have changed.</summary>
    public void Update(T item)
    {
        var deadline = item.NextDeadline;
        if (deadline < item.Scheduled)
            Enter(item, deadline);
    }

    /// <summary>Takes out an item whose deadline has come.</summary>
    public bool TryTakeDue(Instant now, out T item)
    {
        while (_entries.TryPeek(out item!, out var at) && at <= now.Ticks)
        {
            _entries.Dequeue();
            if (item.Scheduled.Ticks != at)
                continue; // an earlier entry took its place
            item.Scheduled = Instant.Never;
            var deadline = item.NextDeadline;
            if (deadline <= now)
                return true;
            if (deadline != Instant.Never)
                Enter(item, deadline);
        }
        return false;
    }

    private void Enter(T item, Instant deadline)
    {
        item.Scheduled = deadline;
        _entries.Enqueue(item, deadline.Ticks);
    }
}
