using Media.Protocols.Primitives;
using static Gateway.Sip.Transactions.TransactionActions;

namespace Gateway.Sip.Transactions;

/// <summary>
/// An INVITE we sent: RFC 3261 §17.1.1 with the Accepted state of RFC 6026 §7.2, in which every further 2xx reaches the user
/// (forks, and repetitions that want their ACK again).
/// </summary>
public sealed class InviteClientTransaction(TransactionTimers timers, bool isReliable) : TransactionMachine(timers, isReliable)
{
    /// <summary>Timer D: at least 32 s over UDP (§17.1.1.2).</summary>
    private static readonly TimeSpan TimerD = TimeSpan.FromSeconds(32);

    public override TransactionActions Handle(TransactionInput input, Instant now)
    {
        switch (State, input)
        {
            case (TransactionState.Initial, TransactionInput.Start):
                State = TransactionState.Calling;
                StartRetransmitting(Timers.T1, now);
                EndAt = now + (Timers.RequestTimeout ?? Timers.TransactionTimeout);
                return Transmit;

            case (TransactionState.Calling, TransactionInput.RetransmitDue):
                StartRetransmitting(Interval * 2, now);
                return Transmit;

            case (TransactionState.Calling, TransactionInput.EndDue):
                return End(ReportTimeout);

            case (TransactionState.Calling, TransactionInput.TransportError):
                return End(ReportTransportError);

            case (TransactionState.Calling or TransactionState.Proceeding, TransactionInput.Provisional):
                State = TransactionState.Proceeding;
                RetransmitAt = EndAt = Instant.Never;
                return Deliver;

            case (TransactionState.Calling or TransactionState.Proceeding, TransactionInput.Success):
                return Linger(TransactionState.Accepted, Timers.TransactionTimeout, Deliver, now);

            case (TransactionState.Calling or TransactionState.Proceeding, TransactionInput.Failure):
                return Linger(TransactionState.Completed, IsReliable ? TimeSpan.Zero : TimerD, SendAck | Deliver, now);

            case (TransactionState.Completed, TransactionInput.Failure):
                return SendAck;

            case (TransactionState.Accepted, TransactionInput.Success):
                return Deliver;

            case (TransactionState.Completed, TransactionInput.TransportError):
                return End(ReportTransportError);

            case (TransactionState.Completed or TransactionState.Accepted, TransactionInput.EndDue):
                return End(None);

            default:
                return None;
        }
    }
}
