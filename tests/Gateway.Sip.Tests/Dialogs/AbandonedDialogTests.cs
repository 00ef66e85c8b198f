using System.Text.Json;
using Gateway.Sip.Auth;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Messages;
using Gateway.Sip.Transactions;
using Gateway.Sip.Trunks;

namespace Gateway.Sip.Tests.Dialogs;

/// <summary>Calls of a process that has died, hung up at the PBX by another from the stored dialogs.</summary>
public class AbandonedDialogTests
{
    private readonly SipBench _bench = new();
    private readonly TestAgent _dead;
    private readonly TestAgent _next;
    private readonly ScriptedPeer _pbx;

    public AbandonedDialogTests()
    {
        var trunk = SipBench.Trunk("10.0.0.2:5060") with { Credentials = new SipCredentials("gw", "secret") };
        _dead = _bench.AddAgent("10.0.0.1:5060", trunk);
        _next = _bench.AddAgent("10.0.0.5:5060", trunk);
        _pbx = _bench.AddPeer("10.0.0.2:5060");
    }

    [Fact]
    public void A_call_that_we_placed_gets_its_bye_along_its_route()
    {
        var call = Ring("a", ("Record-Route", "<sip:10.0.0.2;lr>"));
        _pbx.Respond(_pbx.Last("INVITE"), 200, "a", "answer", ("Record-Route", "<sip:10.0.0.2;lr>"));
        _bench.Run();
        var kept = Keep(call);
        Assert.True(_next.Agent.TryEndDialog(kept, SipReason.Q850(41), _bench.Now));
        _next.Flush();
        _bench.Run();
        var (invite, bye) = (_pbx.Last("INVITE"), _pbx.Last("BYE"));
        Assert.Equal((invite.CallId, invite.FromTag, "a"), (bye.CallId, bye.FromTag, bye.ToTag));
        Assert.Equal(("sip:peer@10.0.0.2:5060", "<sip:10.0.0.2;lr>"), (bye.Uri.ToString(), bye.Headers["Route"]));
        Assert.True(bye.CSeq.Number > invite.CSeq.Number);
        Assert.Contains("cause=41", bye.Headers["Reason"]);
    }

    [Fact]
    public void A_call_that_we_took_gets_its_bye()
    {
        _pbx.Request(_dead.Address, "INVITE", "c1", 1, "peer", null, "offer");
        _bench.Run();
        Assert.Null(_dead.Incoming[0].Snapshot()); // a callee may not send BYE before its 2xx (RFC 3261 §15)
        _dead.Do(_dead.Incoming[0], (s, now) => s.Answer("answer", now));
        _bench.Run();
        Assert.True(_next.Agent.TryEndDialog(Keep(_dead.Incoming[0]), null, _bench.Now));
        _next.Flush();
        _bench.Run();
        Assert.Equal(("c1", "peer"), (_pbx.Last("BYE").CallId, _pbx.Last("BYE").ToTag));
    }

    [Fact]
    public void A_phone_that_rings_gets_a_bye_of_its_early_dialog()
    {
        var call = Ring("a");
        Assert.True(_next.Agent.TryEndDialog(Keep(call), null, _bench.Now));
        _next.Flush();
        _bench.Run();
        Assert.Equal("a", _pbx.Last("BYE").ToTag);
    }

    [Fact]
    public void A_challenged_bye_is_sent_again_with_credentials_and_the_next_number()
    {
        _next.Agent.TryEndDialog(Keep(Ring("a")), null, _bench.Now);
        _next.Flush();
        _bench.Run();
        var first = _pbx.Last("BYE");
        _pbx.Respond(first, 401, null, null, ("WWW-Authenticate", "Digest realm=\"pbx\", nonce=\"n\", algorithm=MD5"));
        _bench.Run();
        Assert.Equal(first.CSeq.Number + 1, _pbx.Last("BYE").CSeq.Number);
        Assert.True(_pbx.Last("BYE").Headers.Contains("Authorization"));
    }

    [Fact]
    public void What_cannot_be_read_or_belongs_to_no_trunk_ends_nothing()
    {
        var kept = Keep(Ring("a"));
        Assert.False(_next.Agent.TryEndDialog(kept with { Trunk = "other" }, null, _bench.Now));
        Assert.False(_next.Agent.TryEndDialog(kept with { Target = "nonsense" }, null, _bench.Now));
        Assert.False(_next.Agent.TryEndDialog(kept with { NextHop = "pbx" }, null, _bench.Now));
        Assert.False(_next.Agent.TryEndDialog(kept with { Routes = ["<"] }, null, _bench.Now));
        Assert.False(_next.Agent.TryEndDialog(kept with { Transport = SipTransport.Tls }, null, _bench.Now));
    }

    [Fact]
    public void Nothing_is_kept_of_a_call_that_is_over_or_does_not_ring_yet()
    {
        var call = _dead.Invite();
        Assert.Null(call.Snapshot());
        _bench.Run();
        _pbx.Respond(_pbx.Last("INVITE"), 200, "a", "answer");
        _bench.Run();
        Assert.NotNull(call.Snapshot());
        _dead.HangUp(call);
        Assert.Null(call.Snapshot());
    }

    private InviteSession Ring(string tag, params (string, string)[] headers)
    {
        var call = _dead.Invite();
        _bench.Run();
        _pbx.Respond(_pbx.Last("INVITE"), 180, tag, null, headers);
        _bench.Run();
        return call;
    }

    /// <summary>The dialog as read back from a store.</summary>
    private static SipDialogSnapshot Keep(InviteSession call) =>
        JsonSerializer.Deserialize<SipDialogSnapshot>(
            JsonSerializer.Serialize(call.Snapshot(), JsonSerializerOptions.Web), JsonSerializerOptions.Web)!;
}
