using System.Text;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Messages;
using Gateway.Sip.Tests.Dialogs;

namespace Gateway.Sip.Tests.Messages;

/// <summary>
/// Malformed header fields that are not needed: skipped and counted in requests and responses, in datagrams and on streams (RFC
/// 3261 §8.2.2). Mandatory ones still decide.
/// </summary>
public sealed class UnnecessaryHeaderTests
{
    private const string Necessary = "Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\n";

    public static TheoryData<string, int> Ignored => new()
    {
        { "X-Queue Sales", 1 },
        { "X-Caller Name: Bob", 1 },
        { ": x", 1 },
        { "::", 1 },
        { "garbage", 1 },
        { "\"X\": y", 1 },
        { "<xml/>", 1 },
        { "X\0Y: z", 1 },
        { "Jörg: z", 1 },
        { "a\rb: c", 1 },
        { "X: a\rb", 1 },
        { "X: a\nY: b", 1 },
        { "Max-Forwards: many", 1 },
        { "Max-Forwards: -1", 1 },
        { "Max-Forwards: 70\r\nMax-Forwards: 69", 1 },
        { "Content-Type: text/plain\r\nContent-Type: text/html", 1 },
        { "Call-ID: 1", 1 },
        { "X-Queue Sales\r\n folded: on\r\nBad Line", 2 },
        { "X: \0\u0001\u007f", 0 },
        { "X: Grüße, 大", 0 },
        { "X:", 0 },
        { "X :\r\n folded", 0 },
        { "Session-Expires: soon\r\nExpires: never\r\nDate: x\r\nReason: x\r\nP-Asserted-Identity: <<\r\nSupported: ,,\r\nTimestamp: " +
            "x", 0 },
        { "Contact: ,<sip:a@b>,", 0 },
        { "Subject: x\r", 0 },
    };

    [Theory]
    [MemberData(nameof(Ignored))]
    public void A_field_that_nobody_needs_spoils_no_message(string field, int ignored)
    {
        foreach (var (startLine, method) in new[] { (
            "INVITE sip:a@b SIP/2.0", "INVITE"), ("BYE sip:a@b SIP/2.0", "BYE"), ("SIP/2.0 200 OK", "INVITE") })
        {
            foreach (var encoding in (Encoding[])[Encoding.UTF8, Encoding.Latin1])
            {
                var bytes = encoding.GetBytes(
                    $"{startLine}\r\n{field}\r\n{Necessary}CSeq: 1 {method}\r\nX-After: here\r\nContent-Length: 0\r\n\r\n");
                Assert.True(SipParser.TryParse(bytes, out var message, out var error), $"{startLine}: {error}");
                Assert.Equal((ignored, "here"), (message.IgnoredHeaders, message.Headers["X-After"]));

                var framer = new SipStreamFramer();
                framer.Append(bytes);
                Assert.Equal(SipFrameKind.Message, framer.TryRead(out var frame));
                Assert.Equal(bytes, frame.ToArray());
            }
        }
    }

    [Theory]
    [InlineData("Via: SIP/2.0/UDP h;branch=z9hG4bK1, nonsense", SipParseFault.BadHeaderValue)]
    [InlineData("Via nonsense\r\nCall-ID: 2", SipParseFault.RepeatedHeader)]
    [InlineData("From: <sip:other@b>;tag=2", SipParseFault.RepeatedHeader)]
    [InlineData("CSeq: 2 INVITE", SipParseFault.RepeatedHeader)]
    [InlineData("Content-Length: 1\r\nl: 0", SipParseFault.RepeatedHeader)]
    [InlineData("Content-Length: x", SipParseFault.BadContentLength)]
    public void What_a_message_cannot_do_without_decides(string field, SipParseFault fault)
    {
        Assert.False(SipParser.TryParse(
            Encoding.ASCII.GetBytes($"INVITE sip:a@b SIP/2.0\r\n{Necessary}CSeq: 1 INVITE\r\n{field}\r\n\r\n"), out _, out var error));
        Assert.Equal((fault, 400), (error.Fault, error.CreateResponse("t")!.StatusCode));
    }

    [Fact]
    public void Fields_beyond_the_limit_are_passed_over_and_the_necessary_ones_behind_them_found()
    {
        var many = string.Concat(Enumerable.Range(0, 400).Select(i => $"X-{i}: y\r\n"));
        Assert.True(SipParser.TryParse(Encoding.ASCII.GetBytes($"SIP/2.0 200 OK\r\n{many}{Necessary}CSeq: 1 " +
            $"INVITE\r\n\r\n"), out var message, out var error), error.ToString());
        Assert.Equal(400 - SipLimits.MaxHeaders, message.IgnoredHeaders);
        var routes = string.Concat(Enumerable.Repeat("Record-Route: <sip:r;lr>\r\n", 400));
        Assert.False(
            SipParser.TryParse(Encoding.ASCII.GetBytes($"SIP/2.0 200 OK\r\n{routes}{Necessary}CSeq: 1 INVITE\r\n\r\n"), out _, out error));
        Assert.Equal(SipParseFault.TooManyHeaders, error.Fault);
    }

    [Fact]
    public void A_call_lives_and_ends_with_a_peer_whose_every_message_has_a_broken_line()
    {
        var bench = new SipBench();
        var gateway = bench.AddAgent("10.0.0.1:5060", SipBench.Trunk("10.0.0.2:5060"));
        var pbx = bench.AddPeer("10.0.0.2:5060");
        var call = gateway.Invite();
        bench.Run();
        Send(SipResponse.CreateFor(
            pbx.Last("INVITE"), 200, "callee"), "Contact: <sip:pbx@10.0.0.2>\r\nContent-Type: application/sdp\r\n", "answer");
        Assert.NotNull(gateway.Last<SipCallEvent.Answered>(call));
        Assert.Equal(1, bench.CountOf("ACK"));

        var bye = new SipRequest(SipMethod.Bye, SipUri.Create("gw", new HostPort("10.0.0.1")));
        bye.Headers.Add("Via", "SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKbye");
        bye.Headers.Add("From", $"<sip:100@10.0.0.2>;tag=callee");
        bye.Headers.Add("To", $"<sip:gw@10.0.0.1>;tag={call.LocalTag}");
        bye.Headers.Add("Call-ID", call.Info.CallId);
        bye.Headers.Add("CSeq", "1 BYE");
        Send(bye, "Contact: broken<\r\nRecord-Route: <\r\nRoute: ;\r\nContent-Type: application/x-statistics\r\n", "calls=7");
        Assert.Equal(1, bench.CountOf(200, "BYE"));
        Assert.Equal(SipCallEnd.Remote, gateway.Last<SipCallEvent.Ended>(call)!.By);

        void Send(SipMessage message, string headers, string body)
        {
            var text = Encoding.UTF8.GetString(SipWriter.Write(message));
            text = text.Replace(
                "Content-Length: 0", $"X-Queue Sales\r\n{headers}Content-Length: {body.Length}", StringComparison.Ordinal) + body;
            bench.Send(pbx.Address, gateway.Address, Encoding.UTF8.GetBytes(text));
            bench.Run();
        }
    }

    [Fact]
    public void An_early_description_is_heard_from_a_peer_that_writes_no_tag_before_it_answers()
    {
        var bench = new SipBench();
        var gateway = bench.AddAgent("10.0.0.1:5060", SipBench.Trunk("10.0.0.2:5060"));
        var pbx = bench.AddPeer("10.0.0.2:5060");
        var call = gateway.Invite();
        bench.Run();
        pbx.Respond(pbx.Last("INVITE"), 180);
        pbx.Respond(pbx.Last("INVITE"), 183, null, "early");
        bench.Run();
        Assert.Equal(
            [new SipCallEvent.Provisional(180, null, false), new SipCallEvent.Provisional(183, "early", false)], gateway.Events(call));
        pbx.Respond(pbx.Last("INVITE"), 200, "callee", "answer");
        bench.Run();
        Assert.Equal("answer", gateway.Last<SipCallEvent.Answered>(call)!.Sdp);
        gateway.HangUp(call);
        bench.Run();
        Assert.Equal("callee", pbx.Last("BYE").ToTag);
    }
}
