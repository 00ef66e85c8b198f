using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Channels;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Rules;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Messages;
using Gateway.Worker.Configuration;
using Media.Protocols.Primitives;
using SdpResult = Media.Engine.SdpResult;

namespace Gateway.Worker.Legs;

/// <summary>
/// The phones of the PBX in one call: those that ring, of which the first to answer wins and the others are cancelled, and the one in the
/// conversation, which a transfer or a pick-up replaces. Whatever the PBX renegotiates (hold, resume, moved media, refreshes) is answered
/// here, and the whatsapp leg never hears of it. Everything but <see cref="Owns"/> is called by operations of the call's queue.
/// </summary>
/// <param name="id">For logs.</param>
/// <param name="trunks">Where calls can go.</param>
/// <param name="invitation">The INVITE to send by a route, still without SDP.</param>
/// <param name="media">Of their leg.</param>
/// <param name="call">Where inputs go.</param>
/// <param name="operations">The call's queue, to which each phone's reader posts.</param>
/// <param name="logger">Milestones at Information, the rest at Debug.</param>
internal sealed partial class SipLegs(
    CallId id, PbxTrunks trunks, Func<CallRoute, SipInviteRequest> invitation, PbxMedia media, ICallInbox call, OperationQueue operations,
    ILogger logger)
{
    private const int PickedUp = -1; // the attempt of a phone that was not rung
    private readonly PbxKeys _keys = new(id, media, logger);
    private readonly List<SipLeg> _ringing = [];
    private SipLeg? _current;
    private SipTransfer? _transfer;
    private volatile SipCall[] _owned = [];
    private SipCall? _hungUp; // the last of the conversation

    /// <summary>From any thread: the call is one of these phones, and not one that was given up.</summary>
    public bool Owns(SipCall sip) => Array.IndexOf(_owned, sip) >= 0;

    /// <summary>The agent asks somebody by these phones or by others of the call: meanwhile none transfers it or takes it over.</summary>
    public bool IsConsulting { get; set; }

    /// <summary>The PBX began the call.</summary>
    public void Begin(SipCall incoming)
    {
        _current = Take(incoming, trunks[incoming.Info.Trunk], attempt: 0);
        Publish();
    }

    /// <summary>
    /// Makes the SDP of the 200 that the PBX's INVITE will get: the answer to its offer, or an offer where it sent none. Null: there is no
    /// INVITE.
    /// </summary>
    public async Task<SdpResult?> PrepareAnswerAsync()
    {
        if (_current is not { } leg)
            return null;
        var result = await media.DescribeForAsync(leg.Sip, leg.Trunk);
        leg.Answer = result.Sdp;
        return result;
    }

    /// <summary>Rings one more phone of the PBX.</summary>
    public Task InviteAsync(CallRoute route) => RingAsync([invitation(route)], attempt: 0, agent: null);

    /// <summary>Rings phones that are one agent's: they ring and refuse as one. Where there is none, that is a refusal too.</summary>
    public async Task RingAsync(IEnumerable<SipInviteRequest> phones, int attempt, AgentId? agent)
    {
        if (!media.IsReserved)
            return;
        foreach (var phone in phones)
        {
            var trunk = trunks.WayOf(phone);
            var sdp = trunk.DelayedOffer ? null : (await media.DescribeAsync(null, trunk)).Sdp;
            if (sdp is not null || trunk.DelayedOffer)
                _ringing.Add(Take(trunks.Invite(phone with { Sdp = sdp }), trunk, attempt, agent));
        }
        Publish();
        if (_ringing.All(leg => leg.Attempt != attempt))
            call.Post(new CallInput.PbxRefused(480, null, attempt));
    }

    /// <summary>Ends the ringing of one attempt; and its phone, where that has answered and the call did not know it yet.</summary>
    public async Task CancelAsync(int attempt, bool isElsewhere)
    {
        await EndRingingAsync(attempt, isElsewhere);
        if (!isElsewhere && _current?.Attempt == attempt)
            await HangUpAgentAsync(); // or nobody else could answer any more
    }

    /// <summary>Ends the phone in the conversation, or its media where it has hung up; the call goes on, and others may ring.</summary>
    /// <param name="reason">What the phone is told; null: nothing that it does not know.</param>
    public async Task HangUpAgentAsync(SipReason? reason = null)
    {
        await EndTransferAsync();
        var leg = _current;
        (_hungUp, _current) = (leg?.Sip, null);
        Publish();
        await media.LeaveAsync(); // before the BYE, so that nothing comes after it
        if (leg is not null)
            await (reason is null ? leg.HangUpAsync(HangupCause.PbxHungUp) : leg.Sip.HangUpAsync(reason));
    }

    /// <summary>The agent is to ask somebody: a transfer that its phone has asked for ends.</summary>
    public async Task BeginConsultationAsync()
    {
        IsConsulting = true;
        var ended = _transfer?.FirstEnded;
        await EndTransferAsync();
        if (ended is not null)
            call.Post(ended);
    }

    /// <summary>The phones until the call is over at them.</summary>
    public PhoneEnds Ends { get; } = new();

    public Task RingAsync() => _current!.RingAsync();
    public Task AnswerAsync() => _current!.AnswerAsync();
    public Task RefuseAsync(PbxRefusal refusal) => _current!.RefuseAsync(refusal);

    public async Task HangUpAsync(HangupCause cause)
    {
        await EndTransferAsync();
        _hungUp = _current?.Sip;
        var legs = Own();
        _ringing.Clear();
        Publish();
        foreach (var leg in legs)
            await leg.HangUpAsync(cause);
    }

    /// <summary>
    /// Another phone of the PBX takes a dialog of this call over (INVITE with Replaces, RFC 3891): that of the conversation, or one that
    /// still rings, which is then answered.
    /// </summary>
    public async Task TakeOverAsync(SipCall replaced, SipCall by)
    {
        var old = _current?.Sip == replaced ? _current : _ringing.Find(leg => leg.Sip == replaced);
        if (old is null || old != (_current ?? old) || !media.IsReserved || _transfer is not null || IsConsulting)
        {
            await by.RejectAsync(491);
            return;
        }
        if (!await TryAnswerAsync(by, old.Trunk, old.Attempt, old.Agent))
            return;
        var rang = _ringing.Remove(old);
        await EndRingingAsync(old.Attempt, isElsewhere: true);
        LogTransferred(id);
        var agent = by.Info.Caller.User;
        call.Post(rang ? new CallInput.PbxAnswered(agent, old.Attempt, old.Trunk.Name) : new CallInput.PbxIdentified(agent));
    }

    /// <summary>An agent's own call takes the user's, as if its phone had been rung. False: another has, or the call is over.</summary>
    public async Task<bool> TryPickUpAsync(SipCall by, TakenAgent agent) =>
        _current is null && media.IsReserved && await TryAnswerAsync(by, trunks[by.Info.Trunk], PickedUp, agent.Agent)
            && call.Post(new CallInput.PbxAnswered(by.Info.Caller.User, PickedUp, by.Info.Trunk) { By = agent });

    /// <summary>The dialogs by which others end the phones of the call or of a transfer when this process dies.</summary>
    public async Task<IEnumerable<SipDialogSnapshot>> SnapshotAsync() =>
        (await Task.WhenAll(Ends.Open.Select(leg => leg.Sip.SnapshotAsync()))).OfType<SipDialogSnapshot>();

    /// <summary>The conversation's dialog, for another node to go on with; null while other phones or a transfer are under way.</summary>
    public async Task<SipSessionSnapshot?> SaveAsync() =>
        _current is { } leg && _ringing.Count == 0 && _transfer is null && !IsConsulting ? await leg.Sip.SaveAsync() : null;

    /// <summary>Goes on with the conversation of another node: an offer tells the phone where its media is now.</summary>
    public async Task ResumeAsync(SipCall sip, Action<PbxTrunk> resumeMedia)
    {
        _current = Take(sip, trunks[sip.Info.Trunk], attempt: 0);
        Publish();
        resumeMedia(_current.Trunk);
        var offer = await media.DescribeAsync(null, _current.Trunk);
        if (offer.Sdp is { } sdp)
            await sip.OfferAsync(sdp);
        else
            call.Post(CallMedia.Refused(CallLeg.Pbx, offer));
    }

    /// <summary>The PBX agreed to no telephone-event: the key goes another way.</summary>
    public async Task CarryKeyAsync(char digit, TimeSpan duration)
    {
        if (_current is not { } leg)
        {
            call.Post(new CallInput.DigitPressed(CallLeg.WhatsApp, digit, duration)); // for a menu or a queue
            return;
        }
        await _keys.CarryAsync(leg, digit, duration);
    }

    /// <summary>Answers a phone that called by itself: it is the one in the conversation. False: its description was refused.</summary>
    private async Task<bool> TryAnswerAsync(SipCall by, PbxTrunk trunk, int attempt, AgentId? agent)
    {
        var result = await media.DescribeForAsync(by, trunk);
        if (!result.Succeeded)
        {
            await SdpWarnings.RejectAsync(by, result.Error);
            return false;
        }
        _current = Take(by, trunk, attempt, agent); // before the answer: it is what ends a dialog that is taken over
        Publish();
        await by.AnswerAsync(result.Sdp!);
        return true;
    }

    private SipLeg Take(SipCall sip, PbxTrunk trunk, int attempt, AgentId? agent = null)
    {
        var leg = new SipLeg(sip, trunk, attempt) { Agent = agent };
        Ends.Add(leg);
        _ = leg.PumpAsync(operations, HandleAsync);
        return leg;
    }

    /// <summary>Forgets all phones, silently: what they were told and has not left yet never does. Those that ring are cancelled.</summary>
    public Task AbandonAsync() =>
        Task.WhenAll(Ends.Open.Where(leg => !leg.Sip.IsOver || leg.Sip == _hungUp).Select(leg => leg.Sip.AbandonAsync()));

    private void Publish() => _owned = [.. Own().Select(leg => leg.Sip)];

    private SipLeg[] Own() => _current is null ? [.. _ringing] : [.. _ringing, _current];

    private async Task HandleAsync(SipLeg leg, SipCallEvent happened)
    {
        call.NoteChange(); // what is saved from now on waits for this operation
        if (_transfer is { } transfer && leg == transfer.To)
            await HandleTransferAsync(transfer, happened);
        else if (leg == _current || _ringing.Contains(leg))
            await HandleOwnAsync(leg, happened);
        else if (happened is SipCallEvent.Ended given)
            LogEnded(id, given.By);
    }

    private async Task HandleOwnAsync(SipLeg leg, SipCallEvent happened)
    {
        switch (happened)
        {
            case SipCallEvent.Provisional provisional:
                // Of several phones none is heard before one has answered; an offer has to be answered all the same.
                if (provisional.Sdp is { } early && (provisional.SdpIsOffer || _current is null && _ringing.Count == 1))
                    await media.TakeAsync(leg, early, provisional.SdpIsOffer);
                if (provisional.Status is >= 180 and < 190)
                    call.Post(new CallInput.PbxRinging(leg.Attempt));
                break;

            case SipCallEvent.Answered answered:
                await TakeAnswerAsync(leg, answered);
                break;

            case SipCallEvent.AnswerReceived answer:
                if (await media.TakeAsync(leg, answer.Sdp, isOffer: false) is { Succeeded: false } unusable && !media.IsAgreed)
                    call.Post(CallMedia.Refused(CallLeg.Pbx, unusable));
                break;

            case SipCallEvent.OfferReceived offer:
                var result = await media.DescribeAsync(offer.Sdp, leg.Trunk, leg.Sip.PhoneAddress);
                await (result.Succeeded
                    ? leg.Sip.AcceptOfferAsync(result.Sdp!)
                    : leg.Sip.RejectOfferAsync(488, RefusalHeaders.OfDescription(SdpWarnings.Of(result.Error))));
                break;

            case SipCallEvent.OfferRefused: // ours is that of a call taken over: the phone would hear nothing more
                call.Post(new CallInput.HangUpRequested(HangupCause.NodeLost));
                break;

            case SipCallEvent.IdentityChanged changed:
                call.Post(new CallInput.PbxIdentified(leg.NameOf(changed.Identity)));
                break;

            case SipCallEvent.DigitReceived digit:
                call.Post(new CallInput.DigitPressed(CallLeg.Pbx, digit.Digit, digit.Duration));
                break;

            case SipCallEvent.TransferRequested request:
                await TransferAsync(leg, request);
                break;

            case SipCallEvent.Failed failed:
                End(leg, failed.Reason is { Protocol: "Q.850" } reason
                    ? new CallInput.PbxRefused(failed.Status, reason.Cause, leg.Attempt)
                    : new CallInput.PbxRefused(failed.Status, null, leg.Attempt));
                break;

            case SipCallEvent.Ended ended:
                LogEnded(id, ended.By);
                End(leg, new CallInput.PbxEnded(
                    ended.By == SipCallEnd.SessionExpired ? HangupCause.SessionExpired : HangupCause.PbxHungUp, leg.Attempt));
                break;
        }
    }

    /// <summary>
    /// The first phone to answer with media that can be used wins. Phones of other attempts ring on until the call decides.
    /// </summary>
    private async Task TakeAnswerAsync(SipLeg leg, SipCallEvent.Answered answered)
    {
        if (_current is not null)
        {
            await leg.CompleteElsewhereAsync();
            End(leg, new CallInput.PbxRefused(487, null, leg.Attempt));
            return;
        }
        if (answered.Sdp is { } sdp && await media.TakeAsync(leg, sdp, answered.SdpIsOffer) is { Succeeded: false } refused)
        {
            // The refusal is reported to it; the call goes on as after a 488: with the next agent, or to its end.
            await leg.Sip.HangUpAsync(SipReason.Sip(488, SdpWarnings.Of(refused.Error)?.Text ?? "Not acceptable"));
            End(leg, leg.Attempt > 0 ? new CallInput.PbxRefused(488, null, leg.Attempt) : CallMedia.Refused(CallLeg.Pbx, refused));
            return;
        }
        _ringing.Remove(leg);
        _current = leg;
        await EndRingingAsync(leg.Attempt, isElsewhere: true);
        call.Post(new CallInput.PbxAnswered(leg.NameOf(answered.Identity), leg.Attempt, leg.Trunk.Name));
    }

    private async Task EndRingingAsync(int attempt, bool isElsewhere)
    {
        SipLeg[] ended = [.. _ringing.Where(leg => leg.Attempt == attempt)];
        _ringing.RemoveAll(leg => leg.Attempt == attempt);
        Publish();
        foreach (var leg in ended)
            await (isElsewhere ? leg.CompleteElsewhereAsync() : leg.HangUpAsync(HangupCause.NoAnswer));
    }

    /// <summary>Of several phones that ring as one, the end of the last is the call's.</summary>
    private void End(SipLeg leg, CallInput end)
    {
        var rang = _ringing.Remove(leg);
        if (_current == leg && _transfer is null)
            _current = null;
        Publish();
        if (rang && _ringing.Any(other => other.Attempt == leg.Attempt))
            return;
        if (_transfer is { } transfer && end is CallInput.PbxEnded ended)
            transfer.FirstEnded = ended;
        else
            call.Post(end);
    }

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
        var trunk = trunks.WayOf(invite);
        var offer = await media.DescribeAsync(null, trunk);
        _transfer = new SipTransfer(from, Take(trunks.Invite(invite with { Sdp = offer.Sdp }), trunk, from.Attempt));
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
        if (await transfer.HandleAsync(happened, media) is not { } isDone)
            return;
        _transfer = null;
        if (isDone)
        {
            _current = transfer.To;
            Publish();
            LogTransferred(id);
            await transfer.From.Sip.HangUpAsync(SipReason.Q850(16, "Transferred"));
            call.Post(new CallInput.PbxIdentified(transfer.To.NameOf(((SipCallEvent.Answered)happened).Identity)));
        }
        else if (transfer.FirstEnded is { } ended)
            call.Post(ended);
    }

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Call {CallId}: trunk {Trunk} asked for a transfer to the telephone network; refused (pstn_forbidden)")]
    private partial void LogPstn(CallId callId, string trunk);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Call {CallId}: the pbx leg ended by {By}")]
    private partial void LogEnded(CallId callId, WireText<SipCallEnd> by);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Call {CallId}: the PBX transferred it")]
    private partial void LogTransferred(CallId callId);
}
