using Media.Engine.Loop;
using Media.Protocols.Primitives;

namespace Media.Engine.Tests.Loop;

public class HeadroomTests
{
    private readonly Headroom _headroom = new(limit: 0.9, margin: 0.1);
    private Instant _now;

    [Fact]
    public void A_loop_above_the_limit_has_no_room_until_it_has_been_well_below_for_a_while()
    {
        Assert.True(Run(0.85, seconds: 5, open: 100));
        Assert.False(Run(0.91, seconds: 0.25, open: 107));
        Assert.False(Run(0.85, seconds: 60, open: 100));
        Assert.False(Run(0.75, seconds: 1, open: 88));
        Assert.False(Run(0.85, seconds: 1, open: 100));
        Assert.False(Run(0.75, seconds: 2, open: 88));
        Assert.True(Run(0.75, seconds: 0.25, open: 88));
    }

    [Fact]
    public void A_loop_that_is_late_has_no_room_however_little_it_does()
    {
        Assert.False(Run(0.1, seconds: 0.25, open: 10, wait: 25));
        Assert.False(Run(0.1, seconds: 10, open: 10, wait: 11));
        Assert.True(Run(0.1, seconds: 2.5, open: 10, wait: 5));
    }

    [Fact]
    public void Calls_that_ring_count_with_what_open_ones_take()
    {
        Run(0.5, seconds: 60, open: 100); // half a percent each
        Assert.True(_headroom.HasRoom(177));
        Assert.False(_headroom.HasRoom(181));
    }

    [Fact]
    public void A_burst_at_an_idle_loop_ends_where_the_processor_would()
    {
        Run(0, seconds: 1, open: 0);
        Assert.True(_headroom.HasRoom(88));
        Assert.False(_headroom.HasRoom(90));
    }

    [Fact]
    public void Calls_that_have_just_opened_do_not_make_further_ones_look_cheap()
    {
        Run(0, seconds: 1, open: 0);
        Run(0.02, seconds: 0.25, open: 60);
        Assert.False(_headroom.HasRoom(170));
    }

    [Fact]
    public void A_limit_of_the_whole_processor_is_none()
    {
        var headroom = new Headroom(limit: 1, margin: 0.1);
        headroom.Handle(new LoopLoad(1, TimeSpan.FromSeconds(1)), 500, _now);
        Assert.True(headroom.HasRoom(1000));
    }

    private bool Run(double processor, double seconds, int open, double wait = 1)
    {
        for (var n = 0; n < seconds * 4; n++)
            _headroom.Handle(new LoopLoad(processor, TimeSpan.FromMilliseconds(wait)), open, _now += LoadMeter.Window);
        return _headroom.HasRoom(open);
    }
}
