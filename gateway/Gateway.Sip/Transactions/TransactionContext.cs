using Gateway.Sip.Messages;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Transactions;

/// <summary>The reason why a message was dropped, or refused without a transaction. A closed set: it is a metric label.</summary>
public enum SipDrop
{
    /// <summary>A response that fits no transaction.</summary>
    StrayResponse,

    /// <summary>An ACK that fits no transaction and no call.</summary>
    StrayAck,

    /// <summary>Too many requests of its kind are being answered already, or too many calls run.</summary>
    Overload,

    /// <summary>The source belongs to no trunk, or not to the trunk of the call that the request names.</summary>
    UnknownSource,

    /// <summary>The peer could not be reached.</summary>
    Unreachable,

    /// <summary>The trunk proved itself with wrong credentials, or too often.</summary>
    WrongCredentials,

    /// <summary>The trunk sends more new calls than it may.</summary>
    RateLimited,

    /// <summary>The request came back to us by another path (482).</summary>
    Merged,

    /// <summary>A flow token that is not ours, or that its sender may not use: 403 (RFC 5626 §5.3).</summary>
    BadFlowToken,

    /// <summary>The phone that a flow token names is no longer reached by that path: 430.</summary>
    FlowFailed,
}

/// <summary>The context that all transactions of one user agent share: settings, identities, and the messages waiting to leave.</summary>
public sealed class TransactionContext(
    LocalAddresses local, IEntropy entropy, TransactionTimers timers, int maxDatagramBytes, int maxServerTransactions)
{
    private readonly long[] _drops = new long[Enum.GetValues<SipDrop>().Length];
    private long _lastId;

    public LocalAddresses Local { get; } = local;

    public IEntropy Entropy { get; } = entropy;

    public TransactionTimers Timers { get; } = timers;

    /// <summary>Longer requests leave by TCP when they can (RFC 3261 §18.1.1).</summary>
    public int MaxDatagramBytes { get; } = maxDatagramBytes;

    /// <summary>In each <see cref="TransactionShare"/>.</summary>
    public int MaxServerTransactions { get; } = maxServerTransactions;

    public Queue<SipTransmit> Outbox { get; } = new();

    public long NextId() => ++_lastId;

    public string NewTag() => Entropy.NextHex(16);

    public string NewBranch() => ViaHeader.MagicCookie + Entropy.NextHex(20);

    public void Count(SipDrop drop) => Interlocked.Increment(ref _drops[(int)drop]);

    /// <summary>Readable from any thread.</summary>
    public long CountOf(SipDrop drop) => Interlocked.Read(ref _drops[(int)drop]);

    public void SendRequest(SipFlow flow, byte[] bytes, long transaction = 0) =>
        Outbox.Enqueue(new SipTransmit(flow, bytes, transaction, false));

    public void SendResponse(SipFlow flow, byte[] bytes, long transaction = 0) =>
        Outbox.Enqueue(new SipTransmit(flow, bytes, transaction, true));

    /// <summary>
    /// The Via of a request of ours on <paramref name="flow"/>. Connections may be used the other way round as well (RFC 5923 §5).
    /// </summary>
    public string ViaFor(SipFlow flow, string branch)
    {
        var via = ViaHeader.Create(flow.Transport.ToString().ToUpperInvariant(), Local.AdvertisedTo(flow), branch);
        return (flow.IsReliable ? via with { Parameters = via.Parameters.With("alias") } : via).ToString();
    }
}
