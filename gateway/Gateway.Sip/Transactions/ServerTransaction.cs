using Gateway.Sip.Messages;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Transactions;

/// <summary>The values that make two requests the same one (RFC 3261 §17.2.3); for ACK the method is INVITE.</summary>
public readonly record struct ServerTransactionKey(string Branch, string SentBy, SipMethod Method);

/// <summary>The values shared by two copies of one request that came by different paths (RFC 3261 §8.2.2.2).</summary>
public readonly record struct MergeKey(string CallId, string FromTag, CSeq CSeq);

/// <summary>A request we received: its machine and the last response to it.</summary>
public sealed class ServerTransaction : IHasDeadline
{
    internal ServerTransaction(
        long id, ServerTransactionKey key, SipRequest request, SipFlow flow, TransactionMachine machine, TransactionShare share)
    {
        Id = id;
        Key = key;
        Request = request;
        Flow = flow;
        Machine = machine;
        Share = share;
    }

    public long Id { get; }

    public ServerTransactionKey Key { get; }

    /// <summary>With its top Via stamped with the source.</summary>
    public SipRequest Request { get; }

    /// <summary>The path by which it came, and by which responses go.</summary>
    public SipFlow Flow { get; internal set; }

    /// <summary>The call it belongs to, once the user agent knows.</summary>
    public object? Owner { get; set; }

    public bool IsFinal => Machine.State is not (TransactionState.Initial or TransactionState.Trying or TransactionState.Proceeding);

    public Instant NextDeadline => Machine.NextDeadline;

    Instant IHasDeadline.ScheduledAt { get; set; } = Instant.Never;

    internal TransactionMachine Machine { get; }

    internal TransactionShare Share { get; }

    internal byte[] LastResponse { get; set; } = [];

    /// <summary>The connection it came by failed and the response was sent on a new one; that is tried once (RFC 3261 §18.2.2).</summary>
    internal bool UsedFallback { get; set; }
}
