using Gateway.Sip.Dialogs;
using Gateway.Sip.Messages;

namespace Gateway.Sip.Tests.Dialogs;

/// <summary>The identity of the other end, at the answer and later (RFC 3325, RFC 4916, Remote-Party-ID).</summary>
public class ConnectedIdentityTests
{
    [Theory]
    [InlineData("P-Asserted-Identity", "\"Anna\" <sip:201@10.0.0.2>", "201")]
    [InlineData("Remote-Party-ID", "<sip:202@10.0.0.2>;party=called;privacy=off", "202")]
    [InlineData("Contact", "<sip:203@10.0.0.2>", "203")]
    [InlineData("Contact", "<sip:10.0.0.2:5060>", null)]
    [InlineData("Contact", "<sip:anonymous@10.0.0.2:5060>", null)]
    [InlineData("P-Asserted-Identity", "<sip:10.0.0.2>", null)]
    [InlineData("P-Asserted-Identity", "\"Anonymous\" <sip:anonymous@anonymous.invalid>", null)]
    [InlineData("P-Asserted-Identity", "<sip:Unavailable@10.0.0.2>", null)]
    [InlineData("Remote-Party-ID", "<sip:restricted@10.0.0.2>;party=called;privacy=full", null)]
    public void The_answer_names_the_agent_or_nobody(string name, string value, string? user)
    {
        var bench = new SipBench();
        var gateway = bench.AddAgent("10.0.0.1:5060", SipBench.Trunk("10.0.0.2:5060"));
        var pbx = bench.AddPeer("10.0.0.2:5060");
        var call = gateway.Invite();
        bench.Run();
        var answer = Gateway.Sip.Messages.SipResponse.CreateFor(pbx.Last("INVITE"), 200, "a");
        if (name != "Contact")
            answer.Headers.Add("Contact", "<sip:10.0.0.2:5060>");
        answer.Headers.Add(name, value);
        answer.SetBody("answer"u8.ToArray(), Gateway.Sip.Messages.MediaType.Sdp);
        bench.Send(pbx.Address, gateway.Address, Gateway.Sip.Messages.SipWriter.Write(answer));
        bench.Run();
        Assert.Equal(user, gateway.Last<SipCallEvent.Answered>(call)!.Identity?.User);
    }

    [Theory]
    [InlineData("UPDATE", null, "P-Asserted-Identity")]
    [InlineData("UPDATE", null, "Remote-Party-ID")]
    [InlineData("UPDATE", "offer", "P-Asserted-Identity")]
    [InlineData("INVITE", "offer", "P-Asserted-Identity")]
    [InlineData("INVITE", "hold", "Remote-Party-ID")]
    [InlineData("INVITE", null, "P-Asserted-Identity")]
    public void A_later_request_names_the_agent_once(string method, string? sdp, string header)
    {
        var (bench, gateway, pbx, call, tag) = RenegotiationTests.WithScriptedPeer();
        pbx.Request(gateway.Address, method, "c1", 2, "peer", tag, sdp, headers: (header, "\"Bo\" <sip:305@10.0.0.2>"));
        bench.Run();
        Assert.Equal(new SipParty("305", "Bo", "10.0.0.2"), gateway.Last<SipCallEvent.IdentityChanged>(call)!.Identity);
        pbx.Request(gateway.Address, "UPDATE", "c1", 3, "peer", tag, headers: (header, "\"Bo\" <sip:305@10.0.0.2>"));
        bench.Run();
        Assert.Single(gateway.Events(call).OfType<SipCallEvent.IdentityChanged>());
    }

    [Theory]
    [InlineData("<sip:10.0.0.2>")]
    [InlineData("nonsense <")]
    [InlineData("\"Anonymous\" <sip:anonymous@anonymous.invalid>")]
    [InlineData("<sip:x@Anonymous.Invalid>")]
    [InlineData("<sip:restricted@10.0.0.2>")]
    [InlineData("<sip:UNAVAILABLE@10.0.0.2;user=phone>")]
    public void An_identity_that_names_nobody_changes_nothing(string identity)
    {
        var (bench, gateway, pbx, call, tag) = RenegotiationTests.WithScriptedPeer();
        pbx.Request(gateway.Address, "UPDATE", "c1", 2, "peer", tag, headers: ("P-Asserted-Identity", identity));
        bench.Run();
        Assert.Null(gateway.Last<SipCallEvent.IdentityChanged>(call));
        Assert.Equal(1, bench.CountOf(200, "UPDATE"));
    }
}
