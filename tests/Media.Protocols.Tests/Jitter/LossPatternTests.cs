using Media.Protocols.Jitter;

namespace Media.Protocols.Tests.Jitter;

public class LossPatternTests
{
    private readonly LossPattern _pattern = new();

    [Fact]
    public void A_stream_without_loss_is_one_gap()
    {
        Feed("500a");
        Assert.Equal(new BurstsAndGaps(0, 0, 0, 10_000), _pattern.Read(20));
        Assert.Equal((500, 0, 0), (_pattern.Arrived, _pattern.Lost, _pattern.Runs));
    }

    /// <summary>A burst of L A L A L, and a loss that stands alone: (3 + 1) of (5 + 1) packets, three packets long on average.</summary>
    [Fact]
    public void Bursts_are_as_dense_and_as_long_as_they_were()
    {
        Feed("100a l a l a l 100a l");
        var read = _pattern.Read(20);
        Assert.Equal(4 / 6.0, read.BurstDensity, 6);
        Assert.Equal((60, 2020), (read.BurstMs, read.GapMs));
        Assert.Equal((4, 4), (_pattern.Lost, _pattern.Runs));
    }

    [Fact]
    public void A_loss_that_stands_alone_belongs_to_its_gap()
    {
        Feed("100a l 100a l 100a l");
        Assert.Equal(2 / 302.0, _pattern.Read(20).GapDensity, 6);
    }

    [Fact]
    public void Losses_in_a_row_are_one_run()
    {
        Feed("50a 3l 50a l 50a 5l");
        Assert.Equal((9, 3), (_pattern.Lost, _pattern.Runs));
    }

    private void Feed(string packets)
    {
        foreach (var one in packets.Split(' '))
        {
            var count = one.Length > 1 ? int.Parse(one[..^1]) : 1;
            if (one[^1] == 'l')
                _pattern.HandleLoss(count);
            for (var i = 0; one[^1] == 'a' && i < count; i++)
                _pattern.HandleArrival();
        }
    }
}
