using Gateway.Sip.Messages;

namespace Gateway.Sip.Tests.Dialogs;

public class AutoAnswerTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_profiles_headers_go_with_the_calls_that_ask_for_it_alone(bool asks)
    {
        var bench = new SipBench();
        string[] lines = ["Call-Info: <sip:gateway>;answer-after=0", "Alert-Info: Auto Answer"];
        var gateway = bench.AddAgent("10.0.0.1:5060", SipBench.Trunk("10.0.0.2:5060", profile => profile with { AutoAnswer = lines }));
        var peer = bench.AddPeer("10.0.0.2:5060");
        gateway.Invite(change: call => call with { AutoAnswer = asks });
        bench.Run();
        var headers = peer.Last("INVITE").Headers;
        Assert.Equal(asks ? ["<sip:gateway>;answer-after=0"] : [], headers.All("Call-Info"));
        Assert.Equal(asks ? ["Auto Answer"] : [], headers.All("Alert-Info"));
    }
}
