using Gateway.Sip.Auth;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Messages;
using Gateway.Sip.Transactions;

namespace Gateway.Sip.Tests.Dialogs;

public class OutgoingInviteTests
{
    private readonly SipBench _bench = new();
    private readonly TestAgent _gateway;
    private readonly ScriptedPeer _pbx;

    public OutgoingInviteTests()
    {
        _gateway = _bench.AddAgent("10.0.0.1:5060", SipBench.Trunk("10.0.0.2:5060"));
        _pbx = _bench.AddPeer("10.0.0.2:5060");
    }

    [Fact]
    public void Tells_who_calls_and_what_the_owner_adds()
    {
        _gateway.Invite(change: call => call with
        {
            Headers = [("X-WhatsApp-Call-Id", "wacid.1"), ("X-Evil", "a\r\nInjected: b")],
        });
        _bench.Run();
        var invite = _pbx.Last("INVITE");
        Assert.Equal("Erika", invite.From.DisplayName);
        Assert.Equal("+4930123", invite.Addresses("P-Asserted-Identity")[0].Uri.User);
        Assert.Equal("wacid.1", invite.Headers["X-WhatsApp-Call-Id"]);
        Assert.False(invite.Headers.Contains("Injected"));
    }

    [Fact]
    public void Follows_several_early_dialogs_and_hangs_up_a_second_fork_that_answers()
    {
        var call = _gateway.Invite();
        _bench.Run();
        var invite = _pbx.Last("INVITE");
        _pbx.Respond(invite, 180, "fork1");
        _pbx.Respond(invite, 183, "fork2", "early2");
        _bench.Run();
        Assert.Equal([null, "early2"], _gateway.Events(call).OfType<SipCallEvent.Provisional>().Select(p => p.Sdp));

        _pbx.Respond(invite, 200, "fork1", "answer1");
        _pbx.Respond(invite, 200, "fork2", "answer2");
        _bench.Run();
        Assert.Equal("answer1", Assert.Single(_gateway.Events(call).OfType<SipCallEvent.Answered>()).Sdp);
        Assert.Equal(2, _bench.CountOf("ACK"));
        var bye = _pbx.Last("BYE");
        Assert.Equal("fork2", bye.ToTag);
        Assert.Single(_pbx.Inbox.OfType<SipRequest>(), request => request.Method == SipMethod.Bye);

        _pbx.Respond(bye, 200);
        _pbx.Respond(invite, 200, "fork2", "answer2");
        _bench.Run();
        Assert.Equal(3, _bench.CountOf("ACK"));
        Assert.Equal(1, _bench.CountOf("BYE"));

        _bench.Run(200);
        Assert.True(_gateway.Agent.Sessions.SequenceEqual([call]));
        Assert.False(call.IsOver);
    }

    [Fact]
    public void A_repeated_provisional_response_is_reported_once()
    {
        var call = _gateway.Invite();
        _bench.Run();
        foreach (var (status, sdp) in new (int, string?)[] { (180, null), (180, null), (183, "early"), (183, "early"), (180, null) })
            _pbx.Respond(_pbx.Last("INVITE"), status, "t", sdp);
        _bench.Run();
        Assert.Equal([180, 183, 180], _gateway.Events(call).OfType<SipCallEvent.Provisional>().Select(p => p.Status));
    }

    [Fact]
    public void Acknowledges_a_repeated_success_with_the_same_ack()
    {
        _gateway.Invite();
        _bench.Run();
        var invite = _pbx.Last("INVITE");
        for (var i = 0; i < 3; i++)
        {
            _pbx.Respond(invite, 200, "t", "answer");
            _bench.Run(0.5);
        }
        var acks = _pbx.Inbox.OfType<SipRequest>().Where(request => request.Method == SipMethod.Ack).ToList();
        Assert.Equal(3, acks.Count);
        Assert.Single(acks.Select(ack => ack.TopVia.Branch).Distinct());
        Assert.NotEqual(invite.TopVia.Branch, acks[0].TopVia.Branch);
    }

    [Fact]
    public void Cancel_waits_for_a_provisional_response()
    {
        var call = _gateway.Invite();
        _gateway.HangUp(call);
        Assert.Equal(487, _gateway.Last<SipCallEvent.Failed>(call)!.Status);
        _bench.Run(0.3);
        Assert.Equal(0, _bench.CountOf("CANCEL"));

        var invite = _pbx.Last("INVITE");
        _pbx.Respond(invite, 100);
        _bench.Run(0.3);
        var cancel = _pbx.Last("CANCEL");
        Assert.Equal(invite.TopVia.Branch, cancel.TopVia.Branch);
        Assert.Equal("Q.850;cause=16", cancel.Headers["Reason"]);
        _pbx.Respond(cancel, 200, "t");
        _pbx.Respond(invite, 487, "t");
        _bench.Run(1);
        Assert.Equal((1, 1), (_bench.CountOf("CANCEL"), _bench.CountOf("ACK")));
        Assert.Single(_gateway.Events(call));
    }

    [Fact]
    public void A_success_that_crosses_our_cancel_is_acknowledged_and_hung_up()
    {
        var call = _gateway.Invite();
        _bench.Run();
        var invite = _pbx.Last("INVITE");
        _pbx.Respond(invite, 180, "t");
        _bench.Run();
        _gateway.HangUp(call);
        _pbx.Respond(invite, 200, "t", "answer");
        _bench.Run();
        Assert.Equal((1, 1, 1), (_bench.CountOf("CANCEL"), _bench.CountOf("ACK"), _bench.CountOf("BYE")));
        Assert.Equal("Q.850;cause=16", _pbx.Last("BYE").Headers["Reason"]);
        Assert.DoesNotContain(_gateway.Events(call), happened => happened is SipCallEvent.Answered);
    }

    [Theory]
    [InlineData(SipTransport.Udp)]
    [InlineData(SipTransport.Tcp)]
    public void A_success_long_after_cancel_and_487_is_still_acknowledged_and_hung_up(SipTransport transport)
    {
        var bench = new SipBench(transport: transport);
        var gateway = bench.AddAgent("10.0.0.1:5060", SipBench.Trunk("10.0.0.2:5060"));
        var pbx = bench.AddPeer("10.0.0.2:5060");
        var call = gateway.Invite();
        bench.Run();
        var invite = pbx.Last("INVITE");
        pbx.Respond(invite, 180, "a");
        bench.Run();
        gateway.HangUp(call);
        pbx.Respond(invite, 487, "a");
        bench.Run(25);
        pbx.Respond(invite, 200, "b", "answer");
        bench.Run();
        Assert.Equal("b", pbx.Last("BYE").ToTag);
        Assert.Equal("b", pbx.Last("ACK").ToTag);
    }

    [Fact]
    public void An_invite_without_final_response_after_cancel_is_given_up()
    {
        var call = _gateway.Invite();
        _bench.Run();
        _pbx.Respond(_pbx.Last("INVITE"), 180, "t");
        _bench.Run();
        _gateway.HangUp(call);
        _bench.Run(120);
        Assert.Empty(_gateway.Agent.Sessions);
        Assert.Equal(0, _gateway.Agent.Layer.Clients.Count);
    }

    [Fact]
    public void Answers_a_challenge_with_the_next_sequence_number_and_acknowledges_it()
    {
        var bench = new SipBench();
        var gateway = bench.AddAgent(
            "10.0.0.1:5060", SipBench.Trunk("10.0.0.2:5060") with { Credentials = new SipCredentials("gw", "secret") });
        var pbx = bench.AddPeer("10.0.0.2:5060");
        var call = gateway.Invite();
        bench.Run();
        var first = pbx.Last("INVITE");
        pbx.Respond(first, 407, "x", null, ("Proxy-Authenticate", "Digest realm=\"pbx\", nonce=\"abc\", algorithm=MD5, qop=\"auth\""));
        bench.Run();
        var second = pbx.Last("INVITE");
        Assert.Equal(first.CSeq.Number + 1, second.CSeq.Number);
        Assert.NotEqual(first.TopVia.Branch, second.TopVia.Branch);
        Assert.Contains("username=\"gw\"", second.Headers["Proxy-Authorization"]);
        Assert.Equal(first.TopVia.Branch, pbx.Last("ACK").TopVia.Branch);

        pbx.Respond(second, 200, "t", "answer");
        bench.Run();
        Assert.NotNull(gateway.Last<SipCallEvent.Answered>(call));
        Assert.Contains("username=\"gw\"", pbx.Last("ACK").Headers["Proxy-Authorization"]);

        gateway.HangUp(call);
        bench.Run();
        var bye = pbx.Last("BYE");
        Assert.Equal(second.CSeq.Number + 1, bye.CSeq.Number);
        pbx.Respond(bye, 407, null, null, ("Proxy-Authenticate", "Digest realm=\"pbx\", nonce=\"def\", algorithm=MD5, qop=\"auth\""));
        bench.Run();
        Assert.Equal(bye.CSeq.Number + 1, pbx.Last("BYE").CSeq.Number);
        Assert.Contains("nonce=\"def\"", pbx.Last("BYE").Headers["Proxy-Authorization"]);
    }

    [Fact]
    public void Refused_credentials_fail_the_call_instead_of_looping()
    {
        var bench = new SipBench();
        var gateway = bench.AddAgent(
            "10.0.0.1:5060", SipBench.Trunk("10.0.0.2:5060") with { Credentials = new SipCredentials("gw", "wrong") });
        var pbx = bench.AddPeer("10.0.0.2:5060");
        var call = gateway.Invite();
        for (var i = 0; i < 10; i++)
        {
            bench.Run();
            if (!call.IsOver)
                pbx.Respond(
                    pbx.Last("INVITE"), 401, "x", null, ("WWW-Authenticate", $"Digest realm=\"pbx\", nonce=\"n{i}\", qop=\"auth\""));
        }
        Assert.Equal(401, gateway.Last<SipCallEvent.Failed>(call)!.Status);
        Assert.Equal(2, bench.CountOf("INVITE"));
    }

    [Fact]
    public void Asks_again_with_the_interval_that_a_422_demands()
    {
        var call = _gateway.Invite();
        _bench.Run();
        _pbx.Respond(_pbx.Last("INVITE"), 422, "x", null, ("Min-SE", "3600"));
        _bench.Run();
        var second = _pbx.Last("INVITE");
        Assert.Equal(("3600", "3600"), (second.Headers["Min-SE"], second.Headers["Session-Expires"]));
        _pbx.Respond(second, 200, "t", "answer", ("Session-Expires", "3600;refresher=uac"), ("Require", "timer"));
        _bench.Run();
        Assert.NotNull(_gateway.Last<SipCallEvent.Answered>(call));
    }

    [Fact]
    public void A_final_response_fails_the_call_with_its_reason()
    {
        var call = _gateway.Invite();
        _bench.Run();
        _pbx.Respond(_pbx.Last("INVITE"), 486, "x", null, ("Reason", "Q.850;cause=17;text=\"User busy\""));
        _bench.Run();
        Assert.Equal(new SipCallEvent.Failed(486, "Busy Here", SipReason.Q850(17, "User busy")), Assert.Single(_gateway.Events(call)));
        Assert.Equal(1, _bench.CountOf("ACK"));
    }

    [Fact]
    public void Leaves_a_silent_or_refusing_server_for_the_next_one_and_remembers_it()
    {
        var bench = new SipBench();
        var gateway = bench.AddAgent(
            "10.0.0.1:5060", SipBench.Trunk("10.0.0.2:5060") with { BackupServers = ["10.0.0.3:5060", "10.0.0.4:5060"] });
        var refusing = bench.AddPeer("10.0.0.3:5060");
        var working = bench.AddPeer("10.0.0.4:5060");
        var call = gateway.Invite();
        bench.Run(5);
        refusing.Respond(refusing.Last("INVITE"), 503, "x");
        bench.Run();
        working.Respond(working.Last("INVITE"), 200, "t", "answer");
        bench.Run();
        Assert.NotNull(gateway.Last<SipCallEvent.Answered>(call));

        gateway.Invite();
        bench.Run(0.1);
        Assert.Equal(2, working.Inbox.OfType<SipRequest>().Count(request => request.Method == SipMethod.Invite));
    }

    [Fact]
    public void Silence_everywhere_is_a_timeout()
    {
        _bench.Drop = sent => sent.To == _pbx.Address;
        var call = _gateway.Invite();
        _bench.Run(5);
        Assert.Equal(408, _gateway.Last<SipCallEvent.Failed>(call)!.Status);
    }

    [Fact]
    public void A_transport_error_is_an_unreachable_trunk()
    {
        var call = _gateway.Invite();
        foreach (var id in Enumerable.Range(1, 20))
            _gateway.Agent.HandleTransportError(id, _bench.Now);
        _gateway.Flush();
        Assert.Equal(503, _gateway.Last<SipCallEvent.Failed>(call)!.Status);
    }

    [Fact]
    public void An_ack_to_a_refusal_that_cannot_be_sent_is_no_failure_of_the_next_server()
    {
        var gateway = _bench.AddAgent("10.0.0.5:5060", SipBench.Trunk("10.0.0.6:5060") with { BackupServers = ["10.0.0.7:5060"] });
        var (full, next) = (_bench.AddPeer("10.0.0.6:5060"), _bench.AddPeer("10.0.0.7:5060"));
        var call = gateway.Invite();
        _bench.Run(0.1);
        full.Respond(full.Last("INVITE"), 503, "t");
        _bench.Run(0.1);
        var (clients, id) = (gateway.Agent.Layer.Clients, 0);
        for (var before = clients.Count; clients.Count == before && id < 100;) // the first INVITE's is the oldest
            gateway.Agent.HandleTransportError(++id, _bench.Now);
        next.Respond(next.Last("INVITE"), 200, "t", "answer");
        _bench.Run();
        Assert.NotNull(gateway.Last<SipCallEvent.Answered>(call));
        Assert.Null(gateway.Last<SipCallEvent.Failed>(call));
    }

    [Fact]
    public void An_empty_invite_gets_their_offer_in_the_success_and_answers_in_the_ack()
    {
        var call = _gateway.Invite(sdp: null);
        _bench.Run();
        var invite = _pbx.Last("INVITE");
        Assert.True(invite.Body.IsEmpty);
        _pbx.Respond(invite, 180, "t", "not-an-offer");
        _pbx.Respond(invite, 200, "t", "their-offer");
        _bench.Run(0.6);
        _pbx.Respond(invite, 200, "t", "their-offer");
        _bench.Run(0.6);
        Assert.Null(_gateway.Last<SipCallEvent.Provisional>(call)!.Sdp);
        Assert.Equal(("their-offer", true), (
            _gateway.Last<SipCallEvent.Answered>(call)!.Sdp, _gateway.Last<SipCallEvent.Answered>(call)!.SdpIsOffer));
        Assert.Equal(0, _bench.CountOf("ACK"));

        _gateway.Do(call, (s, now) => s.AcceptOffer("our-answer", now));
        _bench.Run();
        Assert.Equal("our-answer", System.Text.Encoding.UTF8.GetString(_pbx.Last("ACK").Body.Span));
    }

    [Fact]
    public void Refusing_their_offer_in_the_success_acknowledges_and_hangs_up()
    {
        var call = _gateway.Invite(sdp: null);
        _bench.Run();
        _pbx.Respond(_pbx.Last("INVITE"), 200, "t", "their-offer");
        _bench.Run();
        _gateway.Do(call, (s, now) => s.RejectOffer(488, now));
        _bench.Run();
        Assert.Equal((1, 1), (_bench.CountOf("ACK"), _bench.CountOf("BYE")));
        Assert.Equal(SipCallEnd.Local, _gateway.Last<SipCallEvent.Ended>(call)!.By);
    }

    [Fact]
    public void A_success_without_description_is_hung_up()
    {
        var call = _gateway.Invite();
        _bench.Run();
        _pbx.Respond(_pbx.Last("INVITE"), 200, "t");
        _bench.Run();
        Assert.Equal(488, _gateway.Last<SipCallEvent.Failed>(call)!.Status);
        Assert.Equal((1, 1), (_bench.CountOf("ACK"), _bench.CountOf("BYE")));
    }

    [Fact]
    public void Requests_follow_the_route_set_of_the_success()
    {
        var call = _gateway.Invite();
        _bench.Run();
        _pbx.Respond(_pbx.Last(
            "INVITE"), 200, "t", "answer", ("Record-Route", "<sip:10.0.0.2:5060;lr>"), ("Record-Route", "<sip:outer@10.0.0.2;lr>"));
        _bench.Run();
        _gateway.HangUp(call);
        _bench.Run();
        var bye = _pbx.Last("BYE");
        Assert.Equal(["outer", null], bye.Routes.Select(route => route.Uri.User));
        Assert.Equal("peer", bye.Uri.User);
    }
}
