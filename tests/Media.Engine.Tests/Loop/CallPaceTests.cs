using Media.Engine.Loop;

namespace Media.Engine.Tests.Loop;

public class CallPaceTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(1), Long = CallPace.MaxWait;

    private readonly CallPace _pace = new();

    [Fact]
    public void While_work_does_not_wait_every_call_begins() => Assert.Equal(4000, Run(asked: 400, seconds: 10, _ => Short));

    [Fact]
    public void One_long_wait_now_and_then_keeps_no_call_out() =>
        Assert.Equal(4000, Run(asked: 400, seconds: 10, reading => reading % 4 < 2 ? Long * 10 : Short));

    [Fact]
    public void Of_more_calls_than_can_be_set_up_as_many_begin_as_can()
    {
        // 40 a second can: each second of more lets work wait the longer.
        var behind = 0.0;
        TimeSpan Wait(int begun)
        {
            behind = Math.Max(0, behind + begun - 10);
            return Short * behind;
        }
        Run(asked: 100, seconds: 10, Wait, countsBegun: true);
        Assert.InRange(Run(asked: 100, seconds: 60, Wait, countsBegun: true) / 60.0, 32, 41);
        Assert.InRange(behind, 0, 80);
    }

    [Fact]
    public void However_long_work_waits_some_calls_begin()
    {
        Run(asked: 100, seconds: 60, _ => Long * 100);
        Assert.InRange(Run(asked: 100, seconds: 10, _ => Long * 100), 15, 25);
    }

    [Fact]
    public void When_fewer_are_asked_for_there_is_no_limit_any_more()
    {
        Run(asked: 100, seconds: 10, _ => Long);
        Assert.True(_pace.IsLimited);
        Run(asked: 1, seconds: 20, _ => Short);
        Assert.False(_pace.IsLimited);
    }

    /// <summary>The calls that begin of so many asked for a second.</summary>
    private int Run(int asked, int seconds, Func<int, TimeSpan> wait, bool countsBegun = false)
    {
        var all = 0;
        for (var reading = 0; reading < seconds * 4; reading++)
        {
            var calls = asked * (reading + 1) / 4 - asked * reading / 4;
            var begun = Enumerable.Range(0, calls).Count(_ => _pace.TryBegin());
            all += begun;
            _pace.Handle(wait(countsBegun ? begun : reading));
        }
        return all;
    }
}
