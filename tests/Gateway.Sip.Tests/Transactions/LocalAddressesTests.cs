using System.Net;
using Gateway.Sip.Messages;
using Gateway.Sip.Transactions;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Tests.Transactions;

/// <summary>A host in the LAN (10.0.0.5, reached from outside as 203.0.113.9) and in a second network (192.168.7.5).</summary>
public class LocalAddressesTests
{
    private static readonly LocalAddresses Two = new(
        [Listener("10.0.0.5:5060", "203.0.113.9"), Listener("192.168.7.5:5060", "192.168.7.5")],
        [IPNetwork.Parse("10.0.0.0/8")],
        remote => IPAddress.Parse(
            remote.ToIPAddress().ToString().StartsWith("192.168.7.", StringComparison.Ordinal) ? "192.168.7.5" : "10.0.0.5"));

    [Theory]
    [InlineData("198.51.100.7:5060", 0, "203.0.113.9:5060")]
    [InlineData("10.0.0.77:5060", 0, "10.0.0.5:5060")]
    [InlineData("192.168.7.77:5060", 1, "192.168.7.5:5060")]
    public void Each_network_is_spoken_to_from_its_own_address_and_told_what_it_can_reach(string peer, int listener, string told)
    {
        var remote = TransportAddress.From(IPEndPoint.Parse(peer));
        Assert.Equal(listener, Two.Find(SipTransport.Udp, remote));
        Assert.Equal(told, Two.AdvertisedTo(new SipFlow(SipTransport.Udp, remote, listener)).ToString());
        Assert.True(Two.Advertises(Two.AdvertisedTo(new SipFlow(SipTransport.Udp, remote, listener))));
    }

    [Fact]
    public void A_named_listener_is_found_by_its_address_and_port()
    {
        Assert.Equal(1, Two.IndexOf(SipTransport.Udp, IPEndPoint.Parse("192.168.7.5:5060")));
        Assert.Equal(-1, Two.IndexOf(SipTransport.Tcp, IPEndPoint.Parse("192.168.7.5:5060")));
    }

    private static LocalAddress Listener(string bound, string advertised) =>
        new(SipTransport.Udp, TransportAddress.From(IPEndPoint.Parse(bound)), new HostPort(advertised, 5060));
}
