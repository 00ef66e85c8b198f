using Media.Engine.Loop;
using Media.Protocols.Primitives;

namespace Media.Engine.Tests.Loop;

/// <summary>Rounds in virtual time.</summary>
public class LoadMeterTests
{
    private readonly LoadMeter _meter = new(default);
    private Instant _now;
    private TimeSpan _processor;

    [Fact]
    public void Packets_wait_as_long_as_the_rounds_in_which_they_come_last()
    {
        var load = Run(TimeSpan.FromSeconds(2), sleep: 4, work: 4);
        Assert.Equal(0.5, load.Processor, 2);
        Assert.InRange(load.Wait.TotalMilliseconds, 1.9, 2.1); // half of them find the loop asleep, and wait for nothing
    }

    [Fact]
    public void A_loop_that_sleeps_is_idle_within_a_second()
    {
        Run(TimeSpan.FromSeconds(2), sleep: 0, work: 10);
        var load = Run(TimeSpan.FromSeconds(1.1), sleep: 250, work: 0);
        Assert.Equal((0, TimeSpan.Zero), (load.Processor, load.Wait));
    }

    [Fact]
    public void A_single_stall_shows_for_five_seconds()
    {
        Run(TimeSpan.FromSeconds(1), sleep: 10, work: 0);
        Run(TimeSpan.FromMilliseconds(300), sleep: 0, work: 300);
        Assert.Equal(300, Run(TimeSpan.FromSeconds(4.4), sleep: 10, work: 0).Longest.TotalMilliseconds, 0);
        Assert.InRange(Run(TimeSpan.FromSeconds(1.5), sleep: 10, work: 0).Longest.TotalMilliseconds, 0, 20);
    }

    [Fact]
    public void A_loop_that_is_woken_late_is_late_though_it_works_little()
    {
        LoopLoad load = default;
        for (var n = 0; n < 100; n++)
        {
            var due = _now + Milliseconds(5);
            _now += Milliseconds(25); // somebody else had the processor for 20 ms
            load = EndRound(due, woke: _now, Milliseconds(0.1)) ?? load;
        }
        Assert.InRange(load.Processor, 0.003, 0.005);
        Assert.InRange(load.Wait.TotalMilliseconds, 15, 17); // 20 × 20 of each 25 ms
    }

    [Fact]
    public void One_stall_of_the_process_is_no_lasting_load()
    {
        Run(TimeSpan.FromSeconds(2), sleep: 9, work: 1);
        EndRound(Instant.Never, _now, Milliseconds(300));
        var load = Run(TimeSpan.FromSeconds(0.6), sleep: 9, work: 1);
        Assert.InRange(load.Wait.TotalMilliseconds, 5, 16); // 300 × 50 ms in a second; 90 ms if it counted in full
    }

    private static TimeSpan Milliseconds(double count) => TimeSpan.FromMilliseconds(count);

    private LoopLoad Run(TimeSpan time, double sleep, double work)
    {
        LoopLoad load = default;
        for (var end = _now + time; _now < end;)
        {
            _now += Milliseconds(sleep);
            load = EndRound(Instant.Never, _now, Milliseconds(work)) ?? load;
        }
        return load;
    }

    private LoopLoad? EndRound(Instant due, Instant woke, TimeSpan work)
    {
        _now += work;
        _processor += work;
        _meter.EndRound(due, woke, _now);
        return _now >= _meter.NextReading ? _meter.Read(_processor, _now) : null;
    }
}
