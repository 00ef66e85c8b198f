using Gateway.Sip.Dialogs;
using Gateway.Sip.Messages;
using Gateway.Sip.Profiles;

namespace Gateway.Sip.Tests.Dialogs;

/// <summary>RFC 4028 in both roles.</summary>
public class SessionTimerTests
{
    private readonly SipBench _bench = new();

    [Theory]
    [InlineData(RefreshMethod.Update, "UPDATE")]
    [InlineData(RefreshMethod.ReInvite, "INVITE")]
    public void Two_agents_keep_a_session_alive_for_hours(RefreshMethod method, string refresh)
    {
        var gateway = _bench.AddAgent(
            "10.0.0.1:5060", SipBench.Trunk("10.0.0.2:5060", profile => profile with { SessionRefreshMethod = method }));
        var pbx = _bench.AddAgent("10.0.0.2:5060", SipBench.Trunk("10.0.0.1:5060"));
        var call = gateway.Invite();
        _bench.Run();
        pbx.Do(pbx.Incoming[0], (s, now) => s.Answer("answer", now));
        _bench.Run();
        Assert.Equal("1800;refresher=uac", _bench.LastResponse(200, "INVITE").Headers["Session-Expires"]);
        var before = _bench.CountOf(refresh);
        _bench.Run(2 * 3600);
        Assert.Equal(7, _bench.CountOf(refresh) - before);
        Assert.False(call.IsOver || pbx.Incoming[0].IsOver);
        Assert.Equal(["Answered"], gateway.Events(call).Select(happened => happened.GetType().Name));
        Assert.Null(pbx.Last<SipCallEvent.OfferReceived>(pbx.Incoming[0]));
    }

    [Fact]
    public void A_session_whose_refresher_fell_silent_ends_with_bye()
    {
        var (bench, gateway, _, call, _) = RenegotiationTests.WithScriptedPeer(
            null, ("Supported", "timer"), ("Session-Expires", "180;refresher=uac"));
        bench.Run(140);
        Assert.False(call.IsOver);
        bench.Run(10);
        Assert.Equal(SipCallEnd.SessionExpired, gateway.Last<SipCallEvent.Ended>(call)!.By);
        Assert.True(bench.CountOf("BYE") > 0);
    }

    [Fact]
    public void A_refresh_by_the_peer_starts_the_interval_again()
    {
        var (bench, gateway, pbx, call, tag) = RenegotiationTests.WithScriptedPeer(
            null, ("Supported", "timer"), ("Session-Expires", "180;refresher=uac"));
        bench.Run(100);
        pbx.Request(
            gateway.Address, "UPDATE", "c1", 2, "peer", tag, headers: [("Supported", "timer"), ("Session-Expires", "180;refresher=uac")]);
        bench.Run(100);
        Assert.Equal("180;refresher=uac", bench.LastResponse(200, "UPDATE").Headers["Session-Expires"]);
        Assert.False(call.IsOver);
    }

    [Fact]
    public void We_refresh_when_the_peer_asks_us_to_and_end_when_it_does_not_answer()
    {
        var (bench, gateway, pbx, call, _) = RenegotiationTests.WithScriptedPeer(
            null, ("Supported", "timer"), ("Allow", "INVITE, UPDATE"), ("Session-Expires", "180;refresher=uas"));
        bench.Run(91);
        var update = pbx.Last("UPDATE");
        Assert.Equal("180;refresher=uac", update.Headers["Session-Expires"]);
        pbx.Respond(update, 200, null, null, ("Session-Expires", "180;refresher=uac"));
        bench.Run(91);
        Assert.NotEqual(update.CSeq, pbx.Last("UPDATE").CSeq);
        bench.Run(60);
        Assert.Equal(SipCallEnd.DialogLost, gateway.Last<SipCallEvent.Ended>(call)!.By);
    }

    [Fact]
    public void An_update_that_the_peer_does_not_know_is_replaced_by_a_reinvite()
    {
        var (bench, _, pbx, call, _) = RenegotiationTests.WithScriptedPeer(
            null, ("Supported", "timer"), ("Allow", "INVITE, UPDATE"), ("Session-Expires", "180;refresher=uas"));
        bench.Run(91);
        pbx.Respond(pbx.Last("UPDATE"), 405);
        bench.Run();
        var refresh = pbx.Last("INVITE");
        Assert.Equal("answer", System.Text.Encoding.UTF8.GetString(refresh.Body.Span));
        pbx.Respond(refresh, 200, null, "offer", ("Session-Expires", "180;refresher=uac"));
        bench.Run(60);
        Assert.False(call.IsOver);
    }

    [Fact]
    public void Too_short_an_interval_is_refused_with_ours()
    {
        var gateway = _bench.AddAgent("10.0.0.1:5060", SipBench.Trunk("10.0.0.2:5060"));
        var pbx = _bench.AddPeer("10.0.0.2:5060");
        pbx.Request(
            gateway.Address, "INVITE", "c1", 1, "peer", null, "offer", headers: [("Supported", "timer"), ("Session-Expires", "60")]);
        _bench.Run();
        Assert.Equal("90", _bench.LastResponse(422, "INVITE").Headers["Min-SE"]);
        Assert.Empty(gateway.Incoming);
    }

    [Fact]
    public void A_peer_without_timers_gets_none()
    {
        var (bench, _, _, call, _) = RenegotiationTests.WithScriptedPeer();
        Assert.False(bench.LastResponse(200, "INVITE").Headers.Contains("Session-Expires"));
        bench.Run(10_000);
        Assert.False(call.IsOver);
    }
}
