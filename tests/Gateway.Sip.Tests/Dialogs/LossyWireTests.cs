using Gateway.Sip.Dialogs;

namespace Gateway.Sip.Tests.Dialogs;

/// <summary>
/// Two agents over a wire that loses a fifth of all datagrams: both owners receive the same events, once, and nothing is left behind.
/// </summary>
public class LossyWireTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 40)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_call_with_every_feature_survives(int seed)
    {
        var bench = new SipBench(seed) { Loss = 20 };
        var (gateway, pbx) = Agents(bench);
        var call = gateway.Invite();
        Until(bench, () => pbx.Incoming.Count > 0);
        var callee = pbx.Incoming[0];
        pbx.Do(callee, (s, now) => s.Provisional(183, "answer", now));
        Until(bench, () => gateway.Last<SipCallEvent.Provisional>(call)?.Sdp is not null);
        pbx.Do(callee, (s, now) => s.Answer("answer", now));
        Until(
            bench, () => gateway.Last<SipCallEvent.Answered>(call) is not null && pbx.Last<SipCallEvent.Acknowledged>(callee) is not null);

        pbx.Do(callee, (s, now) => s.Offer("hold", now));
        Until(bench, () => gateway.Last<SipCallEvent.OfferReceived>(call) is not null);
        gateway.Do(call, (s, now) => s.AcceptOffer("held", now));
        Until(bench, () => pbx.Last<SipCallEvent.AnswerReceived>(callee) is not null);

        pbx.HangUp(callee);
        bench.Run(120);
        Assert.Single(gateway.Events(call).OfType<SipCallEvent.Answered>());
        Assert.Equal(SipCallEnd.Remote, Assert.Single(gateway.Events(call).OfType<SipCallEvent.Ended>()).By);
        Assert.Equal(SipCallEnd.Local, Assert.Single(pbx.Events(callee).OfType<SipCallEvent.Ended>()).By);
        AssertNothingLeft(gateway, pbx);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Hanging_up_at_any_moment_ends_both_sides(int seed)
    {
        var bench = new SipBench(seed) { Loss = seed % 3 * 10 };
        var (gateway, pbx) = Agents(bench);
        var call = gateway.Invite(seed % 2 == 0 ? "offer" : null);
        bench.Run(TimeSpan.FromMilliseconds(seed * 3 % 40));
        if (pbx.Incoming.Count > 0)
            pbx.Do(pbx.Incoming[0], (s, now) => s.Answer("sdp", now));
        bench.Run(TimeSpan.FromMilliseconds(seed * 7 % 30));
        gateway.HangUp(call);
        bench.Run(TimeSpan.FromMilliseconds(seed % 20));
        foreach (var late in pbx.Incoming)
            pbx.Do(late, (s, now) => s.Answer("sdp", now));
        bench.Run(200);
        Assert.True(call.IsOver);
        Assert.All(pbx.Incoming, callee => Assert.True(callee.IsOver));
        AssertNothingLeft(gateway, pbx);
    }

    private static (TestAgent Gateway, TestAgent Pbx) Agents(SipBench bench) =>
        (bench.AddAgent("10.0.0.1:5060", SipBench.Trunk("10.0.0.2:5060") with { RequestTimeout = TimeSpan.FromSeconds(32) }),
            bench.AddAgent("10.0.0.2:5060", SipBench.Trunk("10.0.0.1:5060")));

    private static void Until(SipBench bench, Func<bool> reached)
    {
        for (var i = 0; i < 400 && !reached(); i++)
            bench.Run();
        Assert.True(reached());
    }

    private static void AssertNothingLeft(params TestAgent[] agents)
    {
        foreach (var agent in agents)
        {
            Assert.Empty(agent.Agent.Sessions);
            Assert.Equal((0, 0, 0), (agent.Agent.Layer.Clients.Count, agent.Agent.Layer.Servers.Count, agent.Agent.ActiveCalls));
        }
    }
}
