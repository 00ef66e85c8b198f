using Gateway.Sip.Messages;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Transactions;

/// <summary>A request on its way: its machine, its bytes and whoever waits for the response.</summary>
public sealed class ClientTransaction : IHasDeadline
{
    internal ClientTransaction(
        long id, string branch, SipRequest request, SipFlow flow, TransactionMachine machine, IClientTransactionUser user, byte[] bytes)
    {
        Id = id;
        Branch = branch;
        Request = request;
        Flow = flow;
        Machine = machine;
        User = user;
        Bytes = bytes;
    }

    public long Id { get; }

    public string Branch { get; }

    /// <summary>As sent, with our Via on top.</summary>
    public SipRequest Request { get; }

    public SipFlow Flow { get; private set; }

    /// <summary>A provisional response came: the peer is alive, and CANCEL may be sent.</summary>
    public bool IsProceeding => Machine.State == TransactionState.Proceeding;

    public Instant NextDeadline => Machine.NextDeadline;

    Instant IHasDeadline.ScheduledAt { get; set; } = Instant.Never;

    internal TransactionMachine Machine { get; private set; }

    internal IClientTransactionUser User { get; }

    internal byte[] Bytes { get; private set; }

    /// <summary>The ACK to the failure response, once there is one.</summary>
    internal byte[] Ack { get; set; } = [];

    /// <summary>Timer B or F when it is not the usual 32 s.</summary>
    internal TimeSpan? Timeout { get; init; }

    /// <summary>
    /// The UDP flow to fall back to when a request that is too long for a datagram cannot leave by TCP (RFC 3261 §18.1.1).
    /// </summary>
    internal SipFlow? Fallback { get; set; }

    internal void StartOver(SipFlow flow, TransactionMachine machine, byte[] bytes)
    {
        (Flow, Machine, Bytes, Fallback) = (flow, machine, bytes, null);
    }

    /// <summary>The message of the transport when it could not send, in words for an operator.</summary>
    public string? FailureReason { get; set; }
}

/// <summary>The reason why a request got no final response.</summary>
public enum TransactionFailure
{
    /// <summary>Timer B or F: treated as 408 (RFC 3261 §8.1.3.1).</summary>
    Timeout,

    /// <summary>The transport could not send: treated as 503.</summary>
    TransportError,
}

/// <summary>Whoever sent a request: a call, a keepalive, a registration.</summary>
public interface IClientTransactionUser
{
    void HandleResponse(ClientTransaction transaction, SipResponse response, Instant now);

    void HandleFailure(ClientTransaction transaction, TransactionFailure failure, Instant now);
}
