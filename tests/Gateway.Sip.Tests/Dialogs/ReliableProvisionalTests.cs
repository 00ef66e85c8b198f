using System.Text;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Messages;

namespace Gateway.Sip.Tests.Dialogs;

/// <summary>RFC 3262 both ways.</summary>
public class ReliableProvisionalTests
{
    private readonly SipBench _bench = new();
    private readonly TestAgent _gateway;
    private readonly ScriptedPeer _pbx;

    public ReliableProvisionalTests()
    {
        _gateway = _bench.AddAgent("10.0.0.1:5060", SipBench.Trunk("10.0.0.2:5060"));
        _pbx = _bench.AddPeer("10.0.0.2:5060");
    }

    [Fact]
    public void Acknowledges_reliable_responses_in_order_and_once()
    {
        var call = _gateway.Invite();
        _bench.Run();
        var invite = _pbx.Last("INVITE");
        Reliable(invite, 183, 5, "early");
        Reliable(invite, 183, 5, "early");
        Reliable(invite, 180, 7);
        _bench.Run(0.1);
        var prack = Assert.Single(_pbx.Inbox.OfType<SipRequest>(), request => request.Method == SipMethod.Prack);
        Assert.Equal($"5 {invite.CSeq}", prack.Headers["RAck"]);
        _pbx.Respond(prack, 200);
        Reliable(invite, 180, 6);
        Reliable(invite, 180, 7);
        _bench.Run(0.1);
        Assert.Equal(3, _bench.CountOf("PRACK"));
        Assert.Equal([183, 180], _gateway.Events(call).OfType<SipCallEvent.Provisional>().Select(p => p.Status));

        _pbx.Respond(invite, 200, "t");
        _bench.Run(0.1);
        Assert.Equal("early", _gateway.Last<SipCallEvent.Answered>(call)!.Sdp);
    }

    [Fact]
    public void Answers_an_offer_in_a_reliable_response_in_the_prack()
    {
        var call = _gateway.Invite(sdp: null);
        _bench.Run();
        var invite = _pbx.Last("INVITE");
        Reliable(invite, 183, 1, "their-offer");
        _bench.Run(0.1);
        Assert.Equal(new SipCallEvent.Provisional(183, "their-offer", true), _gateway.Last<SipCallEvent.Provisional>(call));
        Assert.Equal(0, _bench.CountOf("PRACK"));
        _gateway.Do(call, (s, now) => s.AcceptOffer("our-answer", now));
        _bench.Run(0.1);
        Assert.Equal("our-answer", Encoding.UTF8.GetString(_pbx.Last("PRACK").Body.Span));
        _pbx.Respond(_pbx.Last("PRACK"), 200);
        _pbx.Respond(invite, 200, "t");
        _bench.Run(0.1);
        Assert.Equal(
            (null, false), (_gateway.Last<SipCallEvent.Answered>(call)!.Sdp, _gateway.Last<SipCallEvent.Answered>(call)!.SdpIsOffer));
        Assert.Equal(1, _bench.CountOf("ACK"));
    }

    [Fact]
    public void Sends_early_media_reliably_and_holds_the_answer_back_until_the_prack()
    {
        var call = Incoming("offer", ("Supported", "100rel"));
        _gateway.Do(call, (s, now) => s.Provisional(180, null, now));
        _gateway.Do(call, (s, now) => s.Provisional(183, "answer", now));
        _gateway.Do(call, (s, now) => s.Answer("answer", now));
        _bench.Run(0.8);
        Assert.False(_bench.LastResponse(180, "INVITE").Headers.Contains("RSeq"));
        var reliable = _bench.LastResponse(183, "INVITE");
        Assert.Equal(2, _bench.CountOf(183, "INVITE"));
        Assert.Equal(0, _bench.CountOf(200, "INVITE"));

        Prack(reliable);
        _bench.Run(0.1);
        Assert.Equal((1, 1), (_bench.CountOf(200, "PRACK"), _bench.CountOf(200, "INVITE")));
        Assert.True(_bench.LastResponse(200, "INVITE").Body.IsEmpty);
    }

    [Fact]
    public void Early_media_that_an_update_has_moved_is_not_moved_back_by_the_answer()
    {
        var call = _gateway.Invite();
        _bench.Run();
        var invite = _pbx.Last("INVITE");
        Reliable(invite, 183, 1, "early");
        _bench.Run(0.1);
        _pbx.Respond(_pbx.Last("PRACK"), 200);
        _pbx.Request(_gateway.Address, "UPDATE", invite.CallId, 1, "t", invite.FromTag, "moved");
        _bench.Run(0.1);
        Assert.Equal("moved", _gateway.Last<SipCallEvent.OfferReceived>(call)!.Sdp);
        _gateway.Do(call, (s, now) => s.AcceptOffer("moved too", now));
        _bench.Run(0.1);
        Assert.Equal("moved too", Encoding.UTF8.GetString(_bench.LastResponse(200, "UPDATE").Body.Span));

        _pbx.Respond(invite, 200, "t", "early");
        _bench.Run(0.1);
        Assert.Null(_gateway.Last<SipCallEvent.Answered>(call)!.Sdp);
        Assert.Equal(1, _bench.CountOf("ACK"));
    }

    [Fact]
    public void Takes_the_prack_that_comes_after_the_answer()
    {
        var call = Incoming("offer", ("Require", "100rel"));
        _gateway.Do(call, (s, now) => s.Provisional(180, null, now));
        _gateway.Do(call, (s, now) => s.Answer("answer", now));
        _bench.Run(0.1);
        Assert.Equal((1, 1), (_bench.CountOf(180, "INVITE"), _bench.CountOf(200, "INVITE")));

        Prack(_bench.LastResponse(180, "INVITE"));
        _bench.Run(0.1);
        Assert.Equal((1, 0), (_bench.CountOf(200, "PRACK"), _bench.CountOf(481, "PRACK")));
    }

    [Fact]
    public void Offers_in_a_reliable_response_and_gets_the_answer_in_the_prack()
    {
        var call = Incoming(null, ("Require", "100rel"));
        _gateway.Do(call, (s, now) => s.Provisional(183, "our-offer", now));
        _bench.Run(0.1);
        Prack(_bench.LastResponse(183, "INVITE"), "their-answer");
        _bench.Run(0.1);
        Assert.Equal("their-answer", _gateway.Last<SipCallEvent.AnswerReceived>(call)!.Sdp);
        _gateway.Do(call, (s, now) => s.Answer("our-offer", now));
        _bench.Run(0.1);
        Assert.True(_bench.LastResponse(200, "INVITE").Body.IsEmpty);
        _pbx.Request(_gateway.Address, "ACK", "c1", 1, "peer", _bench.LastResponse(200, "INVITE").ToTag);
        _bench.Run(0.1);
        Assert.NotNull(_gateway.Last<SipCallEvent.Acknowledged>(call));
        Assert.False(call.IsOver);
    }

    [Fact]
    public void Sends_the_next_reliable_response_only_after_the_prack_of_the_last()
    {
        var call = Incoming("offer", ("Require", "100rel"));
        _gateway.Do(call, (s, now) => s.Provisional(180, null, now));
        _gateway.Do(call, (s, now) => s.Provisional(183, "answer", now));
        _bench.Run(0.1);
        Assert.Equal((1, 0), (_bench.CountOf(180, "INVITE"), _bench.CountOf(183, "INVITE")));
        var first = _bench.LastResponse(180, "INVITE");
        Prack(first);
        _bench.Run(0.1);
        Assert.Equal(first.Number("RSeq") + 1, _bench.LastResponse(183, "INVITE").Number("RSeq"));
    }

    [Fact]
    public void A_call_whose_reliable_response_is_never_acknowledged_is_refused()
    {
        var call = Incoming("offer", ("Require", "100rel"));
        _gateway.Do(call, (s, now) => s.Provisional(183, "answer", now));
        _bench.Run(40);
        Assert.True(_bench.CountOf(500, "INVITE") > 0);
        Assert.Equal(SipCallEnd.NotAcknowledged, _gateway.Last<SipCallEvent.Ended>(call)!.By);
    }

    [Fact]
    public void A_prack_that_fits_nothing_is_refused()
    {
        var call = Incoming("offer", ("Require", "100rel"));
        _gateway.Do(call, (s, now) => s.Provisional(183, "answer", now));
        _bench.Run(0.1);
        _pbx.Request(
            _gateway.Address, "PRACK", "c1", 2, "peer", _bench.LastResponse(183, "INVITE").ToTag, headers: ("RAck", "99 1 INVITE"));
        _bench.Run(0.1);
        Assert.Equal(1, _bench.CountOf(481, "PRACK"));
    }

    private Gateway.Sip.Dialogs.InviteSession Incoming(string? sdp, params (string, string)[] headers)
    {
        _pbx.Request(_gateway.Address, "INVITE", "c1", 1, "peer", null, sdp, headers: headers);
        _bench.Run(0.05);
        return _gateway.Incoming[0];
    }

    private void Reliable(SipRequest invite, int status, int number, string? sdp = null) =>
        _pbx.Respond(invite, status, "t", sdp, ("Require", "100rel"), ("RSeq", $"{number}"));

    private void Prack(SipResponse response, string? sdp = null) =>
        _pbx.Request(
            _gateway.Address, "PRACK", "c1", 2, "peer", response.ToTag, sdp, headers: ("RAck", $"{response.Number("RSeq")} 1 INVITE"));
}
