using Gateway.Calls;
using Gateway.Worker.Calls;
using Testing;

namespace Gateway.Worker.Tests.Agents;

public class NoticePaceTests
{
    [Fact]
    public void Each_agent_is_told_once_in_an_interval()
    {
        var clock = new VirtualClock();
        var pace = new NoticePace(TimeSpan.FromSeconds(30));
        var (ada, bob) = (new AgentId("ada"), new AgentId("bob"));
        Assert.True(pace.TryPass(ada, clock.Now));
        clock.Advance(TimeSpan.FromSeconds(29.9));
        Assert.False(pace.TryPass(ada, clock.Now));
        Assert.True(pace.TryPass(bob, clock.Now));
        clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.True(pace.TryPass(ada, clock.Now));
        Assert.False(pace.TryPass(bob, clock.Now));
    }
}
