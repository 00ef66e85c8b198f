using Media.Engine.Loop;
using Media.Protocols.Primitives;
using Microsoft.Extensions.Logging.Abstractions;

namespace Media.Engine.Tests.Loop;

public class ProcessWatchTests
{
    private const double ProcessorCount = 2;

    private readonly ProcessWatch _watch = new(new MediaEngineOptions(), ProcessorCount, new Instant(0), NullLogger.Instance);
    private Instant _now = new(0);
    private TimeSpan _used;

    [Fact]
    public void A_process_above_its_limit_takes_calls_again_once_it_has_been_a_little_below_for_a_while()
    {
        Assert.True(Run(0.8, seconds: 5, open: 100));
        Assert.Equal(0.8, _watch.Load, 3);
        Assert.False(Run(0.87, seconds: 2, open: 100));
        Assert.False(Run(0.82, seconds: 60, open: 100));
        Assert.False(Run(0.75, seconds: 2, open: 90));
        Assert.True(Run(0.75, seconds: 2, open: 90));
    }

    [Fact]
    public void Calls_that_are_being_set_up_count_with_what_live_ones_take()
    {
        Run(0.5, seconds: 60, open: 100); // half a percent each
        Assert.True(_watch.HasRoom(165));
        Assert.False(_watch.HasRoom(175));
    }

    [Fact]
    public void A_few_calls_are_not_what_keeps_the_processors_busy() => Assert.True(Run(1, seconds: 60, open: 5));

    [Fact]
    public void At_100_percent_the_process_does_not_count()
    {
        var watch = new ProcessWatch(new MediaEngineOptions { MaxProcessPercent = 100 }, 1, _now, NullLogger.Instance);
        for (var n = 1; n < 100; n++)
            watch.Handle(LoadMeter.Window * n, TimeSpan.FromSeconds(1), 500, _now += LoadMeter.Window);
        Assert.True(watch.HasRoom(1000));
    }

    [Fact]
    public void A_process_is_behind_until_its_work_has_waited_no_longer_for_two_seconds()
    {
        Run(0.3, seconds: 5, open: 100, wait: 9);
        Assert.False(_watch.IsBehind);

        Run(0.3, seconds: 0.25, open: 100, wait: 60);
        Assert.Equal(TimeSpan.FromMilliseconds(60), _watch.Wait);
        Run(0.3, seconds: 1.75, open: 100);
        Assert.True(_watch.IsBehind);
        Run(0.3, seconds: 0.25, open: 100);
        Assert.False(_watch.IsBehind);
    }

    [Fact]
    public void At_100_percent_the_process_is_never_behind()
    {
        var unlimited = new ProcessWatch(new MediaEngineOptions { MaxProcessPercent = 100 }, 1, _now, NullLogger.Instance);
        unlimited.Handle(default, TimeSpan.FromSeconds(1), 500, _now += LoadMeter.Window);
        Assert.False(unlimited.IsBehind);
    }

    [Theory]
    [InlineData("150000 100000", 1.5)]
    [InlineData("max 100000", double.PositiveInfinity)]
    [InlineData("", double.PositiveInfinity)]
    [InlineData("0 0", double.PositiveInfinity)]
    [InlineData("a b c", double.PositiveInfinity)]
    public void A_quota_is_a_part_of_processors(string cpuMax, double processors) =>
        Assert.Equal(processors, Processors.ReadQuota(cpuMax));

    [Fact]
    public void This_process_has_some() => Assert.InRange(Processors.Count(), 0.01, Environment.ProcessorCount);

    private bool Run(double load, double seconds, int open, double wait = 1)
    {
        for (var n = 0; n < seconds * 4; n++)
            _watch.Handle(
                _used += LoadMeter.Window * load * ProcessorCount, TimeSpan.FromMilliseconds(wait), open, _now += LoadMeter.Window);
        return _watch.HasRoom(open);
    }
}
