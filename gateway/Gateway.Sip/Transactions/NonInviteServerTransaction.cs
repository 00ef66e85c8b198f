using Media.Protocols.Primitives;
using static Gateway.Sip.Transactions.TransactionActions;

namespace Gateway.Sip.Transactions;

/// <summary>Any other request we received: RFC 3261 §17.2.2.</summary>
public sealed class NonInviteServerTransaction(TransactionTimers timers, bool isReliable) : TransactionMachine(timers, isReliable)
{
    public override TransactionActions Handle(TransactionInput input, Instant now)
    {
        switch (State, input)
        {
            case (TransactionState.Initial, TransactionInput.Start):
                State = TransactionState.Trying;
                return Deliver;

            case (TransactionState.Trying or TransactionState.Proceeding, TransactionInput.Provisional):
                State = TransactionState.Proceeding;
                return Transmit;

            case (TransactionState.Proceeding or TransactionState.Completed, TransactionInput.RequestAgain):
                return Transmit;

            case (TransactionState.Trying or TransactionState.Proceeding, TransactionInput.Success or TransactionInput.Failure):
                return Linger(TransactionState.Completed, IsReliable ? TimeSpan.Zero : Timers.TransactionTimeout, Transmit, now);

            case (TransactionState.Proceeding or TransactionState.Completed, TransactionInput.TransportError):
                return End(ReportTransportError);

            case (TransactionState.Completed, TransactionInput.EndDue):
                return End(None);

            default:
                return None;
        }
    }
}
