using Media.Protocols.Primitives;
using static Gateway.Sip.Transactions.TransactionActions;

namespace Gateway.Sip.Transactions;

/// <summary>Any other request we sent: RFC 3261 §17.1.2.</summary>
public sealed class NonInviteClientTransaction(TransactionTimers timers, bool isReliable) : TransactionMachine(timers, isReliable)
{
    public override TransactionActions Handle(TransactionInput input, Instant now)
    {
        switch (State, input)
        {
            case (TransactionState.Initial, TransactionInput.Start):
                State = TransactionState.Trying;
                StartRetransmitting(Timers.T1, now);
                EndAt = now + (Timers.RequestTimeout ?? Timers.TransactionTimeout);
                return Transmit;

            case (TransactionState.Trying, TransactionInput.RetransmitDue):
                StartRetransmitting(Interval * 2 < Timers.T2 ? Interval * 2 : Timers.T2, now);
                return Transmit;

            case (TransactionState.Proceeding, TransactionInput.RetransmitDue):
                StartRetransmitting(Timers.T2, now);
                return Transmit;

            case (TransactionState.Trying or TransactionState.Proceeding, TransactionInput.EndDue):
                return End(ReportTimeout);

            case (TransactionState.Trying or TransactionState.Proceeding, TransactionInput.TransportError):
                return End(ReportTransportError);

            case (TransactionState.Trying or TransactionState.Proceeding, TransactionInput.Provisional):
                State = TransactionState.Proceeding;
                return Deliver;

            case (TransactionState.Trying or TransactionState.Proceeding, TransactionInput.Success or TransactionInput.Failure):
                return Linger(TransactionState.Completed, IsReliable ? TimeSpan.Zero : Timers.T4, Deliver, now);

            case (TransactionState.Completed, TransactionInput.EndDue):
                return End(None);

            default:
                return None;
        }
    }
}
