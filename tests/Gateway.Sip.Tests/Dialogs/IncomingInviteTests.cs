using Gateway.Sip.Auth;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Messages;

namespace Gateway.Sip.Tests.Dialogs;

public class IncomingInviteTests
{
    private readonly SipBench _bench = new();
    private readonly TestAgent _gateway;
    private readonly ScriptedPeer _pbx;

    public IncomingInviteTests()
    {
        _gateway = _bench.AddAgent("10.0.0.1:5060", SipBench.Trunk("10.0.0.2:5060"));
        _pbx = _bench.AddPeer("10.0.0.2:5060");
    }

    private string OurTag => _bench.Log.Last(sent => sent.From == _gateway.Address && sent.Message.ToTag.Length > 0).Message.ToTag;

    [Fact]
    public void Says_trying_when_the_owner_thinks_for_200_ms()
    {
        Invite();
        _bench.Run(0.1);
        Assert.Equal(0, _bench.CountOf(100, "INVITE"));
        _bench.Run(0.2);
        Assert.Equal(1, _bench.CountOf(100, "INVITE"));
        Assert.Empty(_bench.LastResponse(100, "INVITE").ToTag);
    }

    [Fact]
    public void Repeats_its_success_until_the_ack_and_hangs_up_without_one()
    {
        Invite();
        _bench.Run(0.1);
        _gateway.Do(_gateway.Incoming[0], (s, now) => s.Answer("answer", now));
        _bench.Run(10);
        Assert.Equal(5, _bench.CountOf(200, "INVITE"));
        _bench.Run(30);
        Assert.Equal(SipCallEnd.NotAcknowledged, _gateway.Last<SipCallEvent.Ended>(_gateway.Incoming[0])!.By);
        Assert.True(_bench.CountOf("BYE") > 0);
    }

    [Fact]
    public void Waits_for_the_ack_before_it_says_bye()
    {
        Invite();
        _bench.Run(0.1);
        var call = _gateway.Incoming[0];
        _gateway.Do(call, (s, now) => s.Answer("answer", now));
        _bench.Run(0.1);
        _gateway.HangUp(call);
        _bench.Run(1);
        Assert.Equal(0, _bench.CountOf("BYE"));
        Assert.True(call.IsOver);
        Acknowledge();
        _bench.Run(0.2);
        Assert.Equal(1, _bench.CountOf("BYE"));
    }

    [Fact]
    public void Cancel_ends_the_call_with_its_reason()
    {
        Invite();
        _bench.Run(0.1);
        var call = _gateway.Incoming[0];
        _gateway.Do(call, (s, now) => s.Provisional(180, null, now));
        _pbx.Request(_gateway.Address, "CANCEL", "c1", 1, "peer", null, branch: "z9hG4bKINVITE1c1", headers: ("Reason", "Q.850;cause=16"));
        _bench.Run(0.1);
        Assert.Equal((1, 1), (_bench.CountOf(200, "CANCEL"), _bench.CountOf(487, "INVITE")));
        Assert.Equal(new SipCallEvent.Ended(SipCallEnd.Remote, SipReason.Q850(16)), Assert.Single(_gateway.Events(call)));
    }

    [Fact]
    public void Cancel_after_our_success_changes_nothing()
    {
        Invite();
        _bench.Run(0.1);
        var call = _gateway.Incoming[0];
        _gateway.Do(call, (s, now) => s.Answer("answer", now));
        _pbx.Request(_gateway.Address, "CANCEL", "c1", 1, "peer", null, branch: "z9hG4bKINVITE1c1");
        _bench.Run(0.1);
        Assert.Equal((1, 0), (_bench.CountOf(200, "CANCEL"), _bench.CountOf(487, "INVITE")));
        Acknowledge();
        _bench.Run(0.1);
        Assert.NotNull(_gateway.Last<SipCallEvent.Acknowledged>(call));
    }

    [Fact]
    public void An_answer_after_cancel_is_ignored()
    {
        Invite();
        _bench.Run(0.1);
        var call = _gateway.Incoming[0];
        _pbx.Request(_gateway.Address, "CANCEL", "c1", 1, "peer", null, branch: "z9hG4bKINVITE1c1");
        _bench.Run(0.1);
        _gateway.Do(call, (s, now) => s.Answer("answer", now));
        _bench.Run(0.1);
        Assert.Equal(0, _bench.CountOf(200, "INVITE"));
    }

    [Fact]
    public void Cancel_of_an_unknown_invite_is_refused()
    {
        _pbx.Request(_gateway.Address, "CANCEL", "c1", 1, "peer", null);
        _bench.Run(0.1);
        Assert.Equal(1, _bench.CountOf(481, "CANCEL"));
    }

    [Fact]
    public void An_empty_invite_gets_our_offer_and_its_ack_brings_the_answer()
    {
        Invite(sdp: null);
        _bench.Run(0.1);
        var call = _gateway.Incoming[0];
        Assert.Null(call.Info.Offer);
        _gateway.Do(call, (s, now) => s.Provisional(183, "too early", now));
        _gateway.Do(call, (s, now) => s.Answer("our-offer", now));
        _bench.Run(0.1);
        Assert.True(_bench.LastResponse(183, "INVITE").Body.IsEmpty);
        Acknowledge("their-answer");
        _bench.Run(0.1);
        Assert.Equal("their-answer", _gateway.Last<SipCallEvent.AnswerReceived>(call)!.Sdp);
    }

    [Fact]
    public void An_ack_without_the_answer_it_owes_ends_the_call()
    {
        Invite(sdp: null);
        _bench.Run(0.1);
        var call = _gateway.Incoming[0];
        _gateway.Do(call, (s, now) => s.Answer("our-offer", now));
        _bench.Run(0.1);
        Acknowledge();
        _bench.Run(0.1);
        Assert.Equal(SipCallEnd.NotAcknowledged, _gateway.Last<SipCallEvent.Ended>(call)!.By);
        Assert.Equal(1, _bench.CountOf("BYE"));
    }

    [Fact]
    public void A_rejection_carries_phrase_reason_and_headers()
    {
        Invite();
        _bench.Run(0.1);
        _gateway.Do(
            _gateway.Incoming[0], (s, now) => s.Reject(480, "No permission", SipReason.Q850(21), [("X-WhatsApp-Error", "138006")], now));
        _bench.Run(0.1);
        var response = _bench.LastResponse(480, "INVITE");
        Assert.Equal(("No permission", "Q.850;cause=21", "138006"), (
            response.ReasonPhrase, response.Headers["Reason"], response.Headers["X-WhatsApp-Error"]));
    }

    [Fact]
    public void A_copy_of_the_invite_by_another_path_is_a_loop()
    {
        Invite();
        _bench.Run(0.1);
        _pbx.Request(_gateway.Address, "INVITE", "c1", 1, "peer", null, "offer", branch: "z9hG4bKotherpath");
        _bench.Run(0.1);
        Assert.Equal(1, _bench.CountOf(482, "INVITE"));
        Assert.Single(_gateway.Incoming);
    }

    [Theory]
    [InlineData(486)]
    [InlineData(503)]
    public void A_refused_invite_may_be_tried_again_with_the_same_number(int status)
    {
        Invite();
        _bench.Run(0.1);
        _gateway.Do(_gateway.Incoming[0], (s, now) => s.Reject(status, null, null, null, now));
        _bench.Run(0.1);
        _pbx.Request(_gateway.Address, "INVITE", "c1", 1, "peer", null, "offer", branch: "z9hG4bKagain");
        _bench.Run(0.1);
        Assert.Equal((0, 2), (_bench.CountOf(482, "INVITE"), _gateway.Incoming.Count));
        _bench.Run(40);
        _pbx.Request(_gateway.Address, "INVITE", "c1", 1, "peer", null, "offer", branch: "z9hG4bKotherpath");
        _bench.Run(0.1);
        Assert.Equal(1, _bench.CountOf(482, "INVITE")); // the second is still ringing
    }

    [Fact]
    public void Requests_that_fit_nothing_are_refused_by_the_book()
    {
        _pbx.Request(_gateway.Address, "BYE", "none", 1, "peer", "gone");
        _pbx.Request(_gateway.Address, "UPDATE", "none", 2, "peer", null);
        _pbx.Request(_gateway.Address, "MESSAGE", "m", 1, "peer", null);
        _pbx.Request(_gateway.Address, "SUBSCRIBE", "s", 1, "peer", null);
        _pbx.Request(_gateway.Address, "FLY", "f", 1, "peer", null);
        _pbx.Request(_gateway.Address, "INVITE", "q", 1, "peer", null, "offer", headers: ("Require", "teleport"));
        _pbx.Request(_gateway.Address, "INVITE", "h", 1, "peer", null, "offer", headers: ("Max-Forwards", "0"));
        _pbx.Request(_gateway.Address, "OPTIONS", "p", 1, "peer", null);
        _bench.Run(0.1);
        Assert.Equal(1, _bench.CountOf(481, "BYE"));
        Assert.Equal(1, _bench.CountOf(481, "UPDATE"));
        Assert.Equal(1, _bench.CountOf(405, "MESSAGE"));
        Assert.Equal(1, _bench.CountOf(405, "SUBSCRIBE"));
        Assert.Equal(1, _bench.CountOf(501, "FLY"));
        Assert.Equal("teleport", _bench.LastResponse(420, "INVITE").Headers["Unsupported"]);
        Assert.Equal(1, _bench.CountOf(483, "INVITE"));
        Assert.Contains("INVITE", _bench.LastResponse(200, "OPTIONS").Headers["Allow"]);
        Assert.Empty(_gateway.Incoming);
    }

    [Fact]
    public void An_invite_of_an_rfc_2543_peer_is_a_call()
    {
        _pbx.Request(_gateway.Address, "INVITE", "o", 1, "peer", null, "offer", branch: "1234");
        _bench.Run(0.1);
        Assert.Single(_gateway.Incoming);
    }

    [Fact]
    public void Unexpected_sources_are_refused_and_counted()
    {
        var unexpectedSource = _bench.AddPeer("10.6.6.6:5060");
        unexpectedSource.Request(_gateway.Address, "INVITE", "c1", 1, "x", null, "offer");
        _bench.Run(0.1);
        Assert.Equal(403, unexpectedSource.LastResponse.StatusCode);
        Assert.Equal(1, _gateway.Transactions.CountOf(Gateway.Sip.Transactions.SipDrop.UnknownSource));
        Assert.Equal(0, _gateway.Agent.Layer.Servers.Count);
    }

    [Fact]
    public void Draining_refuses_new_calls_and_lets_running_ones_go_on()
    {
        Invite();
        _bench.Run(0.1);
        var call = _gateway.Incoming[0];
        _gateway.Do(call, (s, now) => s.Answer("answer", now));
        _bench.Run(0.1);
        Acknowledge();
        _bench.Run(0.1);
        _gateway.Agent.IsDraining = true;
        _pbx.Request(_gateway.Address, "INVITE", "c2", 1, "peer", null, "offer");
        _pbx.Request(_gateway.Address, "OPTIONS", "o", 1, "peer", null);
        _pbx.Request(_gateway.Address, "INFO", "c1", 2, "peer", OurTagOf("c1"));
        _bench.Run(0.1);
        Assert.Equal("30", _bench.LastResponse(503, "INVITE").Headers["Retry-After"]);
        Assert.Equal(1, _bench.CountOf(503, "OPTIONS"));
        Assert.Equal(1, _bench.CountOf(200, "INFO"));
    }

    [Fact]
    public void An_older_sequence_number_in_the_dialog_is_out_of_order()
    {
        Invite();
        _bench.Run(0.1);
        _gateway.Do(_gateway.Incoming[0], (s, now) => s.Answer("answer", now));
        _bench.Run(0.1);
        Acknowledge();
        var tag = OurTag;
        _pbx.Request(_gateway.Address, "INFO", "c1", 7, "peer", tag);
        _bench.Run(0.1);
        _pbx.Request(_gateway.Address, "INFO", "c1", 5, "peer", tag);
        _bench.Run(0.1);
        Assert.NotNull(_bench.LastResponse(500, "INFO").Headers["Retry-After"]);
    }

    [Fact]
    public void A_trunk_that_must_authenticate_is_challenged_and_then_admitted()
    {
        var bench = new SipBench();
        var gateway = bench.AddAgent(
            "10.0.0.1:5060", SipBench.Trunk("10.0.0.2:5060") with { InboundCredentials = new SipCredentials("pbx", "secret") });
        var pbx = bench.AddAgent(
            "10.0.0.2:5060", SipBench.Trunk("10.0.0.1:5060") with { Credentials = new SipCredentials("pbx", "secret") });
        var wrong = bench.AddAgent(
            "10.0.0.2:5070", SipBench.Trunk("10.0.0.1:5060") with { Credentials = new SipCredentials("pbx", "guess") });
        pbx.Invite();
        var refused = wrong.Invite();
        bench.Run();
        Assert.Single(gateway.Incoming);
        Assert.DoesNotContain(gateway.Incoming[0].Info.Headers, header => header.Name == "Authorization");
        Assert.Equal(401, wrong.Last<SipCallEvent.Failed>(refused)!.Status);
    }

    private void Invite(string? sdp = "offer", params (string, string)[] headers) =>
        _pbx.Request(_gateway.Address, "INVITE", "c1", 1, "peer", null, sdp, headers: headers);

    private void Acknowledge(string? sdp = null) => _pbx.Request(_gateway.Address, "ACK", "c1", 1, "peer", OurTag, sdp);

    private string OurTagOf(string callId) =>
        _bench.Log.First(sent => sent.Message.CallId == callId && sent.Message.ToTag.Length > 0).Message.ToTag;
}
