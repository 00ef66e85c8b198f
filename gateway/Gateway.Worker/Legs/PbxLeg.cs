using Gateway.Calls;
using Gateway.Calls.Channels;
using Gateway.Sip;
using Gateway.Sip.Profiles;
using AudioTreatment = Media.Engine.AudioTreatment;
using MediaCall = Media.Engine.MediaCall;
using SdpRefusal = Media.Engine.SdpRefusal;
using SdpResult = Media.Engine.SdpResult;

namespace Gateway.Worker.Legs;

/// <summary>
/// The pbx leg: SIP signalling with the media negotiated over it. Whatever the PBX renegotiates in a call (hold, resume, moved media,
/// refreshes) is answered here and goes no further, so the whatsapp leg never hears of it.
/// </summary>
internal sealed partial class PbxLeg
{
    private readonly CallIdentity _identity;
    private readonly IReadOnlyDictionary<string, PbxTrunk> _trunks;
    private readonly SipEndpoint _endpoint;
    private readonly Func<CallRoute, SipInviteRequest> _invitation;
    private readonly CallMedia _media;
    private readonly ICallInbox _call;
    private readonly ILogger _logger;
    private readonly LegQueue _operations;
    private SipCall? _sip;
    private PbxTrunk? _trunk;
    private string? _answer;

    /// <summary>An offer was answered at least once: a later one that fails leaves what was agreed.</summary>
    private bool _isAgreed;

    /// <summary>What became of the description taken last.</summary>
    private SdpResult _taken;
    private bool _saidHowKeysGo;
    private readonly TaskCompletionSource _ends = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _transfer = Task.CompletedTask;

    /// <param name="identity">For logs.</param>
    /// <param name="trunks">All trunks by name.</param>
    /// <param name="endpoint">Places the INVITEs.</param>
    /// <param name="incoming">The INVITE of a call that the PBX began; null where we ring the PBX.</param>
    /// <param name="invitation">The INVITE to send by a route, still without SDP: where we ring the PBX, and for a transfer.</param>
    /// <param name="media">The call's media.</param>
    /// <param name="call">Where inputs go.</param>
    /// <param name="logger">Debug only.</param>
    public PbxLeg(
        CallIdentity identity, IReadOnlyDictionary<string, PbxTrunk> trunks, SipEndpoint endpoint, SipCall? incoming,
        Func<CallRoute, SipInviteRequest> invitation, CallMedia media, ICallInbox call, ILogger logger)
    {
        (_identity, _trunks, _endpoint, _invitation, _media, _call, _logger) = (identity, trunks, endpoint, invitation, media, call, logger);
        _operations = new LegQueue(OnFailure);
        _media.WhatsAppKeyLeft = OnWhatsAppKeyLeft;
        if (incoming is null)
            return;
        _sip = incoming;
        _trunk = trunks[incoming.Info.Trunk];
        _ = PumpAsync(incoming);
    }

    public Task Idle => _operations.Idle;

    /// <summary>Takes media; answers WhatsApp's offer, or makes one; for the PBX's call, once its side is settled.</summary>
    public void Reserve(string? whatsAppOffer) => _operations.Add(async () =>
    {
        if (!_media.TryReserve())
        {
            _call.Post(new CallInput.MediaRefused(HangupCause.NoCapacity));
            return;
        }
        var media = _media.Call!;
        if (_sip is not null && !await PrepareAnswerAsync())
            return;
        var result = whatsAppOffer is null ? await media.CreateWhatsAppOfferAsync() : await media.AnswerWhatsAppOfferAsync(whatsAppOffer);
        var succeeded = Noted(CallLeg.WhatsApp, result).Succeeded;
        _call.Post(succeeded ? new CallInput.MediaReserved(result.Sdp!) : Refused(CallLeg.WhatsApp, result));
    });

    public void ApplyWhatsAppAnswer(string sdp) => _operations.Add(async () =>
    {
        if (_media.Call is not { } media)
            return; // the call has ended
        var result = Noted(CallLeg.WhatsApp, await media.ApplyWhatsAppAnswerAsync(sdp));
        _call.Post(result.Succeeded ? new CallInput.WhatsAppAnswerApplied() : Refused(CallLeg.WhatsApp, result));
    });

    public void Invite(CallRoute route) => _operations.Add(async () =>
    {
        if (_media.Call is not { } media)
            return;
        _trunk = _trunks[route.Trunk];
        var request = _invitation(route);
        if (!_trunk.DelayedOffer)
            request = request with { Sdp = (await media.CreatePbxOfferAsync(_trunk.Media)).Sdp };
        _sip = _endpoint.Invite(request);
        _ = PumpAsync(_sip);
    });

    public void Ring() => _operations.Add(() => _trunk!.EarlyRingback && _answer is not null
        ? _sip!.ProvisionalAsync(183, _answer)
        : _sip!.ProvisionalAsync(180));

    public void Answer() => _operations.Add(() => _sip!.AnswerAsync(_answer!));

    public void Refuse(PbxRefusal refusal) => _operations.Add(() => _sip!.RejectAsync(
        refusal.Status, refusal.Text, SipReason.Sip(refusal.Status, refusal.Text), RefusalHeaders.Of(refusal)));

    public void HangUp(HangupCause cause) => _operations.Add(async () =>
    {
        _ends.TrySetResult();
        if (_sip is { } sip)
            await sip.HangUpAsync(SipReason.Q850(CauseTable.Q850(cause), cause.ToString()));
    });

    /// <summary>The agent, who has answered, hears ringing until <see cref="OpenAudio"/>.</summary>
    public void PlayRingback() => _operations.Add(() =>
    {
        _media.Call?.SetTreatment(AudioTreatment.Live, AudioTreatment.Ringback);
        return Task.CompletedTask;
    });

    public void OpenAudio() => _operations.Add(() =>
    {
        _media.Call?.SetTreatment(AudioTreatment.Live, AudioTreatment.Live);
        _media.Call?.OpenAudio();
        return Task.CompletedTask;
    });

    /// <summary>Two beeps for the agent: the money is nearly over.</summary>
    public void Warn() => _operations.Add(() =>
    {
        _media.Call?.WarnPbx();
        return Task.CompletedTask;
    });

    /// <summary>
    /// Another phone of the PBX takes this leg's dialog over (INVITE with Replaces, RFC 3891): a live one, or one that still rings, which is
    /// then answered. False when <paramref name="replaced"/> is not this leg's.
    /// </summary>
    public bool TryTakeOver(SipCall replaced, SipCall by)
    {
        if (replaced != _sip)
            return false;
        _operations.Add(() => TakeOverAsync(replaced, by));
        return true;
    }

    /// <summary>What ends this leg at the PBX when this process dies; null where nothing is to be ended.</summary>
    public async Task<SipDialogSnapshot?> SnapshotAsync() => _sip is { } sip ? await sip.SnapshotAsync() : null;

    public void SendDigit(CallLeg to, char digit, TimeSpan duration) => _media.SendDigit(to, digit, duration);

    public void ReleaseMedia() => _operations.Add(_media.ReleaseAsync);

    /// <summary>Our SDP of the 200 that the PBX's INVITE will get: the answer to its offer, or an offer where it sent none.</summary>
    private async Task<bool> PrepareAnswerAsync()
    {
        var media = _media.Call!;
        var result = await DescribeAsync(media, _sip!.Info.Offer);
        _answer = result.Sdp;
        _isAgreed = result.Succeeded && _sip.Info.Offer is not null;
        if (result.Succeeded)
            return true;
        _call.Post(Refused(CallLeg.Pbx, result));
        return false;
    }

    /// <summary>Our description for the PBX: the answer to its offer, or an offer where it made none.</summary>
    private async Task<SdpResult> DescribeAsync(MediaCall media, string? offer) =>
        Noted(
            CallLeg.Pbx,
            offer is null ? await media.CreatePbxOfferAsync(_trunk!.Media) : await media.AnswerPbxAsync(offer, _trunk!.Media));

    private SdpResult Noted(CallLeg leg, SdpResult result)
    {
        if (!result.Succeeded)
            LogRefusedSdp(_identity.Id, leg, result.Refusal, result.Detail);
        return result;
    }

    private static CallInput.MediaRefused Refused(CallLeg leg, SdpResult result)
    {
        var warning = SdpWarnings.Of(result.Error);
        var fault = warning is null ? null : new MediaFault(leg, warning.Reason);
        return new(Cause(result.Refusal), fault, leg == CallLeg.Pbx ? warning : null);
    }

    /// <summary>What a refused step means to the call: mostly the peer's description, but ports that another program holds are want of room.</summary>
    private static HangupCause Cause(SdpRefusal refusal) => refusal switch
    {
        SdpRefusal.NoPorts => HangupCause.NoCapacity,
        SdpRefusal.Internal => HangupCause.InternalError,
        _ => HangupCause.IncompatibleMedia,
    };

    private async Task PumpAsync(SipCall sip)
    {
        try
        {
            await foreach (var happened in sip.Events.ReadAllAsync())
                await HandleAsync(sip, happened);
        }
        catch (Exception e) // Supervised here: a defect in this leg ends this call.
        {
            OnFailure(e);
        }
    }

    private async Task HandleAsync(SipCall sip, SipCallEvent happened)
    {
        switch (happened)
        {
            case SipCallEvent.Provisional provisional:
                if (provisional.Sdp is { } early)
                    await TakeSdpAsync(sip, early, provisional.SdpIsOffer, early: true);
                if (provisional.Status is >= 180 and < 190)
                    _call.Post(new CallInput.PbxRinging());
                break;

            case SipCallEvent.Answered answered:
                if (answered.Sdp is null || await TakeSdpAsync(sip, answered.Sdp, answered.SdpIsOffer, early: false))
                    _call.Post(new CallInput.PbxAnswered(answered.Identity?.User ?? sip.Info.TargetUser));
                else
                    await RefuseAnswerAsync(sip);
                break;

            case SipCallEvent.AnswerReceived answer:
                if (!await TakeSdpAsync(sip, answer.Sdp, isOffer: false, early: false) && !_isAgreed)
                    _call.Post(Refused(CallLeg.Pbx, _taken));
                break;

            case SipCallEvent.OfferReceived offer:
                await RenegotiateAsync(sip, offer.Sdp);
                break;

            case SipCallEvent.IdentityChanged changed when sip == _sip:
                _call.Post(new CallInput.PbxIdentified(changed.Identity.User));
                break;

            case SipCallEvent.DigitReceived digit:
                _call.Post(new CallInput.DigitPressed(CallLeg.Pbx, digit.Digit, digit.Duration));
                break;

            case SipCallEvent.TransferRequested transfer when _transfer.IsCompleted:
                _transfer = TransferAsync(sip, transfer);
                break;

            case SipCallEvent.TransferRequested:
                await sip.NotifyTransferAsync(491, "A transfer is in progress");
                break;

            case SipCallEvent.Failed when sip != _sip:
                break; // it was still ringing when another phone took it over

            case SipCallEvent.Failed failed:
                _call.Post(sip.Info.Direction == SipCallDirection.Outgoing
                    ? new CallInput.PbxRefused(failed.Status, failed.Reason is { Protocol: "Q.850" } reason ? reason.Cause : null)
                    : new CallInput.PbxEnded());
                break;

            case SipCallEvent.Ended ended:
                LogEnded(_identity.Id, ended.By);
                await _transfer; // the PBX may hang up its first dialog before it hears that the new one is answered
                if (sip == _sip)
                    _call.Post(new CallInput.PbxEnded(ended.By == SipCallEnd.SessionExpired ? HangupCause.SessionExpired : HangupCause.PbxHungUp));
                break;

            default:
                break;
        }
    }

    private async Task<bool> TakeSdpAsync(SipCall sip, string sdp, bool isOffer, bool early)
    {
        if (_media.Call is not { } media)
            return false;
        var result = _taken = isOffer ? await DescribeAsync(media, sdp) : Noted(CallLeg.Pbx, await media.ApplyPbxAsync(sdp, early));
        _isAgreed |= result.Succeeded;
        if (result.Succeeded && isOffer)
            await sip.AcceptOfferAsync(result.Sdp!);
        return result.Succeeded;
    }

    /// <summary>The PBX answered with SDP that cannot be used: it is told so, and the call ends as after a 488.</summary>
    private async Task RefuseAnswerAsync(SipCall sip)
    {
        await sip.HangUpAsync(SipReason.Sip(488, SdpWarnings.Of(_taken.Error)?.Text ?? "Not acceptable"));
        _call.Post(Refused(CallLeg.Pbx, _taken));
    }

    private async Task RenegotiateAsync(SipCall sip, string? offer)
    {
        if (_media.Call is not { } media)
        {
            await sip.RejectOfferAsync(488);
            return;
        }
        var result = await DescribeAsync(media, offer);
        if (result.Succeeded)
            await sip.AcceptOfferAsync(result.Sdp!);
        else
            await sip.RejectOfferAsync(488, RefusalHeaders.OfDescription(SdpWarnings.Of(result.Error)));
    }

    private async Task TransferAsync(SipCall from, SipCallEvent.TransferRequested transfer)
    {
        try
        {
            if (_media.Call is not { } media
                || await PbxTransfer.RunAsync(from, transfer, _endpoint, _invitation(new CallRoute(_trunk!.Name)), media, _trunk.Media, _ends.Task) is not { } to)
                return;
            _sip = to;
            LogTransferred(_identity.Id);
            _ = PumpAsync(to);
            await from.HangUpAsync(SipReason.Q850(16, "Transferred"));
        }
        catch (Exception e) // Supervised here: a transfer that breaks leaves the call as it was.
        {
            LogDefect(e, _identity.Id);
        }
    }

    private async Task TakeOverAsync(SipCall replaced, SipCall by)
    {
        if (replaced != _sip || _media.Call is not { } media || !_transfer.IsCompleted)
        {
            await by.RejectAsync(491);
            return;
        }
        var result = await DescribeAsync(media, by.Info.Offer);
        if (!result.Succeeded)
        {
            var warning = SdpWarnings.Of(result.Error);
            var reason = warning is null ? (SipReason?)null : SipReason.Sip(488, warning.Text);
            await by.RejectAsync(488, warning?.Text, reason, RefusalHeaders.OfDescription(warning));
            return;
        }
        _isAgreed |= by.Info.Offer is not null;
        _sip = by; // before the answer: it is what ends the dialog that was taken over
        await by.AnswerAsync(result.Sdp!);
        _ = PumpAsync(by);
        LogTransferred(_identity.Id);
        _call.Post(new CallInput.PbxAnswered((by.Info.AssertedIdentity ?? by.Info.From).User)); // means nothing to a call that was answered before
    }

    /// <summary>The PBX agreed to no telephone-event: the key goes the way the trunk names, and the first one says so.</summary>
    private void OnWhatsAppKeyLeft(char digit, TimeSpan duration)
    {
        if (_trunk is not { } trunk || _sip is not { } sip)
            return;
        var way = trunk.Digits != DtmfFallback.Auto ? trunk.Digits : sip.AllowsInfo ? DtmfFallback.Info : DtmfFallback.Inband;
        if (!_saidHowKeysGo)
            LogKeys(_identity.Id, trunk.Name, way);
        _saidHowKeysGo = true;
        if (way == DtmfFallback.Info)
            _operations.Add(() => sip.SendDigitAsync(digit, duration));
        else if (way == DtmfFallback.Inband)
            _media.SendDigit(CallLeg.Pbx, digit, duration);
    }

    private void OnFailure(Exception e)
    {
        LogDefect(e, _identity.Id);
        _call.Post(new CallInput.HangUpRequested(HangupCause.InternalError));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Call {CallId}: the {Leg} leg's SDP was refused: {Refusal} {Detail}")]
    private partial void LogRefusedSdp(CallId callId, CallLeg leg, SdpRefusal refusal, string? detail);

    [LoggerMessage(Level = LogLevel.Information, Message = "Call {CallId}: trunk {Trunk} agreed to no telephone-event; digits go by {Way}")]
    private partial void LogKeys(CallId callId, string trunk, DtmfFallback way);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Call {CallId}: the pbx leg ended by {By}")]
    private partial void LogEnded(CallId callId, SipCallEnd by);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Call {CallId}: the PBX transferred it")]
    private partial void LogTransferred(CallId callId);

    [LoggerMessage(Level = LogLevel.Error, Message = "Call {CallId}: a defect in its pbx leg")]
    private partial void LogDefect(Exception e, CallId callId);
}
