using Gateway.Sip.Dialogs;
using Gateway.Sip.Messages;
using Gateway.Sip.Profiles;

namespace Gateway.Sip.Tests.Dialogs;

/// <summary>
/// Session refreshes that a PBX refuses: the session lives until its timer runs out (RFC 4028 §7.4), so they are tried again.
/// </summary>
public class RefusedRefreshTests
{
    private const string Interval = "600;refresher=uas";
    private SipBench _bench = new();
    private TestAgent _gateway = null!;
    private ScriptedPeer _pbx = null!;
    private InviteSession _call = null!;

    [Theory]
    [InlineData(500, "UPDATE")]
    [InlineData(503, "UPDATE")]
    [InlineData(504, "UPDATE")]
    [InlineData(480, "UPDATE")]
    [InlineData(403, "UPDATE")]
    [InlineData(401, "UPDATE")]
    [InlineData(400, "UPDATE")]
    [InlineData(302, "UPDATE")]
    [InlineData(603, "UPDATE")]
    [InlineData(491, "UPDATE")]
    [InlineData(422, "UPDATE")]
    [InlineData(500, "INVITE")]
    [InlineData(503, "INVITE")]
    [InlineData(504, "INVITE")]
    [InlineData(480, "INVITE")]
    [InlineData(403, "INVITE")]
    [InlineData(407, "INVITE")]
    [InlineData(302, "INVITE")]
    [InlineData(603, "INVITE")]
    [InlineData(491, "INVITE")]
    public void A_refusal_is_followed_by_another_try_that_keeps_the_call(int status, string method)
    {
        Establish(method);
        _bench.Run(301);
        _pbx.Respond(_pbx.Last(method), status);
        _bench.Run(20);
        Accept(method);
        Assert.Equal(1, _bench.CountOf(200, method) - (method == "INVITE" ? 1 : 0));
        _bench.Run(301);
        Assert.False(_call.IsOver);
        Accept(method);
        _bench.Run(299);
        Assert.False(_call.IsOver);
    }

    [Theory]
    [InlineData("12", 12)]
    [InlineData("40 (in a meeting)", 40)]
    [InlineData("60;duration=10", 60)]
    [InlineData("0", 1)]
    public void Retry_after_says_when(string header, double seconds)
    {
        Establish("UPDATE");
        _bench.Run(301);
        var before = _bench.CountOf("UPDATE");
        _pbx.Respond(_pbx.Last("UPDATE"), 503, null, null, ("Retry-After", header));
        _bench.Run(seconds - 0.5);
        Assert.Equal(before, _bench.CountOf("UPDATE"));
        _bench.Run(0.7);
        Assert.Equal(before + 1, _bench.CountOf("UPDATE"));
    }

    [Fact]
    public void A_retry_after_beyond_the_sessions_life_leaves_one_more_try()
    {
        Establish("UPDATE");
        _bench.Run(301);
        _pbx.Respond(_pbx.Last("UPDATE"), 503, null, null, ("Retry-After", "3600"));
        _bench.Run(290);
        Accept("UPDATE");
        _bench.Run(200);
        Assert.False(_call.IsOver);
    }

    [Theory]
    [InlineData("UPDATE", "INVITE", 405)]
    [InlineData("UPDATE", "INVITE", 488)]
    [InlineData("UPDATE", "INVITE", 501)]
    [InlineData("INVITE", "UPDATE", 405)]
    [InlineData("INVITE", "UPDATE", 488)]
    [InlineData("INVITE", "UPDATE", 501)]
    [InlineData("INVITE", "UPDATE", 606)]
    public void The_other_method_is_tried_at_once_and_stays(string method, string other, int status)
    {
        Establish(method);
        _bench.Run(301);
        _pbx.Respond(_pbx.Last(method), status);
        _bench.Run();
        Accept(other);
        var refused = _bench.CountOf(method);
        _bench.Run(301);
        Accept(other);
        Assert.Equal(refused, _bench.CountOf(method));
        _bench.Run(299);
        Assert.False(_call.IsOver);
    }

    [Fact]
    public void Both_methods_refused_are_tried_again_until_the_session_expires()
    {
        Establish("UPDATE");
        for (var second = 0; second < 605; second++)
        {
            foreach (var request in _pbx.Inbox.OfType<SipRequest>()
                .Where(r => r.Method == SipMethod.Update || r.Method == SipMethod.Invite).ToArray())
                _pbx.Respond(request, 488);
            _pbx.Inbox.Clear();
            _bench.Run(1);
        }
        Assert.Equal(SipCallEnd.SessionExpired, _gateway.Last<SipCallEvent.Ended>(_call)!.By);
        Assert.Single(_bench.Log.Where(sent => sent.IsRequest("BYE")).Select(sent => sent.Message.CSeq).Distinct());
        Assert.InRange(_bench.CountOf("UPDATE"), 4, 60);
        Assert.InRange(_bench.CountOf("INVITE"), 4, 60);
    }

    [Theory]
    [InlineData(408)]
    [InlineData(481)]
    public void A_peer_without_the_dialog_ends_the_call(int status)
    {
        Establish("UPDATE");
        _bench.Run(301);
        _pbx.Respond(_pbx.Last("UPDATE"), status);
        _bench.Run();
        Assert.Equal(SipCallEnd.DialogLost, _gateway.Last<SipCallEvent.Ended>(_call)!.By);
    }

    [Fact]
    public void A_refresh_of_the_peers_own_ends_our_tries()
    {
        var tag = Establish("UPDATE");
        _bench.Run(301);
        _pbx.Respond(_pbx.Last("UPDATE"), 503, null, null, ("Retry-After", "30"));
        _bench.Run(5);
        _pbx.Request(
            _gateway.Address, "UPDATE", "c1", 2, "peer", tag, headers: [("Supported", "timer"), ("Session-Expires", "600;refresher=uac")]);
        var before = _bench.CountOf("UPDATE");
        _bench.Run(400);
        Assert.Equal(before, _bench.CountOf("UPDATE"));
        Assert.False(_call.IsOver);
    }

    [Fact]
    public void A_refresh_that_falls_into_a_renegotiation_of_the_peers_comes_after_it()
    {
        var tag = Establish("UPDATE");
        _bench.Run(295);
        _pbx.Request(_gateway.Address, "INVITE", "c1", 2, "peer", tag, "hold");
        _bench.Run(8);
        Assert.Equal(0, _bench.CountOf("UPDATE"));
        _gateway.Do(_call, (s, now) => s.RejectOffer(488, now));
        _bench.Run(8);
        Assert.True(_bench.CountOf("UPDATE") > 0);
    }

    [Fact]
    public void A_broken_connection_is_tried_again()
    {
        Establish("UPDATE");
        _bench.Drop = sent => sent.IsRequest("UPDATE");
        _bench.Run(301);
        foreach (var id in Enumerable.Range(1, 10))
            _gateway.Agent.HandleTransportError(id, _bench.Now);
        _gateway.Flush();
        _bench.Drop = _ => false;
        Assert.False(_call.IsOver);
        _bench.Run(10);
        Accept("UPDATE");
        Assert.False(_call.IsOver);
    }

    [Fact]
    public void An_offer_of_ours_that_meets_an_open_transaction_is_repeated_when_the_peer_says()
    {
        Establish("UPDATE");
        _gateway.Do(_call, (s, now) => s.Offer("new", now));
        _bench.Run();
        _pbx.Respond(_pbx.Last("INVITE"), 500, null, null, ("Retry-After", "3"));
        _bench.Run(2.8);
        var before = _bench.CountOf("INVITE");
        _bench.Run(0.4);
        Assert.Equal(before + 1, _bench.CountOf("INVITE"));
        _pbx.Respond(_pbx.Last("INVITE"), 403);
        _bench.Run();
        Assert.Equal(403, _gateway.Last<SipCallEvent.OfferRefused>(_call)!.Status);
    }

    private string Establish(string method)
    {
        (_bench, _gateway, _pbx, _call, var tag) = RenegotiationTests.WithScriptedPeer(
            profile => profile with { SessionRefreshMethod = method == "UPDATE" ? RefreshMethod.Update : RefreshMethod.ReInvite },
            ("Supported", "timer"), ("Allow", "INVITE, UPDATE"), ("Session-Expires", Interval));
        return tag;
    }

    private void Accept(string method)
    {
        _pbx.Respond(_pbx.Last(method), 200, null, method == "INVITE" ? "offer" : null, ("Session-Expires", "600;refresher=uac"));
        _bench.Run();
    }
}
