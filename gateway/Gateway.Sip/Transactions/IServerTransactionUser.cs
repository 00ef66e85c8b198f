using Gateway.Sip.Messages;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Transactions;

/// <summary>The user agent server on top of the layer.</summary>
public interface IServerTransactionUser
{
    /// <summary>
    /// The answer to a request that needs no transaction, since it leaves nothing behind (RFC 3261 §8.2.7); null wants a transaction in the
    /// share that
    /// <paramref name="share"/> names.
    /// </summary>
    SipResponse? AnswerAtOnce(SipRequest request, SipFlow flow, Instant now, out TransactionShare share);

    /// <summary>A new INVITE for which there is no room.</summary>
    SipResponse RefuseOverload(SipRequest request);

    /// <summary>A new request, never ACK. It must be answered through <see cref="ServerTransactions.Respond"/>, now or later.</summary>
    void HandleRequest(ServerTransaction transaction, Instant now);

    /// <summary>An ACK that belongs to no failure response: it acknowledges a 2xx.</summary>
    void HandleAck(SipRequest ack, Instant now);

    /// <summary>A 2xx to an INVITE whose transaction is gone or ended otherwise (RFC 6026 §8.7): it still made a dialog.</summary>
    void HandleStraySuccess(SipResponse response, SipFlow flow, Instant now);

    /// <summary>A final response could not be sent, or a failure response was never acknowledged.</summary>
    void HandleServerFailure(ServerTransaction transaction, Instant now);
}
