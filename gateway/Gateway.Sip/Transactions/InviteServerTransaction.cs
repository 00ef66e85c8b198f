using Media.Protocols.Primitives;
using static Gateway.Sip.Transactions.TransactionActions;

namespace Gateway.Sip.Transactions;

/// <summary>
/// An INVITE we received: RFC 3261 §17.2.1 with the Accepted state of RFC 6026 §7.1. The user itself repeats its 2xx until the ACK
/// (RFC 3261 §13.3.1.4); here a repeated INVITE is only absorbed then.
/// </summary>
public sealed class InviteServerTransaction(TransactionTimers timers, bool isReliable) : TransactionMachine(timers, isReliable)
{
    /// <summary>The time for which the user may think before 100 Trying keeps the caller from repeating its INVITE (§17.2.1).</summary>
    private static readonly TimeSpan TryingDelay = TimeSpan.FromMilliseconds(200);

    private bool _responded;

    public override TransactionActions Handle(TransactionInput input, Instant now)
    {
        switch (State, input)
        {
            case (TransactionState.Initial, TransactionInput.Start):
                State = TransactionState.Proceeding;
                RetransmitAt = now + TryingDelay;
                return Deliver;

            case (TransactionState.Proceeding, TransactionInput.RetransmitDue):
                _responded = true;
                return SendTrying;

            case (TransactionState.Proceeding, TransactionInput.RequestAgain):
                return _responded ? Transmit : None;

            case (TransactionState.Proceeding, TransactionInput.Provisional):
                _responded = true;
                RetransmitAt = Instant.Never;
                return Transmit;

            case (TransactionState.Proceeding, TransactionInput.Success):
                return Linger(TransactionState.Accepted, Timers.TransactionTimeout, Transmit, now);

            case (TransactionState.Accepted, TransactionInput.Success):
                return Transmit;

            case (TransactionState.Proceeding, TransactionInput.Failure):
                State = TransactionState.Completed;
                StartRetransmitting(Timers.T1, now);
                EndAt = now + Timers.TransactionTimeout;
                return Transmit;

            case (TransactionState.Completed, TransactionInput.RequestAgain):
                return Transmit;

            case (TransactionState.Completed, TransactionInput.RetransmitDue):
                StartRetransmitting(Interval * 2 < Timers.T2 ? Interval * 2 : Timers.T2, now);
                return Transmit;

            case (TransactionState.Completed, TransactionInput.Ack):
                return Linger(TransactionState.Confirmed, IsReliable ? TimeSpan.Zero : Timers.T4, None, now);

            case (TransactionState.Completed, TransactionInput.EndDue):
                return End(ReportTimeout);

            case (TransactionState.Confirmed or TransactionState.Accepted, TransactionInput.EndDue):
                return End(None);

            case (TransactionState.Proceeding or TransactionState.Completed, TransactionInput.TransportError):
                return End(ReportTransportError);

            case (TransactionState.Accepted, TransactionInput.TransportError):
                return ReportTransportError;

            default:
                return None;
        }
    }
}
