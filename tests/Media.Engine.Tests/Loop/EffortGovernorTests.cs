using Media.Engine.Codecs;
using Media.Engine.Loop;
using Media.Protocols.Primitives;

namespace Media.Engine.Tests.Loop;

/// <summary>
/// The governor before a loop in virtual time, whose load follows from its calls and from what a call costs at each effort, as measured.
/// </summary>
public class EffortGovernorTests
{
    /// <summary>Milliseconds a second of a bridged call at each effort.</summary>
    private static readonly double[] CallCost = [7.6, 6.5, 5.0, 4.3];

    private readonly EffortGovernor _governor = new();
    private readonly Queue<double> _lastSecond = new([0, 0, 0, 0]);
    private readonly List<(double At, OpusEffort Level)> _changes = [];
    private Instant _now;

    [Fact]
    public void Quality_sinks_while_the_load_is_too_high_and_rises_once_it_is_low()
    {
        Run(calls: 50, seconds: 60);
        Assert.Equal(OpusEffort.Full, _governor.Level);

        Run(calls: 140, seconds: 60); // 106 % as configured, 91 % reduced, 70 % without FEC
        Assert.Equal(OpusEffort.WithoutFec, _governor.Level);
        Assert.InRange(_changes[^1].At - _changes[0].At, 1, 1.5);

        Run(calls: 50, seconds: 60);
        Assert.Equal(OpusEffort.Full, _governor.Level);
        Assert.Equal(4, _changes.Count);
    }

    [Fact]
    public void Only_as_much_quality_is_given_up_as_is_needed()
    {
        Run(calls: 114, seconds: 60); // 87 % as configured, 74 % reduced
        Assert.Equal(OpusEffort.Reduced, _governor.Level);
        Assert.Single(_changes);
    }

    [Theory]
    [InlineData(0.4, 3)]
    [InlineData(0.1, 0)] // what it does is not the cause
    public void A_loop_that_is_late_gives_up_quality_where_that_frees_time(double processor, int steps)
    {
        for (var n = 0; n < 40; n++)
            Handle(new LoopLoad(processor, TimeSpan.FromMilliseconds(12)));
        Assert.Equal((OpusEffort)steps, _governor.Level);
        Assert.Equal(steps, _changes.Count);
    }

    [Theory]
    [InlineData(80)]
    [InlineData(100)]
    [InlineData(108)]
    [InlineData(112)]
    [InlineData(130)]
    [InlineData(180)]
    [InlineData(250)]
    public void A_load_that_stays_changes_it_in_one_direction_only(int calls)
    {
        Run(calls, seconds: 1800);
        Assert.InRange(_changes.Count, 0, 3);
        Assert.Equal(_changes.Select(change => change.Level).Order(), _changes.Select(change => change.Level));
    }

    [Fact]
    public void A_load_that_comes_and_goes_each_quarter_of_a_minute_does_not_make_it_swing()
    {
        for (var n = 0; n < 120; n++)
            Run(calls: n % 2 == 0 ? 115 : 60, seconds: 15);
        Assert.InRange(_changes.Count, 2, 20); // of 240 that it could have made
        Assert.All(
            _changes.Zip(_changes.Skip(1)).Where(pair => pair.Second.Level < pair.First.Level),
            pair => Assert.True(pair.Second.At - pair.First.At >= 10));
    }

    [Fact]
    public void A_load_near_the_upper_limit_lets_it_neither_sink_nor_rise()
    {
        Run(calls: 140, seconds: 10);
        Run(calls: 120, seconds: 600); // 60 % without FEC; above the limit below which it rises
        Assert.Equal(2, _changes.Count);
    }

    private void Run(int calls, int seconds)
    {
        for (var n = 0; n < seconds * 4; n++)
        {
            _lastSecond.Dequeue();
            _lastSecond.Enqueue(Math.Min(1, calls * CallCost[(int)_governor.Level] / 1000));
            Handle(new LoopLoad(_lastSecond.Average(), TimeSpan.FromMilliseconds(1)));
        }
    }

    private void Handle(LoopLoad load)
    {
        _now += LoadMeter.Window;
        if (_governor.Handle(load, _now))
            _changes.Add(((_now - default(Instant)).TotalSeconds, _governor.Level));
    }
}
