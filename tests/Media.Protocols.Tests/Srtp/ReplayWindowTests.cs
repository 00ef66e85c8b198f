using Media.Protocols.Srtp;

namespace Media.Protocols.Tests.Srtp;

public sealed class ReplayWindowTests
{
    private const int Size = 128;

    /// <summary>Steps of every kind: one on, late, again, across both halves and beyond the whole window.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void An_index_is_fresh_once_and_while_it_is_in_the_window(int seed)
    {
        var random = new Random(seed);
        var window = new ReplayWindow();
        var (seen, highest) = (new HashSet<ulong>(), 10_000UL);
        window.Commit(highest);
        seen.Add(highest);
        for (var i = 0; i < 20_000; i++)
        {
            var index = highest + (ulong)(random.Next(10) < 8 ? random.Next(-140, 3) : random.Next(-140, 200));
            var isFresh = index > highest || highest - index < Size && !seen.Contains(index);
            Assert.Equal(isFresh, window.IsFresh(index));
            if (!isFresh)
                continue;
            window.Commit(index);
            seen.Add(index);
            highest = Math.Max(highest, index);
            Assert.Equal(highest, window.Highest);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(5000)]
    public void After_a_gap_of_any_length_what_was_seen_stays_seen_and_the_rest_of_the_window_is_fresh(ulong steps)
    {
        var window = new ReplayWindow();
        window.Commit(1000);
        window.Commit(1000 + steps);
        Assert.False(window.IsFresh(1000)); // or too old by now
        Assert.False(window.IsFresh(1000 + steps));
        Assert.False(window.IsFresh(1000 + steps - Size));
        for (var age = 1UL; age < Size; age++)
            Assert.Equal(age != steps, window.IsFresh(1000 + steps - age));
    }

    [Fact]
    public void One_that_has_seen_everything_until_an_index_takes_later_ones_alone()
    {
        var window = ReplayWindow.Until(500);
        Assert.All(Enumerable.Range(300, 201), index => Assert.False(window.IsFresh((ulong)index)));
        Assert.True(window.IsFresh(501));
    }
}
