using System.Text;
using Gateway.Sip.Messages;
using Gateway.Sip.Profiles;

namespace Gateway.Sip.Tests.Dialogs;

/// <summary>INFO, REFER, Replaces and other requests of a running call.</summary>
public class InDialogTests
{
    [Theory]
    [InlineData("application/dtmf-relay", "Signal=5\r\nDuration=250\r\n", '5', 250)]
    [InlineData("application/dtmf-relay", "Signal= *\nDuration= 100", '*', 100)]
    [InlineData("application/dtmf-relay", "Signal=11\r\n", '#', 160)]
    [InlineData("application/dtmf", "d", 'D', 160)]
    [InlineData("application/dtmf", "7\r\n", '7', 160)]
    public void Hears_keys_in_info(string type, string body, char digit, int milliseconds)
    {
        var (bench, gateway, pbx, call, tag) = RenegotiationTests.WithScriptedPeer();
        Info(bench, gateway, pbx, tag, 2, type, body);
        Assert.Equal(1, bench.CountOf(200, "INFO"));
        Assert.Equal(new SipCallEvent.DigitReceived(digit, TimeSpan.FromMilliseconds(milliseconds)), gateway.Events(call)[^1]);
    }

    [Theory]
    [InlineData("application/dtmf-relay", "Signal=nonsense")]
    [InlineData("application/dtmf-relay", "Duration=100")]
    [InlineData("application/media_control+xml", "<picture_fast_update/>")]
    public void Refuses_info_that_it_cannot_read(string type, string body)
    {
        var (bench, gateway, pbx, call, tag) = RenegotiationTests.WithScriptedPeer();
        Info(bench, gateway, pbx, tag, 2, type, body);
        Assert.Equal(1, bench.CountOf(415, "INFO"));
        Assert.DoesNotContain(gateway.Events(call), happened => happened is SipCallEvent.DigitReceived);
    }

    [Theory]
    [InlineData(DtmfInfoBody.DtmfRelay, "application/dtmf-relay", "Signal=9\r\nDuration=120\r\n")]
    [InlineData(DtmfInfoBody.Dtmf, "application/dtmf", "9")]
    public void Sends_keys_in_info_as_the_profile_says(DtmfInfoBody form, string type, string body)
    {
        var (bench, gateway, pbx, call, _) = RenegotiationTests.WithScriptedPeer(profile => profile with { DtmfInfoBody = form });
        gateway.Do(call, (s, now) => s.SendDigit('9', TimeSpan.FromMilliseconds(120), now));
        bench.Run();
        Assert.Equal((type, body), (pbx.Last("INFO").ContentType, Encoding.UTF8.GetString(pbx.Last("INFO").Body.Span)));
    }

    [Fact]
    public void Refuses_a_transfer_by_default()
    {
        var (bench, gateway, pbx, call, tag) = RenegotiationTests.WithScriptedPeer();
        pbx.Request(gateway.Address, "REFER", "c1", 2, "peer", tag, headers: ("Refer-To", "<sip:200@10.0.0.2>"));
        bench.Run();
        Assert.Equal(1, bench.CountOf(603, "REFER"));
        Assert.DoesNotContain(gateway.Events(call), happened => happened is SipCallEvent.TransferRequested);
    }

    [Fact]
    public void Puts_a_transfer_to_the_owner_when_the_profile_allows_and_reports_its_progress()
    {
        var (bench, gateway, pbx, call, tag) = RenegotiationTests.WithScriptedPeer(profile => profile with { Refer = ReferPolicy.Accept });
        pbx.Request(gateway.Address, "REFER", "c1", 2, "peer", tag, headers:
            [("Refer-To", "<sip:200@10.0.0.2?Replaces=c9%3Bto-tag%3Da%3Bfrom-tag%3Db>"), ("Referred-By", "<sip:100@10.0.0.2>")]);
        bench.Run();
        Assert.Equal(1, bench.CountOf(202, "REFER"));
        var asked = gateway.Last<SipCallEvent.TransferRequested>(call)!;
        Assert.Equal(("sip:200@10.0.0.2", "c9;to-tag=a;from-tag=b", "100"), (asked.Target, asked.Replaces, asked.ReferredBy?.User));
        Assert.Equal("SIP/2.0 100 Trying\r\n", Encoding.UTF8.GetString(pbx.Last("NOTIFY").Body.Span));
        pbx.Respond(pbx.Last("NOTIFY"), 200);

        gateway.Do(call, (s, now) => s.NotifyTransfer(200, "OK", now));
        bench.Run();
        Assert.Equal("terminated;reason=noresource", pbx.Last("NOTIFY").Headers["Subscription-State"]);
        Assert.Equal("refer;id=2", pbx.Last("NOTIFY").Headers["Event"]);
    }

    [Fact]
    public void An_invite_with_replaces_names_its_call_and_takes_its_place_when_answered()
    {
        var (bench, gateway, pbx, call, tag) = RenegotiationTests.WithScriptedPeer();
        pbx.Request(gateway.Address, "INVITE", "c2", 1, "other", null, "offer", headers: ("Replaces", $"c1;to-tag={tag};from-tag=peer"));
        bench.Run();
        var taker = gateway.Incoming[1];
        Assert.False(call.IsOver);
        gateway.Do(taker, (s, now) => s.Answer("answer", now));
        bench.Run();
        Assert.Equal(SipCallEnd.Replaced, gateway.Last<SipCallEvent.Ended>(call)!.By);
        Assert.Equal("c1", pbx.Last("BYE").CallId);
        Assert.False(taker.IsOver);
    }

    [Theory]
    [InlineData("c9;to-tag=x;from-tag=peer", 481)]
    [InlineData("c1;to-tag=TAG;from-tag=stranger", 481)]
    [InlineData("c1;to-tag=TAG;from-tag=peer;early-only", 486)]
    [InlineData("nonsense", 400)]
    public void An_invite_with_replaces_that_fits_no_call_is_refused(string replaces, int status)
    {
        var (bench, gateway, pbx, call, tag) = RenegotiationTests.WithScriptedPeer();
        pbx.Request(gateway.Address, "INVITE", "c2", 1, "other", null, "offer", headers: ("Replaces", replaces.Replace("TAG", tag, StringComparison.Ordinal)));
        bench.Run();
        Assert.Equal(1, bench.CountOf(status, "INVITE"));
        Assert.Single(gateway.Incoming);
        Assert.False(call.IsOver);
    }

    [Fact]
    public void A_dialog_belongs_to_both_tags()
    {
        var (bench, gateway, pbx, call, tag) = RenegotiationTests.WithScriptedPeer();
        pbx.Request(gateway.Address, "BYE", "c1", 2, "stranger", tag);
        bench.Run();
        Assert.Equal(1, bench.CountOf(481, "BYE"));
        Assert.False(call.IsOver);
    }

    [Fact]
    public void Byes_that_cross_are_both_answered()
    {
        var (bench, gateway, pbx, call, tag) = RenegotiationTests.WithScriptedPeer();
        gateway.HangUp(call);
        pbx.Request(gateway.Address, "BYE", "c1", 2, "peer", tag);
        bench.Run();
        Assert.Equal(1, bench.CountOf(200, "BYE"));
        Assert.Single(gateway.Events(call).OfType<SipCallEvent.Ended>());
    }

    private static void Info(SipBench bench, TestAgent gateway, ScriptedPeer pbx, string tag, uint sequence, string type, string body)
    {
        var info = new SipRequest(SipMethod.Info, SipUri.Create("gw", new HostPort("10.0.0.1")));
        info.Headers.Add("Via", $"SIP/2.0/UDP {pbx.Address};rport;branch=z9hG4bKinfo{sequence}");
        info.Headers.Add("From", "<sip:peer@test>;tag=peer");
        info.Headers.Add("To", $"<sip:gw@test>;tag={tag}");
        info.Headers.Add("Call-ID", "c1");
        info.Headers.Add("CSeq", $"{sequence} INFO");
        info.SetBody(Encoding.UTF8.GetBytes(body), type);
        bench.Send(pbx.Address, gateway.Address, SipWriter.Write(info));
        bench.Run();
    }
}
