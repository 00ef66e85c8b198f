using Gateway.Sip.Dialogs;
using Gateway.Sip.Profiles;

namespace Gateway.Sip.Tests.Dialogs;

/// <summary>
/// The end of a transfer: the PBX receives the result before its dialog ends (RFC 3515 §2.4.5), or answers NOTIFY with 481.
/// </summary>
public class ReportedTransferTests
{
    private readonly SipBench _bench;
    private readonly TestAgent _gateway;
    private readonly ScriptedPeer _pbx;
    private readonly InviteSession _call;
    private readonly string _tag;

    public ReportedTransferTests()
    {
        (_bench, _gateway, _pbx, _call, _tag) = RenegotiationTests.WithScriptedPeer(profile => profile with { Refer = ReferPolicy.Accept });
        _pbx.Request(_gateway.Address, "REFER", "c1", 2, "peer", _tag, headers: ("Refer-To", "<sip:200@10.0.0.2>"));
        _bench.Run();
        _pbx.Respond(_pbx.Last("NOTIFY"), 200);
        _bench.Run();
    }

    [Theory]
    [InlineData(200)]
    [InlineData(481)]
    [InlineData(500)]
    public void The_bye_waits_for_the_answer_to_the_final_notify(int status)
    {
        Finish();
        _bench.Run(3);
        Assert.Equal(0, _bench.CountOf("BYE"));
        Assert.Equal(SipCallEnd.Local, _gateway.Last<SipCallEvent.Ended>(_call)!.By);
        var notify = _pbx.Last("NOTIFY");
        _pbx.Respond(notify, status);
        _bench.Run();
        Assert.Equal(notify.CSeq.Number + 1, _pbx.Last("BYE").CSeq.Number);
    }

    [Fact]
    public void The_bye_leaves_when_nobody_answers()
    {
        Finish();
        _bench.Run(31);
        Assert.Equal(0, _bench.CountOf("BYE"));
        _bench.Run(3);
        Assert.True(_bench.CountOf("BYE") > 0);
    }

    [Fact]
    public void All_reports_on_the_way_are_waited_for()
    {
        _gateway.Do(_call, (s, now) => s.NotifyTransfer(180, "Ringing", now));
        _bench.Run();
        var ringing = _pbx.Last("NOTIFY");
        Finish();
        _bench.Run();
        _pbx.Respond(_pbx.Last("NOTIFY"), 200);
        _bench.Run();
        Assert.Equal(0, _bench.CountOf("BYE"));
        _pbx.Respond(ringing, 200);
        _bench.Run();
        Assert.Equal(1, _bench.CountOf("BYE"));
    }

    [Fact]
    public void A_bye_of_the_pbx_meanwhile_needs_none_of_ours()
    {
        Finish();
        _bench.Run();
        var notify = _pbx.Last("NOTIFY");
        _pbx.Request(_gateway.Address, "BYE", "c1", 3, "peer", _tag);
        _bench.Run();
        _pbx.Respond(notify, 200);
        _bench.Run(40);
        Assert.Equal((1, 1), (_bench.CountOf("BYE"), _bench.CountOf(200, "BYE")));
    }

    [Fact]
    public void Without_a_report_on_the_way_the_bye_leaves_at_once()
    {
        _gateway.HangUp(_call);
        _bench.Run();
        Assert.Equal(1, _bench.CountOf("BYE"));
    }

    /// <summary>The new call is answered: the result is notified, and the old dialog is hung up.</summary>
    private void Finish()
    {
        _gateway.Do(_call, (s, now) => s.NotifyTransfer(200, "OK", now));
        _gateway.HangUp(_call);
    }
}
