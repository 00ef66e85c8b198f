using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Messages;

namespace Gateway.Worker.Legs;

/// <summary>
/// A transfer that the PBX asks of us (REFER, RFC 3515): a second INVITE on the same trunk with the call's own media, while the first
/// dialog still stands. The target is carried as the PBX named it, a conference without user included, but the INVITE always goes to that
/// trunk: a WhatsApp call must not leave towards other networks.
/// </summary>
/// <param name="From">The phone that asked, and to which the progress is reported.</param>
/// <param name="To">The phone that rings for it.</param>
internal sealed record SipTransfer(SipLeg From, SipLeg To)
{
    /// <summary>
    /// The PBX may hang up its first dialog before it hears that the new one is answered: this is the call's end if the new one is not.
    /// </summary>
    public CallInput.PbxEnded? FirstEnded { get; set; }

    /// <summary>The INVITE to the phone that a REFER names; null where it names none that can be called.</summary>
    public static SipInviteRequest? RequestOf(SipCallEvent.TransferRequested transfer, SipInviteRequest invitation)
    {
        if (!SipUri.TryParse(transfer.Target, out var target) || !(target.IsSip || target.IsTel))
            return null;
        return invitation with
        {
            TargetUser = target.Subscriber ?? "",
            Target = target.IsSip && !target.IsSecure ? target with { Parameters = target.Parameters.Without("method") } : null,
            Headers = [.. invitation.Headers, .. Headers(transfer)],
        };
    }

    /// <summary>Reports what becomes of the new call. True: it has the user; false: it failed; null: it rings still.</summary>
    public async Task<bool?> HandleAsync(SipCallEvent happened, PbxMedia media)
    {
        switch (happened)
        {
            case SipCallEvent.Provisional { Status: >= 180 } provisional:
                await ReportAsync(provisional.Status, "Ringing");
                return null;

            case SipCallEvent.Answered { Sdp: { } sdp, SdpIsOffer: false } when (await media.ApplyAnswerAsync(sdp, To)).Succeeded:
                await ReportAsync(200, "OK");
                return true;

            case SipCallEvent.Answered:
                await To.Sip.HangUpAsync(SipReason.Sip(488, "Not acceptable"));
                return await FailAsync(488, "Not acceptable");

            case SipCallEvent.OfferReceived: // its media is still that of the first phone
                await To.Sip.RejectOfferAsync(488);
                return null;

            case SipCallEvent.Failed failed:
                return await FailAsync(failed.Status, failed.ReasonPhrase);

            case SipCallEvent.Ended:
                return await FailAsync(503, "The new call ended");

            default:
                return null;
        }
    }

    private async Task<bool?> FailAsync(int status, string phrase)
    {
        await ReportAsync(status, phrase);
        return false;
    }

    public Task ReportAsync(int status, string phrase) => From.Sip.NotifyTransferAsync(status, phrase);

    private static IEnumerable<(string Name, string Value)> Headers(SipCallEvent.TransferRequested transfer)
    {
        if (transfer.Replaces is { } replaces)
            yield return ("Replaces", replaces);
        if (transfer.ReferredBy is { } by)
            yield return ("Referred-By", by);
        foreach (var header in transfer.Headers)
            yield return header;
    }
}
