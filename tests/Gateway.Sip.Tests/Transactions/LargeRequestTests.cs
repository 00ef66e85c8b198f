using System.Net;
using Gateway.Sip.Messages;
using Gateway.Sip.Transactions;
using Media.Protocols.Primitives;
using Testing;

namespace Gateway.Sip.Tests.Transactions;

public sealed class LargeRequestTests : IClientTransactionUser
{
    private static readonly TransportAddress Local = TransportAddress.From(IPAddress.Loopback, 5060);
    private static readonly TransportAddress Remote = TransportAddress.From(IPAddress.Parse("192.0.2.1"), 5060);

    [Theory]
    [InlineData(100, true, SipTransport.Udp)]
    [InlineData(2000, true, SipTransport.Tcp)]
    [InlineData(2000, false, SipTransport.Udp)]
    public void A_request_longer_than_a_datagram_should_be_leaves_by_tcp_if_it_may(int length, bool mayLeaveByTcp, SipTransport expected)
    {
        var listeners = new LocalAddresses(
            [new(SipTransport.Udp, Local, new HostPort("gw", 5060)), new(SipTransport.Tcp, Local, new HostPort("gw", 5060))]);
        var context = new TransactionContext(listeners, new SeededEntropy(1), TransactionTimers.Default, 1300, 10);
        var request = new SipRequest(SipMethod.Invite, SipUri.Create("1", new HostPort("pbx")));
        request.Headers.Add("CSeq", "1 INVITE");
        request.Headers.Add("X-Filler", new string('x', length));

        new ClientTransactions(context)
            .Send(request, new SipFlow(SipTransport.Udp, Remote, 0), this, new VirtualClock().Now, mayLeaveByTcp: mayLeaveByTcp);

        var sent = Assert.Single(context.Outbox);
        Assert.Equal(expected, sent.Flow.Transport);
        Assert.Equal(expected.ToString().ToUpperInvariant(), request.TopVia.Transport);
    }

    void IClientTransactionUser.HandleResponse(ClientTransaction transaction, SipResponse response, Instant now) =>
        Assert.Fail("nobody answered");

    void IClientTransactionUser.HandleFailure(ClientTransaction transaction, TransactionFailure failure, Instant now) =>
        Assert.Fail("nothing failed");
}
