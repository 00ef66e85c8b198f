using Gateway.Sip.Dialogs;

namespace Gateway.Sip.Tests.Dialogs;

/// <summary>The description that answers our offer when the 2xx carries none: the first of that dialog (RFC 3261 §13.2.1).</summary>
public class FirstDescriptionTests
{
    private readonly SipBench _bench = new();
    private readonly TestAgent _gateway;
    private readonly ScriptedPeer _pbx;

    public FirstDescriptionTests()
    {
        _gateway = _bench.AddAgent("10.0.0.1:5060", SipBench.Trunk("10.0.0.2:5060"));
        _pbx = _bench.AddPeer("10.0.0.2:5060");
    }

    [Theory]
    [InlineData(180)]
    [InlineData(181)]
    [InlineData(182)]
    [InlineData(183)]
    public void An_unreliable_provisional_response_answers_the_offer(int status)
    {
        var call = Start();
        Ring(status, "a", "answer");
        Answer("a", null);
        Assert.Equal("answer", _gateway.Last<SipCallEvent.Answered>(call)!.Sdp);
        Assert.Equal((1, 0), (_bench.CountOf("ACK"), _bench.CountOf("BYE")));
    }

    [Fact]
    public void The_first_counts_and_later_ones_of_the_dialog_do_not()
    {
        var call = Start();
        Ring(180, "a", null);
        Ring(183, "a", "first");
        Ring(180, "a", "second");
        Answer("a", null);
        Assert.Equal("first", _gateway.Last<SipCallEvent.Answered>(call)!.Sdp);
    }

    [Theory]
    [InlineData("a", "of a")]
    [InlineData("b", "of b")]
    public void Each_fork_has_its_own(string winner, string expected)
    {
        var call = Start();
        Ring(183, "a", "of a");
        Ring(183, "b", "of b");
        Answer(winner, null);
        Assert.Equal(expected, _gateway.Last<SipCallEvent.Answered>(call)!.Sdp);
    }

    [Theory]
    [InlineData(183, "a", 0)]
    [InlineData(180, "a", 0)]
    [InlineData(183, null, 0)]
    [InlineData(183, "a", 180)]
    public void A_provisional_response_without_a_tag_answers_the_offer_of_whoever_picks_up(int status, string? tag, int ringing)
    {
        var call = Start();
        Ring(status, null, "answer");
        Assert.Equal(new SipCallEvent.Provisional(status, "answer", SdpIsOffer: false), _gateway.Last<SipCallEvent.Provisional>(call));
        if (ringing > 0)
            Ring(ringing, "a", null);
        Answer(tag, null);
        Assert.Equal("answer", _gateway.Last<SipCallEvent.Answered>(call)!.Sdp);
        Assert.Equal((1, 0), (_bench.CountOf("ACK"), _bench.CountOf("BYE")));
        Assert.Equal(tag ?? "", _bench.LastRequest("ACK").ToTag);
    }

    [Fact]
    public void A_reliable_response_without_a_tag_leaves_the_sequence_of_the_dialog_growing()
    {
        var call = Start();
        _pbx.Respond(_pbx.Last("INVITE"), 183, null, "answer", ("Require", "100rel"), ("RSeq", "1"));
        _bench.Run();
        _pbx.Respond(_pbx.Last("PRACK"), 200);
        Answer("a", null);
        _gateway.HangUp(call);
        _bench.Run();
        Assert.True(_bench.LastRequest("BYE").CSeq.Number > _bench.LastRequest("PRACK").CSeq.Number);
        Assert.Equal("a", _bench.LastRequest("BYE").ToTag);
    }

    [Fact]
    public void The_description_of_another_fork_is_no_answer()
    {
        var call = Start();
        Ring(183, "a", "of a");
        Answer("b", null);
        Assert.Equal(488, _gateway.Last<SipCallEvent.Failed>(call)!.Status);
        Assert.Equal(1, _bench.CountOf("ACK"));
        Assert.True(_bench.CountOf("BYE") > 0);
    }

    [Fact]
    public void A_reliable_answer_settles_it_although_a_preview_came_before()
    {
        var call = Start();
        Ring(183, "a", "preview");
        _pbx.Respond(_pbx.Last("INVITE"), 183, "a", "settled", ("Require", "100rel"), ("RSeq", "1"));
        _bench.Run();
        _pbx.Respond(_pbx.Last("PRACK"), 200);
        Answer("a", null);
        Assert.Equal("settled", _gateway.Last<SipCallEvent.Answered>(call)!.Sdp);
    }

    [Fact]
    public void A_description_in_the_2xx_is_taken_where_there_is_one()
    {
        var call = Start();
        Ring(183, "a", "early");
        Answer("a", "final");
        Assert.Equal("final", _gateway.Last<SipCallEvent.Answered>(call)!.Sdp);
    }

    [Fact]
    public void A_2xx_that_comes_again_is_only_acknowledged_again()
    {
        var call = Start();
        Ring(183, "a", "answer");
        Answer("a", null);
        Answer("a", null);
        Assert.Equal(2, _bench.CountOf("ACK"));
        Assert.False(call.IsOver);
    }

    private Gateway.Sip.Dialogs.InviteSession Start()
    {
        var call = _gateway.Invite();
        _bench.Run();
        return call;
    }

    private void Ring(int status, string? tag, string? sdp)
    {
        _pbx.Respond(_pbx.Last("INVITE"), status, tag, sdp);
        _bench.Run();
    }

    private void Answer(string? tag, string? sdp)
    {
        _pbx.Respond(_pbx.Last("INVITE"), 200, tag, sdp);
        _bench.Run();
    }
}
