using Media.Protocols.Primitives;

namespace Media.Protocols.Tests.Primitives;

public class DeadlineQueueTests
{
    private readonly DeadlineQueue<Item> _queue = new();

    [Fact]
    public void Gives_what_is_due_in_order_and_nothing_else()
    {
        Item late = new(30), early = new(10), never = new(long.MaxValue);
        foreach (var item in new[] { late, early, never })
            _queue.Schedule(item);
        Assert.Equal(new Instant(10), _queue.NextDeadline);
        Assert.Equal([early], Due(20));
        Assert.Equal([late], Due(30));
        Assert.Equal([], Due(long.MaxValue - 1));
    }

    [Fact]
    public void A_deadline_that_moved_later_is_put_back_when_it_comes_up()
    {
        var item = new Item(10);
        _queue.Schedule(item);
        item.NextDeadline = new Instant(50);
        _queue.Schedule(item);
        Assert.Equal([], Due(40));
        Assert.Equal(new Instant(50), _queue.NextDeadline);
        Assert.Equal([item], Due(50));
    }

    [Fact]
    public void A_deadline_that_moved_earlier_comes_earlier_and_only_once()
    {
        var item = new Item(50);
        _queue.Schedule(item);
        item.NextDeadline = new Instant(20);
        _queue.Schedule(item);
        Assert.Equal([item], Due(20));
        item.NextDeadline = Instant.Never;
        Assert.Equal([], Due(60));
    }

    private List<Item> Due(long now)
    {
        var due = new List<Item>();
        while (_queue.TryTakeDue(new Instant(now), out var item))
        {
            due.Add(item);
            item.NextDeadline = Instant.Never;
        }
        return due;
    }

    private sealed class Item(long deadline) : IHasDeadline
    {
        public Instant NextDeadline { get; set; } = new(deadline);

        public Instant ScheduledAt { get; set; } = Instant.Never;
    }
}
