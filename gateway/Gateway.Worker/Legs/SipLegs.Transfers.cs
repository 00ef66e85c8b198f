using Gateway.Calls;
using Gateway.Calls.Channels;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Rules;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Messages;

namespace Gateway.Worker.Legs;

/// <content>Transfers that a phone asks for (REFER).</content>
internal sealed partial class SipLegs
{
    private async Task TransferAsync(SipLeg from, SipCallEvent.TransferRequested request)
    {
        if (_transfer is not null || IsConsulting)
        {
            await from.Sip.NotifyTransferAsync(491, "A transfer is in progress");
            return;
        }
        if (!media.IsReserved)
            return;
        if (SipTransfer.RequestOf(request, invitation(new CallRoute(from.Trunk.Name))) is not { } invite)
        {
            await from.Sip.NotifyTransferAsync(400, "Bad transfer target");
            return;
        }
        if (invite.Target is { } target && trunks.LeadsToPstn(target.HostPort, from.Trunk))
        {
            LogPstn(id, from.Trunk.Name);
            await from.Sip.NotifyTransferAsync(403, CauseTable.Refusal(HangupCause.PstnForbidden).Text);
            return;
        }
        var offer = await media.DescribeAsync(null, from.Trunk);
        _transfer = new SipTransfer(from, Take(trunks.Invite(invite with { Sdp = offer.Sdp }), from.Trunk, from.Attempt));
    }

    private async Task EndTransferAsync()
    {
        if (_transfer is not { } transfer)
            return;
        _transfer = null;
        await transfer.To.Sip.HangUpAsync(SipReason.Q850(16, "The call ended"));
        await transfer.ReportAsync(503, "The new call ended");
    }

    private async Task HandleTransferAsync(SipTransfer transfer, SipCallEvent happened)
    {
        switch (happened)
        {
            case SipCallEvent.Provisional { Status: >= 180 } provisional:
                await transfer.ReportAsync(provisional.Status, "Ringing");
                break;

            case SipCallEvent.Answered { Sdp: { } sdp, SdpIsOffer: false } answered
                when (await media.ApplyAnswerAsync(sdp, transfer.To.Trunk)).Succeeded:
                await transfer.ReportAsync(200, "OK");
                _transfer = null;
                _current = transfer.To;
                Publish();
                LogTransferred(id);
                await transfer.From.Sip.HangUpAsync(SipReason.Q850(16, "Transferred"));
                call.Post(new CallInput.PbxIdentified(transfer.To.NameOf(answered.Identity)));
                break;

            case SipCallEvent.Answered:
                await transfer.To.Sip.HangUpAsync(SipReason.Sip(488, "Not acceptable"));
                await FailAsync(transfer, 488, "Not acceptable");
                break;

            case SipCallEvent.Failed failed:
                await FailAsync(transfer, failed.Status, failed.ReasonPhrase);
                break;

            case SipCallEvent.Ended:
                await FailAsync(transfer, 503, "The new call ended");
                break;

            default:
                break;
        }
    }

    /// <summary>The call stays where it is, if that phone has not hung up meanwhile.</summary>
    private async Task FailAsync(SipTransfer transfer, int status, string phrase)
    {
        _transfer = null;
        await transfer.ReportAsync(status, phrase);
        if (transfer.FirstEnded is { } ended)
            call.Post(ended);
    }

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Call {CallId}: trunk {Trunk} asked for a transfer to the telephone network; refused (pstn_forbidden)")]
    private partial void LogPstn(CallId callId, string trunk);
}
