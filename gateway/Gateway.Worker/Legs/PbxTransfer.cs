using Gateway.Sip;
using Gateway.Sip.Messages;
using Media.Engine;

namespace Gateway.Worker.Legs;

/// <summary>
/// A transfer that the PBX asks of us (REFER, RFC 3515): a second INVITE on the same trunk with the call's own media, while the first dialog
/// still stands. The target is carried as the PBX named it, a conference without user included, but the INVITE always goes to that trunk: a
/// WhatsApp call must not leave towards other networks.
/// </summary>
internal static class PbxTransfer
{
    /// <summary>
    /// Places the new call and tells the PBX how it goes. The answered call, or null when the first one stays: then the PBX was told why.
    /// </summary>
    public static async Task<SipCall?> RunAsync(
        SipCall from, SipCallEvent.TransferRequested transfer, SipEndpoint endpoint, SipInviteRequest invitation, MediaCall media, PbxMediaProfile profile,
        Task callEnds)
    {
        if (!SipUri.TryParse(transfer.Target, out var target) || !(target.IsSip || target.IsTel))
        {
            await from.NotifyTransferAsync(400, "Bad transfer target");
            return null;
        }
        var to = endpoint.Invite(invitation with
        {
            TargetUser = target.Subscriber ?? "",
            Target = target.IsSip && !target.IsSecure ? target with { Parameters = target.Parameters.Without("method") } : null,
            Sdp = (await media.CreatePbxOfferAsync(profile)).Sdp,
            Headers = [.. invitation.Headers, .. Headers(transfer)],
        });
        // Its events are read to the answer here, and from there on by the leg itself.
        while (await MoreAsync(to, callEnds))
        {
            while (to.Events.TryRead(out var happened))
            {
                switch (happened)
                {
                    case SipCallEvent.Provisional { Status: >= 180 } provisional:
                        await from.NotifyTransferAsync(provisional.Status, "Ringing");
                        break;
                    case SipCallEvent.Answered { Sdp: { } answer, SdpIsOffer: false } when (await media.ApplyPbxAsync(answer, early: false)).Succeeded:
                        await from.NotifyTransferAsync(200, "OK");
                        return to;
                    case SipCallEvent.Answered:
                        await to.HangUpAsync(SipReason.Sip(488, "Not acceptable"));
                        await from.NotifyTransferAsync(488, "Not acceptable");
                        return null;
                    case SipCallEvent.Failed failed:
                        await from.NotifyTransferAsync(failed.Status, failed.ReasonPhrase);
                        return null;
                    default:
                        break;
                }
            }
        }
        await from.NotifyTransferAsync(503, "The new call ended");
        return null;
    }

    /// <summary>False when there is nothing more to wait for: the new call is over, or the whole call is, and then the new one rings no longer.</summary>
    private static async Task<bool> MoreAsync(SipCall to, Task callEnds)
    {
        var more = to.Events.WaitToReadAsync().AsTask();
        if (await Task.WhenAny(more, callEnds) == more)
            return await more;
        await to.HangUpAsync(SipReason.Q850(16, "The call ended"));
        return false;
    }

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
