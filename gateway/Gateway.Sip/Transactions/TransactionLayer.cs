using Gateway.Sip.Messages;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Transactions;

/// <summary>
/// All transactions of one user agent (RFC 3261 §17), without I/O: messages in, messages out of <see cref="TryPollTransmit"/>, users called
/// in between.
/// </summary>
public sealed class TransactionLayer
{
    private readonly IServerTransactionUser _user;

    public TransactionLayer(TransactionContext context, IServerTransactionUser user)
    {
        Context = context;
        _user = user;
        Clients = new ClientTransactions(context);
        Servers = new ServerTransactions(context, user);
    }

    public TransactionContext Context { get; }

    public ClientTransactions Clients { get; }

    public ServerTransactions Servers { get; }

    public Instant NextDeadline => Instant.Min(Clients.NextDeadline, Servers.NextDeadline);

    public void HandleMessage(SipMessage message, SipFlow flow, Instant now)
    {
        if (message is SipRequest request)
            Servers.HandleRequest(request, flow, now);
        else if (message is SipResponse response && !Clients.HandleResponse(response, now))
            HandleStray(response, flow, now);
    }

    /// <summary>The transport could not send, or lost the connection before it could report.</summary>
    public void HandleTransportError(long transaction, Instant now, string? reason = null)
    {
        if (transaction != 0 && !Clients.HandleTransportError(transaction, now, reason))
            Servers.HandleTransportError(transaction, now);
    }

    public void HandleDeadline(Instant now)
    {
        Clients.HandleDeadline(now);
        Servers.HandleDeadline(now);
    }

    public bool TryPollTransmit(out SipTransmit transmit) => Context.Outbox.TryDequeue(out transmit);

    /// <summary>
    /// Sends an ACK for a 2xx with a branch of its own (RFC 3261 §13.2.2.4); the bytes, to be sent again when the 2xx comes again.
    /// </summary>
    public byte[] SendAck(SipRequest ack, SipFlow flow)
    {
        ack.Headers.Prepend("Via", Context.ViaFor(flow, Context.NewBranch()));
        var bytes = SipWriter.Write(ack);
        Context.SendRequest(flow, bytes);
        return bytes;
    }

    private void HandleStray(SipResponse response, SipFlow flow, Instant now)
    {
        if (response.IsSuccess && response.CSeq.Method == SipMethod.Invite)
            _user.HandleStraySuccess(response, flow, now);
        else
            Context.Count(SipDrop.StrayResponse);
    }
}
