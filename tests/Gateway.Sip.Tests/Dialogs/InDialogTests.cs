using System.Text;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Messages;
using Gateway.Sip.Profiles;

namespace Gateway.Sip.Tests.Dialogs;

/// <summary>INFO, REFER, Replaces and other requests of a running call.</summary>
public class InDialogTests
{
    [Theory]
    [InlineData("application/dtmf-relay", "Signal=5\r\nDuration=250\r\n", '5', 250)]
    [InlineData("application/dtmf-relay", "Signal= *\nDuration= 100", '*', 100)]
    [InlineData("application/dtmf-relay", "Signal=5\r\nDuration=100000\r\n", '5', 1000)]
    [InlineData("application/dtmf-relay", "Signal=5\r\nDuration=99999999999\r\n", '5', 1000)]
    [InlineData("application/dtmf-relay", "Signal=11\r\n", '#', 160)]
    [InlineData("application/dtmf", "d", 'D', 160)]
    [InlineData("application/dtmf", "7\r\n", '7', 160)]
    [InlineData("application/dtmf", "d=5", '5', 160)]
    [InlineData("application/dtmf", "d=5\r\nDuration=200", '5', 200)]
    [InlineData("application/dtmf-relay", "Signal=5 Duration=200", '5', 200)]
    [InlineData("application/dtmf-relay", "Signal=#;Duration=200", '#', 200)]
    [InlineData("application/dtmf-relay", "Signal: 5\r\nDuration: 200\r\n", '5', 200)]
    [InlineData("APPLICATION/DTMF-RELAY;charset=utf-8", "signal=a\nduration=200\n", 'A', 200)]
    [InlineData("application/dtmf-relay", "8", '8', 160)]
    [InlineData("application/vnd.nortelnetworks.digits", "p=Digit-Collection\r\ny=Digits\r\nd=0\r\n", '0', 160)]
    [InlineData("application/vnd.nortelnetworks.digits", "d=*", '*', 160)]
    [InlineData("audio/telephone-event", "5", '5', 160)]
    [InlineData("audio/telephone-event", "Signal=5\r\nDuration=200", '5', 200)]
    [InlineData("audio/telephone-event", "\u000b\0\u0006\u0040", '#', 200)]
    [InlineData("multipart/mixed;boundary=b", "--b\nContent-Type: application/dtmf-relay\n\nSignal=5\nDuration=200\n--b--", '5', 200)]
    public void Hears_keys_in_info(string type, string body, char digit, int milliseconds)
    {
        var (bench, gateway, pbx, call, tag) = RenegotiationTests.WithScriptedPeer();
        Info(bench, gateway, pbx, tag, 2, type, body);
        Assert.Equal(1, bench.CountOf(200, "INFO"));
        Assert.Equal(new SipCallEvent.DigitReceived(digit, TimeSpan.FromMilliseconds(milliseconds)), gateway.Events(call)[^1]);
    }

    [Theory]
    [InlineData("application/dtmf-relay", "Signal=16\r\nDuration=300\r\n")]
    [InlineData("application/dtmf-relay", "Signal=hf\r\n")]
    [InlineData("application/dtmf", "16")]
    [InlineData("audio/telephone-event", "\u0010\0\u0006\u0040")]
    public void A_flash_of_the_hook_is_understood_and_is_no_key(string type, string body)
    {
        var (bench, gateway, pbx, call, tag) = RenegotiationTests.WithScriptedPeer();
        Info(bench, gateway, pbx, tag, 2, type, body);
        Assert.Equal(1, bench.CountOf(200, "INFO"));
        Assert.DoesNotContain(gateway.Events(call), happened => happened is SipCallEvent.DigitReceived);
    }

    [Theory]
    [InlineData("p=Digit-Collection\r\ny=Digits\r\n\r\nd=12#\r\n", "12#")]
    [InlineData("d=16", "16")]
    public void All_keys_that_a_peer_collected_are_heard(string body, string keys)
    {
        var (bench, gateway, pbx, call, tag) = RenegotiationTests.WithScriptedPeer();
        Info(bench, gateway, pbx, tag, 2, "application/vnd.nortelnetworks.digits", body);
        Assert.Equal(1, bench.CountOf(200, "INFO"));
        Assert.Equal(keys, string.Concat(gateway.Events(call).OfType<SipCallEvent.DigitReceived>().Select(key => key.Digit)));
    }

    [Theory]
    [InlineData("application/dtmf-relay", "Signal=nonsense")]
    [InlineData("application/dtmf-relay", "Signal=123")]
    [InlineData("application/vnd.nortelnetworks.digits", "d=12345678901234567")]
    [InlineData("application/dtmf-relay", "Duration=100")]
    [InlineData("application/dtmf", "d=z")]
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

    [Theory]
    [InlineData("INVITE, ACK, BYE, INFO, UPDATE", true)]
    [InlineData("INVITE,INFO", true)]
    [InlineData("INVITE, ACK, BYE, UPDATE", false)]
    public void Allow_tells_whether_the_peer_takes_keys_in_info(string allow, bool takes)
    {
        var (bench, gateway, pbx, call, tag) = RenegotiationTests.WithScriptedPeer();
        pbx.Request(gateway.Address, "UPDATE", "c1", 2, "peer", tag, headers: ("Allow", allow));
        bench.Run();
        Assert.Equal(takes, call.Dialog!.AllowsInfo);
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
            [("Refer-To", "<sip:200@10.0.0.2?Replaces=c9%3Bto-tag%3Da%3Bfrom-tag%3Db>"), (
                "Referred-By", "Ann <sip:100@10.0.0.2>;cid=\"1@pbx\"")]);
        bench.Run();
        Assert.Equal(1, bench.CountOf(202, "REFER"));
        var asked = gateway.Last<SipCallEvent.TransferRequested>(call)!;
        Assert.Equal(("sip:200@10.0.0.2", "c9;to-tag=a;from-tag=b"), (asked.Target, asked.Replaces));
        Assert.Equal("Ann <sip:100@10.0.0.2>;cid=\"1@pbx\"", asked.ReferredBy);
        Assert.Equal("SIP/2.0 100 Trying\r\n", Encoding.UTF8.GetString(pbx.Last("NOTIFY").Body.Span));
        pbx.Respond(pbx.Last("NOTIFY"), 200);

        gateway.Do(call, (s, now) => s.NotifyTransfer(200, "OK", now));
        bench.Run();
        Assert.Equal("terminated;reason=noresource", pbx.Last("NOTIFY").Headers["Subscription-State"]);
        Assert.Equal("refer;id=2", pbx.Last("NOTIFY").Headers["Event"]);
    }

    [Theory]
    [InlineData("<sip:conference-7.pbx.example;transport=tcp>", "sip:conference-7.pbx.example;transport=tcp", "")]
    [InlineData("sip:conference-7.pbx.example", "sip:conference-7.pbx.example", "")]
    [InlineData("<sip:@10.0.0.2>", "sip:@10.0.0.2", "")]
    [InlineData("<sip:200@10.0.0.2;gr=urn:x;method=INVITE?X-Room=7%2B1&Subject=a%20b>", "sip:200@10.0.0.2;gr=urn:x;method=INVITE",
        "X-Room: 7+1|Subject: a b")]
    [InlineData("<sip:200@10.0.0.2?From=%3Csip:evil@x%3E&Route=%3Csip:x%3E&f=x&P-Asserted-Identity=%3Csip:1@x%3E&body=x&X-A=%0d%0aVia:x>",
        "sip:200@10.0.0.2", "X-A: \r\nVia:x")]
    public void Carries_the_target_and_headers_of_a_transfer_as_they_are(string referTo, string target, string headers)
    {
        var (bench, gateway, pbx, call, tag) = RenegotiationTests.WithScriptedPeer(profile => profile with { Refer = ReferPolicy.Accept });
        pbx.Request(gateway.Address, "REFER", "c1", 2, "peer", tag,
            headers: [("Refer-To", referTo), ("Referred-By", "<sip:10.0.0.2;transport=tcp>")]);
        bench.Run();
        var asked = gateway.Last<SipCallEvent.TransferRequested>(call)!;
        Assert.Equal((target, "<sip:10.0.0.2;transport=tcp>"), (asked.Target, asked.ReferredBy));
        Assert.Equal(headers, string.Join("|", asked.Headers.Select(header => $"{header.Name}: {header.Value}")));
    }

    [Fact]
    public void An_invite_goes_to_the_trunk_whatever_target_a_transfer_names()
    {
        var bench = new SipBench();
        var gateway = bench.AddAgent("10.0.0.1:5060", SipBench.Trunk("10.0.0.2:5060"));
        var pbx = bench.AddPeer("10.0.0.2:5060");
        Assert.True(SipUri.TryParse("sip:conference-7.example;x=y", out var target));
        gateway.Invite(change: call => call with { TargetUser = "", Target = target, Headers = [("Referred-By", "<sip:10.0.0.2>")] });
        bench.Run();
        Assert.Equal(("sip:conference-7.example;x=y", "<sip:conference-7.example;x=y>", "<sip:10.0.0.2>"),
            (pbx.Last("INVITE").Uri.ToString(), pbx.Last("INVITE").Headers["To"], pbx.Last("INVITE").Headers["Referred-By"]));
    }

    [Theory]
    [InlineData("INVITE")]
    [InlineData("UPDATE")]
    [InlineData("REFER")]
    public void Takes_requests_of_a_running_call_without_contact(string method)
    {
        var (bench, gateway, pbx, call, tag) = RenegotiationTests.WithScriptedPeer(profile => profile with { Refer = ReferPolicy.Accept });
        foreach (var contact in (string?[])[null, "*", "<sip:broken"])
        {
            var sequence = 2 + (uint)gateway.Events(call).Count;
            var request = new SipRequest(new SipMethod(method), SipUri.Create("gw", new HostPort("10.0.0.1")));
            request.Headers.Add("Via", $"SIP/2.0/UDP {pbx.Address};rport;branch=z9hG4bK{method}{contact?.Length}");
            request.Headers.Add("From", "<sip:peer@test>;tag=peer");
            request.Headers.Add("To", $"<sip:gw@test>;tag={tag}");
            request.Headers.Add("Call-ID", "c1");
            request.Headers.Add("CSeq", $"{sequence + (uint)bench.Log.Count} {method}");
            if (contact is not null)
                request.Headers.Add("Contact", contact);
            if (method == "REFER")
                request.Headers.Add("Refer-To", "<sip:200@10.0.0.2>");
            else
                request.SetBody("offer"u8.ToArray(), MediaType.Sdp);
            bench.Send(pbx.Address, gateway.Address, SipWriter.Write(request));
            bench.Run();
            Assert.Equal(0, bench.CountOf(400, method));
        }
        gateway.HangUp(call);
        bench.Run(40); // a re-INVITE without ACK delays the BYE
        Assert.Equal("sip:peer@10.0.0.2:5060", pbx.Last("BYE").Uri.ToString());
    }

    [Fact]
    public void An_info_package_that_nobody_named_is_refused_as_one()
    {
        var (bench, gateway, pbx, call, tag) = RenegotiationTests.WithScriptedPeer();
        pbx.Request(gateway.Address, "INFO", "c1", 2, "peer", tag, headers: ("Info-Package", "conference"));
        bench.Run();
        Assert.Equal("", bench.LastResponse(469, "INFO").Headers["Recv-Info"]);
        Assert.False(call.IsOver);
    }

    [Fact]
    public void Says_in_its_answer_to_options_what_it_can_do_and_where()
    {
        var (bench, gateway, pbx, call, tag) = RenegotiationTests.WithScriptedPeer();
        pbx.Request(gateway.Address, "OPTIONS", "c1", 2, "peer", tag);
        pbx.Request(gateway.Address, "OPTIONS", "c2", 1, "peer", null);
        bench.Run();
        var answers = pbx.Inbox.OfType<SipResponse>().Where(response => response.CSeq.Method == SipMethod.Options).ToList();
        Assert.Equal(2, answers.Count);
        Assert.All(answers, answer => Assert.Equal(
            ("10.0.0.1", true, true), (answer.Contact!.Uri.Host, answer.Headers.Contains("Allow"), answer.Headers.Contains("Supported"))));
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
    [InlineData("c1;to-tag=TAG;from-tag=unknown", 481)]
    [InlineData("c1;to-tag=TAG;from-tag=peer;early-only", 486)]
    [InlineData("nonsense", 400)]
    public void An_invite_with_replaces_that_fits_no_call_is_refused(string replaces, int status)
    {
        var (bench, gateway, pbx, call, tag) = RenegotiationTests.WithScriptedPeer();
        pbx.Request(gateway.Address, "INVITE", "c2", 1, "other", null, "offer", headers: (
            "Replaces", replaces.Replace("TAG", tag, StringComparison.Ordinal)));
        bench.Run();
        Assert.Equal(1, bench.CountOf(status, "INVITE"));
        Assert.Single(gateway.Incoming);
        Assert.False(call.IsOver);
    }

    [Fact]
    public void A_dialog_belongs_to_both_tags()
    {
        var (bench, gateway, pbx, call, tag) = RenegotiationTests.WithScriptedPeer();
        pbx.Request(gateway.Address, "BYE", "c1", 2, "unknown", tag);
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
