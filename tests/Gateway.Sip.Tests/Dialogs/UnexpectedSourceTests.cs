using Gateway.Sip.Dialogs;
using Gateway.Sip.Messages;
using Gateway.Sip.Profiles;
using Gateway.Sip.Transactions;

namespace Gateway.Sip.Tests.Dialogs;

/// <summary>Requests that identify a call correctly and come from elsewhere: identifiers can be overheard, so they prove nothing.</summary>
public class UnexpectedSourceTests
{
    [Theory]
    [InlineData("BYE")]
    [InlineData("INVITE")]
    [InlineData("UPDATE")]
    [InlineData("REFER")]
    [InlineData("INFO")]
    [InlineData("OPTIONS")]
    public void A_request_inside_a_call_from_a_foreign_address_is_refused_and_counted(string method)
    {
        var (bench, gateway, _, call, tag) = Live();
        foreach (var address in (string[])["192.0.2.1:5060", "10.0.0.3:5060"]) // an unknown address, and another trunk's
        {
            var foreigner = bench.AddPeer(address);
            foreigner.Request(gateway.Address, method, "c1", 7, "peer", tag, method is "INVITE" or "UPDATE" ? "hijack" : null,
                headers: ("Refer-To", "<sip:200@10.0.0.2>"));
            bench.Run();
            Assert.Equal(403, foreigner.LastResponse.StatusCode);
        }
        Assert.False(call.IsOver);
        Assert.Equal(2, gateway.Transactions.CountOf(SipDrop.UnknownSource));
        Assert.DoesNotContain(gateway.Events(call), happened => happened is not SipCallEvent.Acknowledged);
    }

    [Fact]
    public void The_trunks_own_request_afterwards_is_not_out_of_order()
    {
        var (bench, gateway, pbx, call, tag) = Live();
        bench.AddPeer("192.0.2.1:5060").Request(gateway.Address, "BYE", "c1", 1000, "peer", tag);
        bench.Run();
        pbx.Request(gateway.Address, "BYE", "c1", 2, "peer", tag);
        bench.Run();
        Assert.Equal(200, pbx.LastResponse.StatusCode);
        Assert.True(call.IsOver);
    }

    [Fact]
    public void A_foreign_ack_acknowledges_nothing()
    {
        var bench = new SipBench();
        var gateway = bench.AddAgent("10.0.0.1:5060", SipBench.Trunk("10.0.0.2:5060"));
        var pbx = bench.AddPeer("10.0.0.2:5060");
        pbx.Request(gateway.Address, "INVITE", "c1", 1, "peer", null);
        bench.Run();
        gateway.Do(gateway.Incoming[0], (s, now) => s.Answer("our offer", now));
        bench.Run();
        bench.AddPeer("192.0.2.1:5060")
            .Request(gateway.Address, "ACK", "c1", 1, "peer", bench.LastResponse(200, "INVITE").ToTag, "their answer");
        bench.Run();
        Assert.Empty(gateway.Events(gateway.Incoming[0]));
    }

    [Theory]
    [InlineData("192.0.2.1:5060")]
    [InlineData("10.0.0.3:5060")]
    public void A_foreign_cancel_cancels_nothing(string address)
    {
        var bench = new SipBench();
        var gateway = bench.AddAgent("10.0.0.1:5060", SipBench.Trunk("10.0.0.2:5060"), SipBench.Trunk("10.0.0.3:5060"));
        var pbx = bench.AddPeer("10.0.0.2:5060");
        var foreigner = bench.AddPeer(address);
        var invite = pbx.Request(gateway.Address, "INVITE", "c1", 1, "peer", null, "offer");
        bench.Run();
        var cancel = new SipRequest(SipMethod.Cancel, invite.Uri);
        foreach (var name in (string[])["Via", "From", "To", "Call-ID"])
            cancel.Headers.Add(name, invite.Headers[name]!);
        cancel.Headers.Add("CSeq", "1 CANCEL");
        bench.Send(foreigner.Address, gateway.Address, SipWriter.Write(cancel));
        bench.Run();
        Assert.False(gateway.Incoming[0].IsOver);
        bench.Send(pbx.Address, gateway.Address, SipWriter.Write(cancel));
        bench.Run();
        Assert.True(gateway.Incoming[0].IsOver);
    }

    [Fact]
    public void The_host_that_the_dialogs_own_requests_go_to_may_end_the_call()
    {
        var (bench, gateway, pbx, call, tag) = Live();
        var phone = bench.AddPeer("10.0.0.9:5060");
        var update = new SipRequest(SipMethod.Update, SipUri.Create("gw", new HostPort("10.0.0.1", 5060)));
        foreach (var (name, value) in pbx.Request(gateway.Address, "OPTIONS", "c1", 2, "peer", tag).Headers)
        {
            if (name is not ("Contact" or "CSeq" or "Via"))
                update.Headers.Add(name, value);
        }
        update.Headers.Prepend("Via", $"SIP/2.0/UDP {pbx.Address};rport;branch=z9hG4bKmove");
        update.Headers.Add("CSeq", "3 UPDATE");
        update.Headers.Add("Contact", "<sip:agent@10.0.0.9>");
        bench.Send(pbx.Address, gateway.Address, SipWriter.Write(update));
        bench.Run();
        phone.Request(gateway.Address, "BYE", "c1", 4, "peer", tag);
        bench.Run();
        Assert.True(call.IsOver);
    }

    private static (SipBench Bench, TestAgent Gateway, ScriptedPeer Pbx, InviteSession Call, string Tag) Live()
    {
        var bench = new SipBench();
        var gateway = bench.AddAgent("10.0.0.1:5060",
            SipBench.Trunk("10.0.0.2:5060", profile => profile with { Refer = ReferPolicy.Accept }), SipBench.Trunk("10.0.0.3:5060"));
        var pbx = bench.AddPeer("10.0.0.2:5060");
        pbx.Request(gateway.Address, "INVITE", "c1", 1, "peer", null, "offer");
        bench.Run();
        gateway.Do(gateway.Incoming[0], (s, now) => s.Answer("answer", now));
        bench.Run();
        var tag = bench.LastResponse(200, "INVITE").ToTag;
        pbx.Request(gateway.Address, "ACK", "c1", 1, "peer", tag);
        bench.Run();
        return (bench, gateway, pbx, gateway.Incoming[0], tag);
    }
}
