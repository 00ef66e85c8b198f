using System.Runtime.CompilerServices;
using Media.Protocols.Primitives;
using Media.Protocols.Stun;

namespace Media.Protocols.Ice;

/// <summary>
/// RFC 8445 §6.1.2.6 without Frozen: with one stream and one component there is nothing that freezing would order.
/// </summary>
internal enum IcePairState
{
    Waiting,
    InProgress,
    Succeeded,
    Failed,
}

/// <summary>A request of ours that may still be answered.</summary>
internal record struct IceTransaction(StunTransactionId Id, IceRole Role, bool UseCandidate, bool IsLive);

/// <summary>A candidate pair: its place in the checklist and the check that is under way on it.</summary>
internal sealed class IcePair(IceLocal local, IceRemote remote)
{
    /// <summary>RTO (RFC 8445 §14.3, RFC 5389 §7.2.1): at least 500 ms, doubled with each transmission.</summary>
    public static readonly TimeSpan MinimumTimeout = TimeSpan.FromMilliseconds(500);

    /// <summary>Rc (RFC 5389 §7.2.1): the number of times a request is sent in all.</summary>
    public const int MaxSends = 7;

    /// <summary>Rm (RFC 5389 §7.2.1): the timeout of the last transmission, in units of the first.</summary>
    private const int LastWait = 16;

    /// <summary>Enough for all consent checks of one lifetime: 30 s at 4 s distance (RFC 7675 §5.1).</summary>
    private const int MaxTransactions = 8;

    private TransactionRing _transactions;
    private int _newest;
    private int _sends;
    private TimeSpan _firstTimeout;
    private TimeSpan _timeout;

    public IceLocal Local { get; } = local;

    public IceRemote Remote { get; } = remote;

    public ulong Priority { get; private set; }

    public IcePairState State { get; set; }

    /// <summary>Position in the triggered-check queue (RFC 8445 §6.1.4.1); 0: not in it.</summary>
    public long TriggerOrder { get; set; }

    /// <summary>As the controlled agent: the peer has nominated this pair.</summary>
    public bool IsNominatedByPeer { get; set; }

    /// <summary>Our address as the peer sees it on this path.</summary>
    public TransportAddress Mapped { get; set; }

    /// <summary>The time at which the check under way is sent again or given up; <see cref="Instant.Never"/> when none is.</summary>
    public Instant NextSendAt { get; private set; } = Instant.Never;

    public bool HasSendsLeft => _sends < MaxSends;

    public IcePath Path => new(Local.Socket, Remote.Address, Mapped);

    public void Prioritise(IceRole role) => Priority = role == IceRole.Controlling
        ? IcePriority.OfPair(Local.Priority, Remote.Priority)
        : IcePriority.OfPair(Remote.Priority, Local.Priority);

    /// <summary>Starts a check that will be retransmitted; earlier ones may still be answered, but are sent no more.</summary>
    public IceTransaction BeginCheck(StunTransactionId id, IceRole role, bool useCandidate, TimeSpan timeout, Instant now)
    {
        TriggerOrder = 0;
        if (State != IcePairState.Succeeded)
            State = IcePairState.InProgress;
        _sends = 1;
        _firstTimeout = _timeout = timeout;
        NextSendAt = now + timeout;
        return Remember(new IceTransaction(id, role, useCandidate, IsLive: true));
    }

    /// <summary>Repeats the check under way: the same transaction (RFC 5389 §7.2.1).</summary>
    public IceTransaction RepeatCheck(Instant now)
    {
        _sends++;
        _timeout *= 2;
        NextSendAt = now + (HasSendsLeft ? _timeout : _firstTimeout * LastWait);
        return _transactions[_newest];
    }

    /// <summary>A request that is sent only once: each consent check is a new transaction (RFC 7675 §5.1).</summary>
    public IceTransaction BeginConsentCheck(StunTransactionId id, IceRole role) =>
        Remember(new IceTransaction(id, role, UseCandidate: false, IsLive: true));

    /// <summary>No more retransmissions; an answer still counts.</summary>
    public void EndCheck() => NextSendAt = Instant.Never;

    public bool IsAwaiting(StunTransactionId id) => IndexOf(id) >= 0;

    /// <summary>Takes the transaction out, so that it is answered once only.</summary>
    public IceTransaction Complete(StunTransactionId id)
    {
        var index = IndexOf(id);
        var transaction = _transactions[index];
        _transactions[index].IsLive = false;
        if (index == _newest)
            EndCheck();
        return transaction;
    }

    private IceTransaction Remember(IceTransaction transaction)
    {
        _newest = (_newest + 1) % MaxTransactions;
        _transactions[_newest] = transaction;
        return transaction;
    }

    private int IndexOf(StunTransactionId id)
    {
        for (var i = 0; i < MaxTransactions; i++)
            if (_transactions[i].IsLive && _transactions[i].Id == id)
                return i;
        return -1;
    }

    [InlineArray(MaxTransactions)]
    private struct TransactionRing
    {
        private IceTransaction _first;
    }
}
