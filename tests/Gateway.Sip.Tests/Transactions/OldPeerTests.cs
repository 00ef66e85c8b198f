using System.Net;
using System.Text;
using Gateway.Sip.Messages;
using Gateway.Sip.Transactions;
using Gateway.Sip.Tests.Messages;
using Media.Protocols.Primitives;
using Testing;

namespace Gateway.Sip.Tests.Transactions;

/// <summary>Requests without a unique branch are matched as RFC 2543 did (RFC 3261 §17.2.3; RFC 4475 §3.2.1 and §3.4.1).</summary>
public sealed class OldPeerTests : IServerTransactionUser
{
    private readonly SipFlow _flow = new(SipTransport.Udp, TransportAddress.From(IPAddress.Parse("192.0.2.1"), 5060), 0);
    private readonly VirtualClock _clock = new();
    private readonly List<ServerTransaction> _received = [];
    private readonly TransactionContext _context;
    private readonly ServerTransactions _transactions;

    public OldPeerTests()
    {
        var local = new LocalAddress(SipTransport.Udp, TransportAddress.From(IPAddress.Loopback, 5060), new HostPort("gw", 5060));
        _context = new TransactionContext(new LocalAddresses([local]), new SeededEntropy(1), TransactionTimers.Default, 1300, 100);
        _transactions = new ServerTransactions(_context, this);
    }

    [Fact]
    public void A_repeated_request_is_one_transaction_and_its_ack_and_cancel_find_it()
    {
        Handle(TortureMessage.Read("inv2543"));
        Handle(TortureMessage.Read("inv2543"));
        var invite = Assert.Single(_received);

        Handle(Follow("CANCEL"));
        Assert.Equal(2, _received.Count);
        Assert.Same(invite, _transactions.FindInvite(_received[1].Request));

        _transactions.Respond(invite, SipResponse.CreateFor(invite.Request, 487, "t"), _clock.Now);
        Handle(Follow("ACK"));
        _context.Outbox.Clear();
        _transactions.HandleDeadline(_clock.Advance(TimeSpan.FromSeconds(1)));
        Assert.Empty(_context.Outbox); // the 487 is not repeated any more
    }

    [Fact]
    public void Two_requests_that_share_the_bare_cookie_are_two()
    {
        var first = Encoding.ASCII.GetString(TortureMessage.Read("badbranch"));
        Handle(Encoding.ASCII.GetBytes(first));
        Handle(Encoding.ASCII.GetBytes(first.Replace("CSeq: 8", "CSeq: 9", StringComparison.Ordinal)));
        Assert.Equal(2, _received.Count);
    }

    SipResponse? IServerTransactionUser.AnswerAtOnce(
        SipRequest request, SipFlow flow, Instant now, out TransactionShare share)
    {
        share = TransactionShare.NewCall;
        return null;
    }

    SipResponse IServerTransactionUser.RefuseOverload(SipRequest request) => SipResponse.CreateFor(request, 503, "t");

    void IServerTransactionUser.HandleRequest(ServerTransaction transaction, Instant now) => _received.Add(transaction);

    void IServerTransactionUser.HandleAck(SipRequest ack, Instant now) => Assert.Fail("the ACK belongs to a transaction");

    void IServerTransactionUser.HandleStraySuccess(SipResponse response, SipFlow flow, Instant now) => Assert.Fail("no response was sent");

    void IServerTransactionUser.HandleServerFailure(ServerTransaction transaction, Instant now) => Assert.Fail("nothing failed");

    /// <summary>The request that an RFC 2543 peer sends after its INVITE: the same except for the method.</summary>
    private static byte[] Follow(string method)
    {
        var invite = Encoding.ASCII.GetString(TortureMessage.Read("inv2543"));
        var head = invite[..invite.IndexOf("Content-Type", StringComparison.Ordinal)];
        return Encoding.ASCII.GetBytes(head.Replace("INVITE", method, StringComparison.Ordinal) + "\r\n");
    }

    private void Handle(byte[] datagram)
    {
        Assert.True(SipParser.TryParse(datagram, out var message, out var error), error.ToString());
        _transactions.HandleRequest((SipRequest)message, _flow, _clock.Now);
    }
}
