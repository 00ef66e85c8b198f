using Gateway.Sip.Dialogs;
using Gateway.Sip.Messages;

namespace Gateway.Sip.Tests.Dialogs;

public class BasicCallTests
{
    private readonly SipBench _bench = new();
    private readonly TestAgent _gateway;
    private readonly TestAgent _pbx;

    public BasicCallTests()
    {
        _gateway = _bench.AddAgent("10.0.0.1:5060", SipBench.Trunk("10.0.0.2:5060"));
        _pbx = _bench.AddAgent("10.0.0.2:5060", SipBench.Trunk("10.0.0.1:5060"));
    }

    [Fact]
    public void A_call_rings_is_answered_and_hung_up_by_the_caller()
    {
        var call = _gateway.Invite();
        _bench.Run();
        var callee = Assert.Single(_pbx.Incoming);
        Assert.Equal(("offer", "100", "+4930123"), (callee.Info.Offer, callee.Info.TargetUser, callee.Info.From.User));
        Assert.Equal("+4930123", callee.Info.AssertedIdentity?.User);
        Assert.Equal(0, _bench.CountOf(100, "INVITE"));

        _pbx.Do(callee, (s, now) => s.Provisional(180, null, now));
        _bench.Run();
        Assert.Equal(new SipCallEvent.Provisional(180, null, false), Assert.Single(_gateway.Events(call)));

        _pbx.Do(callee, (s, now) => s.Answer("answer", now));
        _bench.Run();
        Assert.Equal(new SipCallEvent.Answered("answer", false, new SipParty("100", null, "10.0.0.2")), _gateway.Events(call)[1]);
        Assert.IsType<SipCallEvent.Acknowledged>(Assert.Single(_pbx.Events(callee)));
        Assert.Equal((1, 1), (_bench.CountOf(200, "INVITE"), _bench.CountOf("ACK")));

        _gateway.HangUp(call);
        _bench.Run();
        Assert.Equal(new SipCallEvent.Ended(SipCallEnd.Local, SipReason.Q850(16)), _gateway.Events(call)[^1]);
        Assert.Equal(new SipCallEvent.Ended(SipCallEnd.Remote, SipReason.Q850(16)), _pbx.Events(callee)[^1]);
        Assert.Equal((0, 0), (_gateway.Agent.ActiveCalls, _pbx.Agent.ActiveCalls));
    }

    [Fact]
    public void Everything_is_forgotten_after_the_call()
    {
        var call = _gateway.Invite();
        _bench.Run();
        _pbx.Do(_pbx.Incoming[0], (s, now) => s.Answer("answer", now));
        _bench.Run();
        _pbx.HangUp(_pbx.Incoming[0]);
        _bench.Run(120);
        Assert.Equal(SipCallEnd.Remote, _gateway.Last<SipCallEvent.Ended>(call)!.By);
        foreach (var agent in (TestAgent[])[_gateway, _pbx])
        {
            Assert.Empty(agent.Agent.Sessions);
            Assert.Equal((0, 0), (agent.Agent.Layer.Clients.Count, agent.Agent.Layer.Servers.Count));
        }
    }
}
