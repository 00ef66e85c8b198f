using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Lifecycle;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Endpoint;
using Media.Engine;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Legs;

/// <summary>
/// The legs of one call: WhatsApp's signalling, the PBX's phones, and the media of both. Decisions that concern them and what happens on
/// their dialogs and in their media meet in one queue of operations, so that no part of a leg is changed from two flows of control.
/// </summary>
internal sealed class CallLegs
{
    private readonly GraphLeg _graph;
    private readonly CallPhones _phones;
    private readonly CallMedia _media;
    private readonly CallSounds _toUser;
    private readonly CallSounds _toAgent;
    private readonly AgentPhones _agents;
    private readonly SipCall? _incoming;
    private readonly ICallInbox _call;
    private readonly OperationQueue _operations;

    /// <param name="graph">WhatsApp's signalling.</param>
    /// <param name="phones">The PBX's side; it posts to <paramref name="operations"/>.</param>
    /// <param name="media">Posts to <paramref name="operations"/> too.</param>
    /// <param name="who">What the user hears while no agent is there, what an agent hears who asks somebody, and the agents who can be
    /// rung.</param>
    /// <param name="incoming">The INVITE of a call that the PBX began; null where we ring the PBX.</param>
    /// <param name="call">Where inputs go.</param>
    /// <param name="operations">The call's queue.</param>
    public CallLegs(
        GraphLeg graph, CallPhones phones, CallMedia media, (CallSounds ToUser, CallSounds ToAgent, AgentPhones Agents) who,
        SipCall? incoming, ICallInbox call, OperationQueue operations)
    {
        (_graph, _phones, _media, _incoming, _call, _operations) = (graph, phones, media, incoming, call, operations);
        (_toUser, _toAgent, _agents) = who;
        _media.CarryKey = _phones.CarryKeyAsync;
        _media.HandleSound = async happened =>
        {
            await _toUser.HandleAsync(happened);
            await _toAgent.HandleAsync(happened);
        };
    }

    /// <summary>The phones are read from now on: what has happened at one already is handled before this returns.</summary>
    public void Begin()
    {
        if (_incoming is { } sip)
            _operations.Add(() => _phones.Current.Begin(sip));
    }

    /// <summary>Completes when everything decided so far is done.</summary>
    public Task Idle => Task.WhenAll(_graph.Idle, _operations.Idle);

    /// <summary>Completes when everything decided so far about an agent's phones is done, and the call is over at those hung up.</summary>
    public async Task PhonesEndedAsync(AgentId agent)
    {
        var ended = Task.CompletedTask;
        await _operations.Add(() => { ended = _phones.EndedAsync(agent); });
        await ended;
    }

    /// <summary>Lets a capture see the call's packets in the clear; null: no longer.</summary>
    public void Capture(IMediaTap? tap) => _operations.Add(() => _media.Capture(tap));

    /// <summary>False: the decision concerns no leg.</summary>
    public bool TryPerform(CallDecision decision)
    {
        switch (decision)
        {
            case CallDecision.PreAccept preAccept:
                _graph.PreAccept(preAccept.Id, preAccept.Sdp);
                break;
            case CallDecision.Accept accept:
                _graph.Accept(accept.Id, accept.Sdp);
                break;
            case CallDecision.Connect connect:
                _graph.Connect(connect.Sdp);
                break;
            case CallDecision.Reject reject:
                _graph.Reject(reject.Id);
                break;
            case CallDecision.Terminate terminate:
                _graph.Terminate(terminate.Id);
                break;
            default:
                if (OperationOf(decision) is not { } operation)
                    return false;
                _operations.Add(operation);
                break;
        }
        return true;
    }

    /// <summary>
    /// Another phone of the PBX takes <paramref name="replaced"/> over (RFC 3891). False when that is none of this call's phones.
    /// </summary>
    public bool TryTakeOver(SipCall replaced, SipCall by)
    {
        if (_phones.Find(replaced) is not { } phones)
            return false;
        _operations.Add(() => phones.TakeOverAsync(replaced, by));
        return true;
    }

    /// <summary>
    /// The agent's own call takes the user's, before any phone has answered. False: one has, or the call is over; the agent is not its own.
    /// </summary>
    public async Task<bool> TryPickUpAsync(SipCall by, TakenAgent agent)
    {
        var isDone = false;
        await _operations.Add(async () => isDone = await _phones.Current.TryPickUpAsync(by, agent));
        return isDone;
    }

    /// <summary>Both sides, for another node to go on with; null: now it cannot.</summary>
    public async Task<(SipSessionSnapshot Phone, MediaSnapshot Media)?> SaveAsync()
    {
        (SipSessionSnapshot, MediaSnapshot)? saved = null;
        await _operations.Add(async () =>
            saved = await _phones.SaveAsync() is { } phone && await _media.SaveAsync() is { } media ? (phone, media) : null);
        return saved;
    }

    /// <summary>Both sides, exactly: from now on both are let go of here. Null: they cannot be moved as they are now.</summary>
    public async Task<(SipSessionSnapshot Phone, MediaSnapshot Media)?> HandOverAsync()
    {
        (SipSessionSnapshot, MediaSnapshot)? saved = null;
        await _operations.Add(async () =>
        {
            if (await _phones.SaveAsync() is not { } phone || await _media.HandOverAsync() is not { } media)
                return;
            saved = (phone, media);
            _graph.Abandon();
            await _phones.AbandonAsync();
        });
        return saved;
    }

    /// <summary>Goes on with both sides of another node's call.</summary>
    public void Resume(SipCall phone, MediaSnapshot media, int takeovers) => _operations.Add(async () =>
    {
        await _phones.Current.ResumeAsync(phone, trunk => _media.Resume(media, trunk.Media, takeovers));
    });

    /// <summary>Meta hears no more of this node about the call.</summary>
    public void LeaveMeta() => _graph.Abandon();

    /// <summary>Lets go of both sides: another node has the call.</summary>
    /// <param name="mayGoOn">That node may go on with it: not a word. Else it ends the call, and may not know all the phones.</param>
    public Task AbandonAsync(bool mayGoOn = true)
    {
        LeaveMeta();
        return _operations.Add(() => Task.WhenAll(
            mayGoOn ? _phones.AbandonAsync() : _phones.HangUpAsync(HangupCause.NodeLost), _media.AbandonAsync()));
    }

    /// <summary>The dialogs that end the call's phones when this process dies; none where nothing is to be ended.</summary>
    public async Task<IReadOnlyList<SipDialogSnapshot>> SnapshotAsync()
    {
        IReadOnlyList<SipDialogSnapshot> snapshots = [];
        await _operations.Add(async () => snapshots = await _phones.SnapshotAsync());
        return snapshots;
    }

    private Func<Task>? OperationOf(CallDecision decision) => decision switch
    {
        CallDecision.ReserveMedia reserve => () => ReserveAsync(reserve.WhatsAppOffer),
        CallDecision.ApplyWhatsAppAnswer answer => () => ApplyWhatsAppAnswerAsync(answer.Sdp),
        CallDecision.InvitePbx or CallDecision.RingAgent or CallDecision.CancelPhone or CallDecision.HangUpAgent
            or CallDecision.Play or CallDecision.PlayPlace or CallDecision.StopPlaying =>
            () => PerformAsync(decision, _phones.Current, _toUser),
        CallDecision.OfConsultation of => () => _phones.TargetOf(of.Number) is { } target
            ? PerformAsync(of.What, target, _toAgent) : Task.CompletedTask,
        CallDecision.BeginConsultation begin => () => _phones.BeginConsultationAsync(begin.Number),
        CallDecision.CompleteConsultation complete => () => _phones.CompleteConsultationAsync(complete.Number),
        CallDecision.CancelConsultation cancel => () => _phones.CancelConsultationAsync(cancel.Number),
        CallDecision.RecordMessage record => Step(() => _toUser.Record(record)),
        CallDecision.RingPbx => () => _phones.Current.RingAsync(),
        CallDecision.AnswerPbx => () => _phones.Current.AnswerAsync(),
        CallDecision.RefusePbx refuse => () => _phones.Current.RefuseAsync(refuse.Refusal),
        CallDecision.HangUpPbx hangUp => () => _phones.HangUpAsync(hangUp.Cause),
        CallDecision.PlayRingback => Step(() => _media.PlayRingback(CallLeg.Pbx)),
        CallDecision.OpenAudio => Step(_media.OpenAudio),
        CallDecision.Warn => Step(_media.Warn),
        CallDecision.SendDigit digit => Step(() => _media.SendDigit(digit.To, digit.Digit, digit.Duration)),
        CallDecision.ReleaseMedia => _media.ReleaseAsync,
        _ => null,
    };

    /// <summary>What the call decides about phones that it finds, and about who waits for them: the user, or an agent who asks.</summary>
    private Task PerformAsync(CallDecision decision, SipLegs phones, CallSounds sounds)
    {
        switch (decision)
        {
            case CallDecision.InvitePbx invite:
                return phones.InviteAsync(invite.Route);
            case CallDecision.RingAgent ring:
                return phones.RingAsync(_agents.Of(ring.Agent, ring.Trunk, ring.AutoAnswer), ring.Attempt, ring.Agent);
            case CallDecision.CancelPhone cancel:
                return phones.CancelAsync(cancel.Attempt, cancel.IsElsewhere);
            case CallDecision.HangUpAgent:
                return phones.HangUpAgentAsync();
            case CallDecision.Play play:
                return sounds.PlayAsync(play);
            case CallDecision.PlayPlace place:
                return sounds.PlayAsync(place);
            default:
                sounds.Stop();
                return Task.CompletedTask;
        }
    }

    private static Func<Task> Step(Action step) => () =>
    {
        step();
        return Task.CompletedTask;
    };

    /// <summary>Takes media; settles the side of a PBX that called, then describes it to WhatsApp.</summary>
    private async Task ReserveAsync(string? whatsAppOffer)
    {
        if (!_media.TryReserve())
        {
            _call.Post(new CallInput.MediaRefused(HangupCause.NoCapacity));
            return;
        }
        if (await _phones.Current.PrepareAnswerAsync() is { Succeeded: false } refused)
        {
            _call.Post(CallMedia.Refused(CallLeg.Pbx, refused));
            return;
        }
        var result = await _media.DescribeToWhatsAppAsync(whatsAppOffer);
        _call.Post(result.Succeeded ? new CallInput.MediaReserved(result.Sdp!) : CallMedia.Refused(CallLeg.WhatsApp, result));
    }

    private async Task ApplyWhatsAppAnswerAsync(string sdp)
    {
        if (!_media.IsReserved)
            return; // the call has ended
        var result = await _media.ApplyWhatsAppAnswerAsync(sdp);
        _call.Post(result.Succeeded ? new CallInput.WhatsAppAnswerApplied() : CallMedia.Refused(CallLeg.WhatsApp, result));
    }
}
