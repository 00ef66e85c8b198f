using Media.Protocols.Primitives;

namespace Media.Protocols.Tests.Primitives;

public class DeadlineTableTests
{
    private static readonly Instant Start = new(1000);

    private readonly DeadlineTable<Waiting> _table = new();

    [Fact]
    public void Nothing_is_waited_for_at_first()
    {
        Assert.Equal(Instant.Never, _table.Next);
        Assert.Null(_table.NextName);
        Assert.False(_table.IsDue(Waiting.Second, Start));
    }

    [Fact]
    public void The_earliest_deadline_is_next_and_has_a_name()
    {
        _table[Waiting.First] = Start + TimeSpan.FromSeconds(3);
        _table[Waiting.Third] = Start + TimeSpan.FromSeconds(1);
        _table[Waiting.Second] = Start + TimeSpan.FromSeconds(2);
        Assert.Equal((Waiting.Third, Start + TimeSpan.FromSeconds(1)), (_table.NextName!.Value, _table.Next));
        _table.Clear(Waiting.Third);
        Assert.Equal((Waiting.Second, Start + TimeSpan.FromSeconds(2)), (_table.NextName!.Value, _table.Next));
        Assert.False(_table.IsSet(Waiting.Third));
    }

    [Fact]
    public void Of_two_deadlines_at_one_time_the_first_name_is_next()
    {
        _table[Waiting.Third] = _table[Waiting.Second] = Start;
        Assert.Equal(Waiting.Second, _table.NextName);
    }

    [Fact]
    public void A_deadline_is_due_from_its_time_on_and_can_be_taken_once()
    {
        _table[Waiting.Second] = Start;
        Assert.False(_table.TryTakeDue(Waiting.Second, Start - TimeSpan.FromTicks(1)));
        Assert.True(_table.IsDue(Waiting.Second, Start));
        Assert.True(_table.TryTakeDue(Waiting.Second, Start));
        Assert.False(_table.TryTakeDue(Waiting.Second, Start));
    }

    [Fact]
    public void Clearing_it_ends_all_waiting()
    {
        _table[Waiting.First] = _table[Waiting.Third] = Start;
        _table.Clear();
        Assert.Null(_table.NextName);
    }

    [Fact]
    public void In_words_it_is_what_is_waited_for_in_order_of_time()
    {
        _table[Waiting.First] = Start + TimeSpan.FromSeconds(3);
        _table[Waiting.Third] = Start;
        Assert.Matches("^Third .*, First .*$", _table.ToString());
    }

    [Fact]
    public void Setting_and_asking_allocate_nothing()
    {
        Turn(); // jitted
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            Turn();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private void Turn()
    {
        _table[Waiting.Second] = Start;
        _ = _table.Next;
        _table.TryTakeDue(Waiting.Second, Start);
    }

    private enum Waiting
    {
        First,
        Second,
        Third,
    }
}
