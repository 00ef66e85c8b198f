using System.Net;
using Gateway.Sip.Transactions;
using Gateway.Sip.Trunks;

namespace Gateway.Sip.Tests.Dialogs;

/// <summary>A PBX that calls from a port that takes no connections, and names the host that takes its requests.</summary>
public class NamedHostTests
{
    [Theory]
    [InlineData("10.0.0.2:49152", "sbc.example:5061", "10.0.0.2:5061")]
    [InlineData("10.0.0.2:49152", "sbc.example", "10.0.0.2:5070")] // the server of the trunk there is known by its port
    [InlineData("10.0.0.2:5071", "pbx.example", "10.0.0.2:5071")] // by our own connection to it
    [InlineData("10.0.0.9:49152", "sbc.example:5080", "10.0.0.9:5080")]
    [InlineData("10.0.0.9:49152", "sbc.example", "10.0.0.9:5060")]
    [InlineData("10.0.0.9:49152", "PBX.example", "10.0.0.2:5070")] // calls from here, and takes calls there
    [InlineData("10.0.0.9:49152", "pbx.example:5080", "10.0.0.2:5080")]
    [InlineData("10.0.0.2:49152", "sbc.example:5061", "10.0.0.2:49152", NatMode.Force)]
    [InlineData("10.0.0.2:49152", "sbc.example:5061", "10.0.0.2:49152", NatMode.Auto, SipTransport.Udp)]
    public void The_next_hop_behind_a_connection_is_a_port_that_takes_others(
        string source, string named, string nextHop, NatMode nat = NatMode.Auto, SipTransport transport = SipTransport.Tcp)
    {
        var bench = new SipBench(transport: transport);
        var gateway = bench.AddAgent("10.0.0.1:5060", SipBench.Trunk("10.0.0.2:5070") with
        {
            Domain = "pbx.example", BackupServers = ["10.0.0.2:5071"], AllowedSources = [IPNetwork.Parse("10.0.0.9/32")], Nat = nat,
        });
        var pbx = bench.AddPeer(source);
        pbx.Request(gateway.Address, "INVITE", "c1", 1, "peer", null, "offer", headers: ("Record-Route", $"<sip:{named};lr>"));
        bench.Run();
        var call = gateway.Incoming[0];
        gateway.Do(call, (s, now) => s.Answer("answer", now));
        bench.Run();
        Assert.Equal(pbx.Address, bench.Log.Last(sent => sent.IsResponse(200, "INVITE")).To);
        pbx.Request(gateway.Address, "ACK", "c1", 1, "peer", call.LocalTag);
        bench.Run();
        Assert.Equal(nextHop, call.Save()!.Dialog.NextHop);
        gateway.HangUp(call);
        bench.Run();
        Assert.Equal(SipBench.Address(nextHop), bench.Log.First(sent => sent.IsRequest("BYE")).To);
    }
}
