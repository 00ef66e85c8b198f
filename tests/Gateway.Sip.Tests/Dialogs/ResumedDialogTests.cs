using System.Text.Json;
using Gateway.Sip.Auth;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Transactions;

namespace Gateway.Sip.Tests.Dialogs;

/// <summary>Answered calls of a process that has died, with which another goes on from their snapshots.</summary>
public class ResumedDialogTests
{
    private readonly SipBench _bench = new();
    private readonly TestAgent _dead;
    private readonly TestAgent _next;
    private readonly ScriptedPeer _pbx;

    public ResumedDialogTests()
    {
        var trunk = SipBench.Trunk("10.0.0.2:5060") with { Credentials = new SipCredentials("gw", "secret") };
        _dead = _bench.AddAgent("10.0.0.1:5060", trunk);
        _next = _bench.AddAgent("10.0.0.5:5060", trunk);
        _pbx = _bench.AddPeer("10.0.0.2:5060");
    }

    [Fact]
    public void A_call_that_we_placed_is_offered_from_its_new_address_along_its_route()
    {
        var call = Placed(("Record-Route", "<sip:10.0.0.2;lr>"));
        var invite = _pbx.Last("INVITE");
        var resumed = Resume(call);
        _next.Do(resumed, (s, now) => s.Offer("moved", now));
        _bench.Run();
        var again = _pbx.Last("INVITE");
        Assert.Equal((invite.CallId, invite.FromTag, "a"), (again.CallId, again.FromTag, again.ToTag));
        Assert.Equal(("sip:peer@10.0.0.2:5060", "<sip:10.0.0.2;lr>"), (again.Uri.ToString(), again.Headers["Route"]));
        Assert.Equal((invite.Contact!.Uri.User, "10.0.0.5"), (again.Contact!.Uri.User, again.Contact.Uri.Host));
        Assert.True(again.CSeq.Number > invite.CSeq.Number);
        _pbx.Respond(again, 200, "a", "answer");
        _bench.Run();
        Assert.Equal(_next.Address, _bench.Log.Last(sent => sent.IsRequest("ACK")).From);
        Assert.Equal([new SipCallEvent.AnswerReceived("answer")], _next.Events(resumed));
    }

    [Fact]
    public void A_call_that_we_took_is_offered_and_ended_from_its_new_address()
    {
        var resumed = Resume(Taken());
        _next.Do(resumed, (s, now) => s.Offer("moved", now));
        _bench.Run();
        var again = _pbx.Last("INVITE");
        Assert.Equal(("c1", "peer", "10.0.0.5"), (again.CallId, again.ToTag, again.Contact!.Uri.Host));
        _pbx.Respond(again, 200, null, "answer");
        _bench.Run();
        _next.HangUp(resumed);
        _bench.Run();
        Assert.Equal(("c1", again.CSeq.Number + 1), (_pbx.Last("BYE").CallId, _pbx.Last("BYE").CSeq.Number));
        Assert.Equal(0, _next.Agent.ActiveCalls);
    }

    [Fact]
    public void What_the_peer_asks_is_answered_where_the_call_is_now_and_an_old_number_is_refused()
    {
        var taken = Taken();
        var tag = taken.LocalTag;
        var resumed = Resume(taken);
        _pbx.Request(_next.Address, "INVITE", "c1", 1, "peer", tag, "late");
        _bench.Run();
        Assert.Contains(_bench.Log, sent => sent.From == _next.Address && sent.IsResponse(500, "INVITE"));
        _pbx.Request(_next.Address, "INVITE", "c1", 2, "peer", tag, "hold");
        _bench.Run();
        Assert.Contains(new SipCallEvent.OfferReceived("hold"), _next.Events(resumed));
        _next.Do(resumed, (s, now) => s.AcceptOffer("held", now));
        _pbx.Request(_next.Address, "BYE", "c1", 3, "peer", tag, null);
        _bench.Run();
        Assert.IsType<SipCallEvent.Ended>(_next.Events(resumed)[^1]);
    }

    [Fact]
    public void A_repetition_of_what_both_had_agreed_changes_nothing()
    {
        var taken = Taken();
        var resumed = Resume(taken);
        _pbx.Request(_next.Address, "INVITE", "c1", 2, "peer", taken.LocalTag, "offer");
        _bench.Run();
        Assert.Empty(_next.Events(resumed));
        Assert.Contains(_bench.Log, sent => sent.From == _next.Address && sent.IsResponse(200, "INVITE"));
    }

    [Fact]
    public void The_session_is_refreshed_where_it_was_our_part_and_ends_where_nobody_does()
    {
        var call = Placed(("Session-Expires", "1800;refresher=uac"), ("Require", "timer"));
        Assert.Equal((1800, true), (call.Save()!.Interval, call.Save()!.WeRefresh));
        var resumed = Resume(call);
        _bench.Run(TimeSpan.FromSeconds(901));
        Assert.Equal(_next.Address, _bench.Log.Last(sent => sent.IsRequest("INVITE") || sent.IsRequest("UPDATE")).From);
        _bench.Run(TimeSpan.FromSeconds(1000));
        Assert.IsType<SipCallEvent.Ended>(_next.Events(resumed)[^1]);
    }

    [Fact]
    public void Ends_where_the_peer_no_longer_knows_it()
    {
        var resumed = Resume(Placed());
        _next.Do(resumed, (s, now) => s.Offer("moved", now));
        _bench.Run();
        _pbx.Respond(_pbx.Last("INVITE"), 481, "a", null);
        _bench.Run();
        Assert.Equal(SipCallEnd.DialogLost, Assert.IsType<SipCallEvent.Ended>(_next.Events(resumed)[^1]).By);
    }

    [Fact]
    public void A_challenge_to_its_first_offer_is_answered()
    {
        var resumed = Resume(Placed());
        _next.Do(resumed, (s, now) => s.Offer("moved", now));
        _bench.Run();
        var first = _pbx.Last("INVITE");
        _pbx.Respond(first, 401, "a", null, ("WWW-Authenticate", "Digest realm=\"pbx\", nonce=\"n\", algorithm=MD5"));
        _bench.Run();
        var again = _pbx.Last("INVITE");
        Assert.Equal((first.CSeq.Number + 1, true), (again.CSeq.Number, again.Headers.Contains("Authorization")));
        _pbx.Respond(_pbx.Last("INVITE"), 200, "a", "answer");
        _bench.Run();
        Assert.Equal([new SipCallEvent.AnswerReceived("answer")], _next.Events(resumed));
    }

    [Fact]
    public void A_peer_that_refuses_the_offer_is_reported_and_one_that_cannot_be_reached_too()
    {
        var resumed = Resume(Placed());
        _next.Do(resumed, (s, now) => s.Offer("moved", now));
        _bench.Run();
        _pbx.Respond(_pbx.Last("INVITE"), 488, "a", null);
        _bench.Run();
        Assert.Equal(488, _next.Last<SipCallEvent.OfferRefused>(resumed)!.Status);
        _bench.Drop = _ => true;
        _next.Do(resumed, (s, now) => s.Offer("moved", now));
        _bench.Run(TimeSpan.FromMinutes(1));
        Assert.Equal(SipCallEnd.DialogLost, _next.Last<SipCallEvent.Ended>(resumed)!.By);
    }

    [Fact]
    public void What_cannot_be_read_or_belongs_to_no_trunk_is_no_call()
    {
        var kept = Keep(Placed());
        Assert.NotNull(_next.Agent.CreateResumed(kept));
        Assert.All(
            [
                kept.Dialog with { Trunk = "other" }, kept.Dialog with { Target = "nonsense" }, kept.Dialog with { NextHop = "pbx" },
                kept.Dialog with { Routes = ["<"] }, kept.Dialog with { Transport = SipTransport.Tls },
            ],
            dialog => Assert.Null(_next.Agent.CreateResumed(kept with { Dialog = dialog })));
    }

    [Fact]
    public void Comes_back_to_a_process_that_has_not_forgotten_it_yet()
    {
        var call = Placed();
        var saved = Keep(call);
        _dead.HangUp(call);
        var back = _dead.Agent.CreateResumed(saved)!;
        _dead.Do(back, (s, now) => _dead.Agent.Begin(s, now));
        _bench.Run(TimeSpan.FromMinutes(2)); // the first one is forgotten
        _pbx.Request(_dead.Address, "BYE", saved.Dialog.CallId, 1, "a", back.LocalTag, null);
        _bench.Run();
        Assert.IsType<SipCallEvent.Ended>(_dead.Events(back)[^1]);
    }

    [Fact]
    public void There_is_no_snapshot_before_the_answer_and_after_the_end()
    {
        var call = _dead.Invite();
        _bench.Run();
        _pbx.Respond(_pbx.Last("INVITE"), 180, "a", null);
        _bench.Run();
        Assert.Null(call.Save());
        _pbx.Respond(_pbx.Last("INVITE"), 200, "a", "answer");
        _bench.Run();
        Assert.NotNull(call.Save());
        _dead.HangUp(call);
        Assert.Null(call.Save());
    }

    private InviteSession Placed(params (string, string)[] headers)
    {
        var call = _dead.Invite();
        _bench.Run();
        _pbx.Respond(_pbx.Last("INVITE"), 200, "a", "answer", headers);
        _bench.Run();
        return call;
    }

    private InviteSession Taken()
    {
        _pbx.Request(_dead.Address, "INVITE", "c1", 1, "peer", null, "offer");
        _bench.Run();
        var call = _dead.Incoming[0];
        _dead.Do(call, (s, now) => s.Answer("answer", now));
        _bench.Run();
        _pbx.Request(_dead.Address, "ACK", "c1", 1, "peer", call.LocalTag, null);
        _bench.Run();
        return call;
    }

    private InviteSession Resume(InviteSession call)
    {
        var resumed = _next.Agent.CreateResumed(Keep(call))!;
        _bench.Drop = sent => sent.From == _dead.Address || sent.To == _dead.Address;
        _next.Do(resumed, (s, now) => _next.Agent.Begin(s, now));
        return resumed;
    }

    /// <summary>The session as read back from a store.</summary>
    private static SipSessionSnapshot Keep(InviteSession call) =>
        JsonSerializer.Deserialize<SipSessionSnapshot>(
            JsonSerializer.Serialize(call.Save(), JsonSerializerOptions.Web), JsonSerializerOptions.Web)!;
}
