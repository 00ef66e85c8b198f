using Gateway.Sip.Dialogs;

namespace Gateway.Sip.Tests.Dialogs;

/// <summary>A server that answers after it was given up for the next one.</summary>
public class LateAnswerTests
{
    private readonly SipBench _bench = new();
    private readonly TestAgent _gateway;
    private readonly ScriptedPeer _late;
    private readonly ScriptedPeer _next;
    private readonly InviteSession _call;

    public LateAnswerTests()
    {
        _gateway = _bench.AddAgent("10.0.0.1:5060", SipBench.Trunk("10.0.0.2:5060") with { BackupServers = ["10.0.0.3:5060"] });
        _late = _bench.AddPeer("10.0.0.2:5060");
        _next = _bench.AddPeer("10.0.0.3:5060");
        _call = _gateway.Invite();
        _bench.Run(5);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Has_the_call_and_the_next_one_is_cancelled_as_soon_as_it_may_be(bool rangBefore)
    {
        var invite = _next.Last("INVITE");
        if (rangBefore)
            Respond(_next, 180, "b");
        Respond(_late, 200, "a", "answer");
        Assert.Equal("answer", _gateway.Last<SipCallEvent.Answered>(_call)!.Sdp);
        Assert.Equal(rangBefore ? 1 : 0, _bench.CountOf("CANCEL"));
        if (!rangBefore)
            Respond(_next, 180, "b");
        var cancel = _next.Last("CANCEL");
        Assert.Equal((invite.TopVia.Branch, invite.CSeq.Number), (cancel.TopVia.Branch, cancel.CSeq.Number));
        Assert.Equal("SIP;cause=200;text=\"Call completed elsewhere\"", cancel.Headers["Reason"]);

        _next.Respond(cancel, 200, "b");
        Respond(_next, 487, "b");
        Assert.Equal(invite.TopVia.Branch, _next.Last("ACK").TopVia.Branch);
        _bench.Run(60);
        Assert.False(_call.IsOver);
        _gateway.HangUp(_call);
        _bench.Run();
        Assert.Equal("a", _late.Last("BYE").ToTag);
        Assert.Equal(1, _bench.CountOf("CANCEL"));
    }

    [Fact]
    public void Has_the_call_and_the_next_one_is_hung_up_if_it_answers_too()
    {
        Respond(_late, 200, "a", "answer");
        Respond(_next, 200, "b", "other");
        Assert.Equal(("b", "b"), (_next.Last("ACK").ToTag, _next.Last("BYE").ToTag));
        Assert.Single(_gateway.Events(_call).OfType<SipCallEvent.Answered>());
        Assert.False(_call.IsOver);
    }

    [Fact]
    public void Leaves_no_invite_behind_when_the_next_one_rings_on_after_its_cancel()
    {
        Respond(_next, 180, "b");
        Respond(_late, 200, "a", "answer");
        _bench.Run(120);
        Assert.False(_call.IsOver);
        Assert.Equal(0, _gateway.Agent.Layer.Clients.Count);
    }

    [Fact]
    public void Is_hung_up_where_the_call_was_given_up_and_the_next_one_is_still_cancelled()
    {
        _gateway.HangUp(_call);
        Respond(_late, 200, "a", "answer");
        Assert.Equal(("a", 0), (_late.Last("BYE").ToTag, _bench.CountOf("CANCEL")));
        _late.Respond(_late.Last("BYE"), 200);
        Respond(_next, 180, "b");
        Assert.Equal("Q.850;cause=16", _next.Last("CANCEL").Headers["Reason"]);
        Assert.False(_call.IsSettled);
        Respond(_next, 487, "b");
        Assert.True(_call.IsSettled);
    }

    private void Respond(ScriptedPeer peer, int status, string tag, string? sdp = null)
    {
        peer.Respond(peer.Last("INVITE"), status, tag, sdp);
        _bench.Run();
    }
}
