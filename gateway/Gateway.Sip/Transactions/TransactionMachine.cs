using Media.Protocols.Primitives;

namespace Gateway.Sip.Transactions;

/// <summary>
/// The base that the four machines of RFC 3261 §17 share: a state and two timers, one that repeats and one that ends. A machine knows no
/// message; it is fed inputs and returns what to do.
/// </summary>
public abstract class TransactionMachine(TransactionTimers timers, bool isReliable)
{
    public TransactionState State { get; protected set; }

    public Instant NextDeadline => Instant.Min(RetransmitAt, EndAt);

    protected TransactionTimers Timers { get; } = timers;

    /// <summary>TCP or TLS: nothing is retransmitted and nothing lingers for retransmissions of the peer.</summary>
    protected bool IsReliable { get; } = isReliable;

    protected Instant RetransmitAt { get; set; } = Instant.Never;

    protected Instant EndAt { get; set; } = Instant.Never;

    /// <summary>Current interval of the repeating timer.</summary>
    protected TimeSpan Interval { get; set; }

    /// <summary>Feeds one input. An input that does not fit the state changes nothing and asks for nothing.</summary>
    public abstract TransactionActions Handle(TransactionInput input, Instant now);

    /// <summary>Feeds the timer that is due, if any.</summary>
    public TransactionActions HandleDeadline(Instant now)
    {
        if (now >= EndAt)
        {
            EndAt = Instant.Never;
            return Handle(TransactionInput.EndDue, now);
        }
        if (now >= RetransmitAt)
        {
            RetransmitAt = Instant.Never;
            return Handle(TransactionInput.RetransmitDue, now);
        }
        return TransactionActions.None;
    }

    protected void StartRetransmitting(TimeSpan interval, Instant now)
    {
        Interval = interval;
        RetransmitAt = IsReliable ? Instant.Never : now + interval;
    }

    /// <summary>
    /// Stays in <paramref name="state"/> for <paramref name="linger"/> to absorb what the peer repeats; zero ends at once.
    /// </summary>
    protected TransactionActions Linger(TransactionState state, TimeSpan linger, TransactionActions actions, Instant now)
    {
        if (linger == TimeSpan.Zero)
            return End(actions);
        State = state;
        RetransmitAt = Instant.Never;
        EndAt = now + linger;
        return actions;
    }

    protected TransactionActions End(TransactionActions actions)
    {
        State = TransactionState.Terminated;
        RetransmitAt = EndAt = Instant.Never;
        return actions | TransactionActions.Forget;
    }
}
