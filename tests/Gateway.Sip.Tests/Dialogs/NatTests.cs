using Gateway.Sip.Messages;
using Gateway.Sip.Trunks;

namespace Gateway.Sip.Tests.Dialogs;

/// <summary>A PBX behind a NAT: its messages come from 203.0.113.9:31000, and the addresses in them are private.</summary>
public class NatTests
{
    private const string Source = "203.0.113.9:31000";

    [Theory]
    [InlineData(NatMode.Auto, "10.0.0.9:5060", true)]
    [InlineData(NatMode.Auto, "192.168.1.20", true)]
    [InlineData(NatMode.Auto, "100.64.3.3:5070", true)]
    [InlineData(NatMode.Auto, "203.0.113.9:5070", false)]
    [InlineData(NatMode.Auto, "198.51.100.7:5070", false)]
    [InlineData(NatMode.Force, "198.51.100.7:5070", true)]
    [InlineData(NatMode.Off, "10.0.0.9:5060", false)]
    public void Requests_of_the_dialog_go_to_the_source_and_not_to_a_contact_that_leads_nowhere(NatMode nat, string contact, bool toSource)
    {
        var bench = new SipBench();
        var gateway = bench.AddAgent("192.0.2.1:5060", SipBench.Trunk(Source) with { Nat = nat });
        var pbx = bench.AddPeer(Source);
        var call = gateway.Invite();
        bench.Run();
        Answer(pbx, contact);
        bench.Run();
        gateway.HangUp(call);
        bench.Run();
        foreach (var method in (string[])["ACK", "BYE"])
        {
            var sent = bench.Log.Last(entry => entry.IsRequest(method));
            Assert.Equal(toSource, sent.To == pbx.Address);
            Assert.Equal($"sip:peer@{contact}", ((SipRequest)sent.Message).Uri.ToString());
        }
    }

    [Theory]
    [InlineData(NatMode.Auto, false)]
    [InlineData(NatMode.Force, true)]
    public void A_record_route_is_followed_unless_the_trunk_forces_the_source(NatMode nat, bool toSource)
    {
        var bench = new SipBench();
        var gateway = bench.AddAgent("192.0.2.1:5060", SipBench.Trunk(Source) with { Nat = nat });
        var pbx = bench.AddPeer(Source);
        gateway.Invite();
        bench.Run();
        Answer(pbx, "10.0.0.9:5060", ("Record-Route", "<sip:198.51.100.7;lr>"));
        bench.Run();
        Assert.Equal(toSource, bench.Log.Last(entry => entry.IsRequest("ACK")).To == pbx.Address);
    }

    [Theory]
    [InlineData(NatMode.Auto, "10.0.0.9:5060", true)]
    [InlineData(NatMode.Auto, "203.0.113.9:5060", false)]
    [InlineData(NatMode.Force, "203.0.113.9:5060", true)]
    [InlineData(NatMode.Off, "10.0.0.9:5060", false)]
    public void Responses_go_to_the_source_port_although_the_peer_did_not_ask(NatMode nat, string sentBy, bool toSource)
    {
        var bench = new SipBench();
        var gateway = bench.AddAgent("192.0.2.1:5060", SipBench.Trunk(Source) with { Nat = nat });
        var pbx = bench.AddPeer(Source);
        bench.Send(pbx.Address, gateway.Address, System.Text.Encoding.ASCII.GetBytes($"""
            OPTIONS sip:gw@192.0.2.1 SIP/2.0
            Via: SIP/2.0/UDP {sentBy};branch=z9hG4bKnat
            From: <sip:a@pbx>;tag=1
            To: <sip:gw@192.0.2.1>
            Call-ID: nat
            CSeq: 1 OPTIONS
            Max-Forwards: 70
            Content-Length: 0


            """.ReplaceLineEndings("\r\n")));
        bench.Run();
        var response = bench.Log.Single(entry => entry.IsResponse(200, "OPTIONS"));
        Assert.Equal(SipBench.Address(toSource ? Source : "203.0.113.9:5060"), response.To);
    }

    private static void Answer(ScriptedPeer pbx, string contact, params (string Name, string Value)[] headers)
    {
        var response = SipResponse.CreateFor(pbx.Last("INVITE"), 200, "t");
        response.Headers.Add("Contact", $"<sip:peer@{contact}>");
        foreach (var (name, value) in headers)
            response.Headers.Add(name, value);
        response.SetBody("answer"u8.ToArray(), MediaType.Sdp);
        pbx.Send(response);
    }
}
