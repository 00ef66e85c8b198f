using Gateway.Sip.Messages;
using Gateway.Sip.Transactions;
using Gateway.Sip.Trunks;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Dialogs;

/// <summary>A dialog of a process that has died: all that is left to do is BYE, with credentials where the peer asks for them.</summary>
internal sealed class AbandonedDialog(UserAgentCore context, Trunk trunk, Dialog dialog) : IClientTransactionUser
{
    public void End(SipReason? reason, Instant now)
    {
        var bye = dialog.CreateRequest(SipMethod.Bye);
        trunk.AddHeaders(bye, reason, null);
        context.AddCommonHeaders(bye);
        trunk.AuthorizeAhead(bye);
        Send(bye, now);
    }

    void IClientTransactionUser.HandleResponse(ClientTransaction transaction, SipResponse response, Instant now)
    {
        if (response.StatusCode is not (401 or 407) || trunk.Authorize(transaction.Request, response) is not { } again)
            return;
        again.Headers["CSeq"] = new CSeq(dialog.NextSequence(), SipMethod.Bye).ToString();
        Send(again, now);
    }

    void IClientTransactionUser.HandleFailure(ClientTransaction transaction, TransactionFailure failure, Instant now)
    {
        // Nobody is left to report to; the peer's session timer ends what we cannot reach.
    }

    private void Send(SipRequest bye, Instant now) =>
        context.Layer.Clients.Send(bye, dialog.Flow, this, now, mayLeaveByTcp: trunk.MayLeaveByTcp);
}
