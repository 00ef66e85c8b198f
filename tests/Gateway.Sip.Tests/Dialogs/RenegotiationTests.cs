using Gateway.Sip.Dialogs;
using Gateway.Sip.Messages;
using Gateway.Sip.Profiles;

namespace Gateway.Sip.Tests.Dialogs;

public class RenegotiationTests
{
    private readonly SipBench _bench = new();
    private readonly TestAgent _gateway;
    private readonly TestAgent _pbx;
    private readonly InviteSession _call;
    private readonly InviteSession _callee;

    public RenegotiationTests()
    {
        _gateway = _bench.AddAgent("10.0.0.1:5060", SipBench.Trunk("10.0.0.2:5060"));
        _pbx = _bench.AddAgent("10.0.0.2:5060", SipBench.Trunk("10.0.0.1:5060"));
        _call = _gateway.Invite();
        _bench.Run();
        _callee = _pbx.Incoming[0];
        _pbx.Do(_callee, (s, now) => s.Answer("answer", now));
        _bench.Run();
    }

    [Fact]
    public void The_peer_changes_the_session_and_we_answer()
    {
        _pbx.Do(_callee, (s, now) => s.Offer("hold", now));
        _bench.Run();
        Assert.Equal("hold", _gateway.Last<SipCallEvent.OfferReceived>(_call)!.Sdp);
        _gateway.Do(_call, (s, now) => s.AcceptOffer("held", now));
        _bench.Run();
        Assert.Equal("held", _pbx.Last<SipCallEvent.AnswerReceived>(_callee)!.Sdp);
        Assert.Equal((2, 2), (_bench.CountOf("INVITE"), _bench.CountOf("ACK")));
        _bench.Run(40);
        Assert.Equal(2, _bench.CountOf(200, "INVITE"));
    }

    [Fact]
    public void A_refused_change_leaves_the_session_as_it_was()
    {
        _pbx.Do(_callee, (s, now) => s.Offer("video", now));
        _bench.Run();
        _gateway.Do(_call, (s, now) => s.RejectOffer(488, now));
        _bench.Run();
        Assert.Equal(new SipCallEvent.OfferRefused(488, "Not Acceptable Here"), _pbx.Last<SipCallEvent.OfferRefused>(_callee));
        Assert.False(_call.IsOver || _callee.IsOver);
    }

    [Theory]
    [InlineData("INVITE")]
    [InlineData("UPDATE")]
    public void A_refused_change_says_what_the_offer_lacked(string method)
    {
        var (bench, gateway, pbx, call, tag) = WithScriptedPeer();
        pbx.Request(gateway.Address, method, "c1", 2, "peer", tag, "video");
        bench.Run();
        gateway.Do(call, (s, now) => s.RejectOffer(488, now, [("Warning", "305 gateway \"No common audio format\"")]));
        bench.Run();
        Assert.Equal("305 gateway \"No common audio format\"", bench.LastResponse(488, method).Headers["Warning"]);
        Assert.False(call.IsOver);
    }

    [Fact]
    public void An_offer_that_repeats_the_session_is_answered_without_the_owner()
    {
        _pbx.Do(_callee, (s, now) => s.Offer("answer", now));
        _bench.Run();
        Assert.Null(_gateway.Last<SipCallEvent.OfferReceived>(_call));
        Assert.Equal("offer", _pbx.Last<SipCallEvent.AnswerReceived>(_callee)!.Sdp);
    }

    [Fact]
    public void A_change_nobody_answers_is_refused_in_time()
    {
        _pbx.Do(_callee, (s, now) => s.Offer("hold", now));
        _bench.Run(40);
        Assert.Equal(500, _pbx.Last<SipCallEvent.OfferRefused>(_callee)!.Status);
        Assert.False(_call.IsOver);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Glare_is_refused_by_both_and_settled_by_different_waits(int seed)
    {
        var bench = new SipBench(seed);
        var (gateway, pbx, call, callee) = Established(bench);
        gateway.Do(call, (s, now) => s.Offer("from-gateway", now));
        pbx.Do(callee, (s, now) => s.Offer("from-pbx", now));
        bench.Run();
        Assert.Equal(2, bench.CountOf(491, "INVITE"));

        // The owner of the Call-ID waits 2.1 s or more, the other at most 2 s.
        bench.Run(2.05);
        Assert.Equal("from-pbx", gateway.Last<SipCallEvent.OfferReceived>(call)!.Sdp);
        gateway.Do(call, (s, now) => s.AcceptOffer("answer-1", now));
        bench.Run(3);
        Assert.Equal("answer-1", pbx.Last<SipCallEvent.AnswerReceived>(callee)!.Sdp);
        Assert.Equal("from-gateway", pbx.Last<SipCallEvent.OfferReceived>(callee)!.Sdp);
        pbx.Do(callee, (s, now) => s.AcceptOffer("answer-2", now));
        bench.Run();
        Assert.Equal("answer-2", gateway.Last<SipCallEvent.AnswerReceived>(call)!.Sdp);
    }

    [Fact]
    public void A_peer_that_wants_our_offer_gets_it_and_answers_in_the_ack()
    {
        var (bench, gateway, pbx, call, tag) = WithScriptedPeer();
        pbx.Request(gateway.Address, "INVITE", "c1", 2, "peer", tag);
        bench.Run();
        Assert.Null(gateway.Last<SipCallEvent.OfferReceived>(call)!.Sdp);
        gateway.Do(call, (s, now) => s.AcceptOffer("our-offer", now));
        bench.Run();
        pbx.Request(gateway.Address, "INVITE", "c1", 3, "peer", tag, "too soon", branch: "z9hG4bKsoon");
        bench.Run();
        Assert.Equal(1, bench.CountOf(491, "INVITE"));
        pbx.Request(gateway.Address, "ACK", "c1", 2, "peer", tag, "their-answer");
        bench.Run();
        Assert.Equal("their-answer", gateway.Last<SipCallEvent.AnswerReceived>(call)!.Sdp);
    }

    [Fact]
    public void A_second_change_while_the_first_is_open_must_come_back_later()
    {
        var (bench, gateway, pbx, call, tag) = WithScriptedPeer();
        pbx.Request(gateway.Address, "INVITE", "c1", 2, "peer", tag, "hold");
        bench.Run();
        pbx.Request(gateway.Address, "UPDATE", "c1", 3, "peer", tag, "other");
        bench.Run();
        Assert.NotNull(bench.LastResponse(500, "UPDATE").Headers["Retry-After"]);
        pbx.Request(gateway.Address, "CANCEL", "c1", 2, "peer", tag, branch: "z9hG4bKINVITE2c1");
        bench.Run();
        Assert.Equal((1, 1), (bench.CountOf(200, "CANCEL"), bench.CountOf(487, "INVITE")));
        Assert.False(call.IsOver);
    }

    [Fact]
    public void Update_moves_the_target_and_changes_media_without_an_ack()
    {
        var (bench, gateway, pbx, call, tag) = WithScriptedPeer();
        var moved = bench.AddPeer("10.0.0.2:5099");
        moved.Request(gateway.Address, "UPDATE", "c1", 2, "peer", tag, "moved");
        bench.Run();
        gateway.Do(call, (s, now) => s.AcceptOffer("fine", now));
        bench.Run();
        Assert.Equal(1, bench.CountOf(200, "UPDATE"));
        gateway.HangUp(call);
        bench.Run();
        Assert.Equal(5099, moved.Last("BYE").Uri.Port);
    }

    [Fact]
    public void Bye_while_a_change_is_open_refuses_the_change()
    {
        var (bench, gateway, pbx, call, tag) = WithScriptedPeer();
        pbx.Request(gateway.Address, "INVITE", "c1", 2, "peer", tag, "hold");
        bench.Run();
        pbx.Request(gateway.Address, "BYE", "c1", 3, "peer", tag);
        bench.Run();
        Assert.Equal((1, 1), (bench.CountOf(200, "BYE"), bench.CountOf(487, "INVITE")));
        Assert.Equal(SipCallEnd.Remote, gateway.Last<SipCallEvent.Ended>(call)!.By);
    }

    [Fact]
    public void A_change_that_never_gets_a_final_response_is_cancelled_and_the_next_one_may_try()
    {
        var (bench, gateway, pbx, call, _) = WithScriptedPeer();
        gateway.Do(call, (s, now) => s.Offer("change", now));
        bench.Run();
        pbx.Respond(pbx.Last("INVITE"), 100);
        bench.Run(70);
        Assert.Equal(408, gateway.Last<SipCallEvent.OfferRefused>(call)!.Status);
        Assert.Equal(pbx.Last("INVITE").TopVia.Branch, pbx.Last("CANCEL").TopVia.Branch);
        pbx.Respond(pbx.Last("INVITE"), 487);
        gateway.Do(call, (s, now) => s.Offer("again", now));
        bench.Run();
        pbx.Respond(pbx.Last("INVITE"), 200, null, "fine");
        bench.Run();
        Assert.Equal("fine", gateway.Last<SipCallEvent.AnswerReceived>(call)!.Sdp);
        Assert.False(call.IsOver);
    }

    [Fact]
    public void A_peer_that_forgot_the_dialog_ends_the_call()
    {
        var (bench, gateway, pbx, call, _) = WithScriptedPeer();
        gateway.Do(call, (s, now) => s.Offer("change", now));
        bench.Run();
        pbx.Respond(pbx.Last("INVITE"), 481);
        bench.Run();
        Assert.Equal(SipCallEnd.DialogLost, gateway.Last<SipCallEvent.Ended>(call)!.By);
    }

    private static (TestAgent Gateway, TestAgent Pbx, InviteSession Call, InviteSession Callee) Established(SipBench bench)
    {
        var gateway = bench.AddAgent("10.0.0.1:5060", SipBench.Trunk("10.0.0.2:5060"));
        var pbx = bench.AddAgent("10.0.0.2:5060", SipBench.Trunk("10.0.0.1:5060"));
        var call = gateway.Invite();
        bench.Run();
        pbx.Do(pbx.Incoming[0], (s, now) => s.Answer("answer", now));
        bench.Run();
        return (gateway, pbx, call, pbx.Incoming[0]);
    }

    internal static (SipBench Bench, TestAgent Gateway, ScriptedPeer Pbx, InviteSession Call, string Tag) WithScriptedPeer(
        Func<SipProfile, SipProfile>? change = null, params (string, string)[] headers)
    {
        var bench = new SipBench();
        var gateway = bench.AddAgent("10.0.0.1:5060", SipBench.Trunk("10.0.0.2:5060", change));
        var pbx = bench.AddPeer("10.0.0.2:5060");
        pbx.Request(gateway.Address, "INVITE", "c1", 1, "peer", null, "offer", headers: headers);
        bench.Run();
        var call = gateway.Incoming[0];
        gateway.Do(call, (s, now) => s.Answer("answer", now));
        bench.Run();
        var tag = bench.LastResponse(200, "INVITE").ToTag;
        pbx.Request(gateway.Address, "ACK", "c1", 1, "peer", tag);
        bench.Run();
        return (bench, gateway, pbx, call, tag);
    }
}
