using Gateway.Sip.Messages;
using Gateway.Sip.Transactions;
using Gateway.Sip.Trunks;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Dialogs;

/// <summary>
/// One INVITE usage from its first message to its last, owned by one loop. What is particular to its
/// beginning is in <see cref="OutgoingInvite"/> or <see cref="IncomingInvite"/>, changes of a running session are in
/// <see cref="Renegotiation"/>. It is remembered for 64·T1 after its end, so that a late 2xx is still acknowledged and hung up (RFC 3261
/// §13.2.2.4).
/// </summary>
public sealed class InviteSession : SessionCore, IHasDeadline
{
    private readonly ISessionOwner _owner;
    private readonly OutgoingInvite? _outgoing;
    private readonly IncomingInvite? _incoming;
    private readonly Acknowledgement _acknowledgement;
    private readonly Renegotiation _renegotiation;
    private readonly Referral _referral;
    private readonly SipSessionSnapshot? _saved;
    private ClientTransaction? _bye;
    private bool _wasSettled;

    /// <summary>An outgoing call.</summary>
    internal InviteSession(
        ISessionOwner owner, UserAgentCore context, Trunk trunk, SipInviteRequest call, SipCallInfo info, string localTag)
        : this(owner, context, trunk, info, localTag) =>
        (_outgoing, PhoneAddress) = (new OutgoingInvite(this, call), call.Phone?.Flow.Remote ?? default);

    /// <summary>An incoming call.</summary>
    internal InviteSession(
        ISessionOwner owner, UserAgentCore context, Trunk trunk, ServerTransaction invite, SipCallInfo info, string localTag,
        InviteSession? replaces)
        : this(owner, context, trunk, info, localTag)
    {
        (Replaces, PhoneAddress) = (replaces, info.Phone is null ? default : invite.Flow.Remote);
        _incoming = new IncomingInvite(this, _acknowledgement, invite, replaces);
    }

    /// <summary>An answered call of another process.</summary>
    internal InviteSession(ISessionOwner owner, UserAgentCore context, Trunk trunk, SipSessionSnapshot saved, Dialog dialog)
        : this(owner, context, trunk, saved.ToInfo(dialog), dialog.Local.Tag ?? "") =>
        (_saved, Dialog, LocalSdp, RemoteSdp, PhoneAddress) =
            (saved, dialog, saved.LocalSdp, saved.RemoteSdp, saved.Phone is null ? default : dialog.Flow.Remote);

    private InviteSession(ISessionOwner owner, UserAgentCore context, Trunk trunk, SipCallInfo info, string localTag)
        : base(context, trunk, info, localTag)
    {
        _owner = owner;
        _acknowledgement = new Acknowledgement(this);
        _renegotiation = new Renegotiation(this, _acknowledgement);
        _referral = new Referral(this);
    }

    /// <summary>The call that this incoming INVITE replaces (RFC 3891), else null. Answering this one hangs that one up.</summary>
    public InviteSession? Replaces { get; }

    /// <summary>Nothing can arrive any more that would need an answer from this call.</summary>
    public bool IsForgotten { get; private set; }

    /// <summary>
    /// It is over for the peer too: our INVITE has a final response, and our BYE an answer, or SIP waits for them no longer (64·T1, RFC
    /// 3261 §17.1). Until then the peer may still ring, or have answered for nobody.
    /// </summary>
    public bool IsSettled => IsOver && !OwesBye && UnansweredByes == 0 && _outgoing is not { IsPending: true };

    internal override bool IsConfirmed =>
        Dialog is not null && _outgoing is not { IsPending: true } && _incoming is not { IsPending: true };

    public Instant NextDeadline => Deadlines.Next;

    Instant IHasDeadline.ScheduledAt { get; set; } = Instant.Never;

    // ---- what the owner asks for ----

    internal void Start(Instant now)
    {
        _outgoing?.Start(now);
        if (_saved is { Interval: > 0 } saved)
            Timer.Start(TimeSpan.FromSeconds(saved.Interval), saved.WeRefresh, now);
    }

    public void Provisional(int status, string? sdp, Instant now) => _incoming?.Provisional(status, sdp, now);

    public void Answer(string sdp, Instant now) => _incoming?.Answer(sdp, now);

    public void Reject(int status, string? phrase, SipReason? reason, IReadOnlyList<(string Name, string Value)>? headers, Instant now)
    {
        if (_incoming is { IsPending: true })
            _incoming.Reject(status, phrase, reason, headers, new SipCallEvent.Ended(SipCallEnd.Local, reason), now);
    }

    public void AcceptOffer(string sdp, Instant now)
    {
        if (_outgoing is { HasPendingAnswer: true })
            _outgoing.AcceptOffer(sdp, now);
        else
            _renegotiation.Accept(sdp, now);
    }

    public void RejectOffer(int status, Instant now, IReadOnlyList<(string Name, string Value)>? headers = null)
    {
        if (_outgoing is { HasPendingAnswer: true })
            HangUp(SipReason.Sip(status), headers, SipCallEnd.Local, now);
        else
            _renegotiation.Reject(status, now, headers);
    }

    public void Offer(string sdp, Instant now) => _renegotiation.Offer(sdp, now);

    public void SendDigit(char digit, TimeSpan duration, Instant now)
    {
        if (IsOver || !IsConfirmed)
            return;
        var info = Dialog!.CreateRequest(SipMethod.Info);
        DigitInfo.Write(info, Trunk.Profile.DtmfInfoBody, digit, duration);
        Send(info, now);
    }

    /// <summary>
    /// The snapshot that ends this call at the peer without us; null while it has no dialog that a BYE of ours may end (RFC 3261 §15).
    /// </summary>
    public SipDialogSnapshot? Snapshot()
    {
        var dialog = IsOver ? null : IsConfirmed ? Dialog : _outgoing?.AnyEarly;
        return dialog?.ToSnapshot(Trunk.Options.Name);
    }

    /// <summary>The snapshot from which another process goes on with this call; null before its answer and after its end.</summary>
    public SipSessionSnapshot? Save() => IsOver || !IsConfirmed ? null : SipSessionSnapshot.Of(this, Dialog!);

    public void NotifyTransfer(int status, string phrase, Instant now) => _referral.Notify(status, phrase, now);

    public override void HangUp(SipReason? reason, IReadOnlyList<(string Name, string Value)>? headers, SipCallEnd by, Instant now)
    {
        if (IsOver)
            return;
        if (_incoming is { IsPending: true })
        {
            _incoming.Reject(480, null, reason, headers, new SipCallEvent.Ended(by, reason), now);
            return;
        }
        if (_outgoing is { IsPending: true })
        {
            _outgoing.Cancel(reason, headers, now);
            Finish(new SipCallEvent.Failed(487, ReasonPhrases.For(487), reason), now);
            return;
        }
        _outgoing?.AbandonAnswer();
        EndDialog(new SipCallEvent.Ended(by, reason), reason, headers, now);
    }

    // ---- what arrives ----

    internal void HandleRequest(ServerTransaction transaction, Instant now)
    {
        var request = transaction.Request;
        var dialog = FindDialog(request.FromTag);
        if (dialog is null || (IsOver && request.Method != SipMethod.Bye))
        {
            Respond(transaction, 481, now);
            return;
        }
        if (!dialog.TryAdvance(request.CSeq))
        {
            Respond(transaction, 500, now, ("Retry-After", Context.RandomSeconds(10)));
            return;
        }
        switch (request.Method.Name)
        {
            case "BYE":
                HandleBye(transaction, now);
                break;
            case "INVITE" or "UPDATE":
                _renegotiation.HandleRequest(transaction, dialog, now);
                break;
            case "PRACK" when _incoming is not null:
                _incoming.HandlePrack(transaction, now);
                break;
            case "INFO":
                DigitInfo.Handle(this, transaction, now);
                break;
            case "REFER":
                _referral.HandleRequest(transaction, now);
                break;
            case "OPTIONS":
                Respond(transaction, 200, now, ("Contact", ContactFor(transaction.Flow)), ("Allow", Context.Capabilities.Allow),
                    ("Accept", Context.Capabilities.Accept), ("Supported", Context.Capabilities.Supported));
                break;
            default:
                Respond(transaction, 481, now);
                break;
        }
    }

    internal void HandleCancel(ServerTransaction invite, SipReason? reason, Instant now)
    {
        if (_incoming is { IsPending: true } && _incoming.Transaction == invite)
            _incoming.Cancelled(reason, now);
        else
            _renegotiation.HandleCancel(invite, now);
    }

    internal void HandleAck(SipRequest ack, Instant now) => _acknowledgement.HandleAck(ack, now);

    internal void HandleStraySuccess(SipResponse response, SipFlow flow, Instant now) => _outgoing?.HandleSuccess(response, flow, now);

    internal void HandleServerFailure(ServerTransaction transaction, Instant now)
    {
        if (_incoming is { IsPending: true } && _incoming.Transaction == transaction)
            Finish(new SipCallEvent.Ended(SipCallEnd.DialogLost, null), now);
    }

    internal override void HandleResponse(ClientTransaction transaction, SipResponse response, Instant now)
    {
        TakeResponse(transaction, response, now);
        Reschedule();
    }

    internal override void HandleFailure(ClientTransaction transaction, TransactionFailure failure, Instant now)
    {
        if (_outgoing is not null && _outgoing.Owns(transaction))
            _outgoing.HandleFailure(transaction, failure, now);
        else if (transaction.Request.Method == SipMethod.Bye)
            UnansweredByes--;
        else if (!_referral.HandleFinal(transaction, now) && !_renegotiation.HandleFailure(transaction, failure, now)
            && transaction.Request.Method == SipMethod.Info)
            LoseDialog(now);
        Reschedule();
    }

    internal void HandleDeadline(Instant now)
    {
        _outgoing?.HandleDeadline(now);
        _incoming?.HandleDeadline(now);
        _acknowledgement.HandleDeadline(now);
        _renegotiation.HandleDeadline(now);
        switch (Timer.HandleDeadline(now))
        {
            case SessionTimerAction.Refresh:
                _renegotiation.Refresh(now);
                break;
            case SessionTimerAction.Expire:
                HangUp(SipReason.Sip(408, "Session expired"), null, SipCallEnd.SessionExpired, now);
                break;
        }
        if (!Deadlines.IsDue(SessionDeadline.Forget, now))
            return;
        IsForgotten = true;
        _outgoing?.Forget();
        _renegotiation.Forget();
        Settle();
    }

    // ---- what the parts share ----

    internal override void ChangeEarly(Dialog dialog, string sdp) => _outgoing?.ChangeEarly(dialog, sdp);

    internal override void Reschedule()
    {
        _owner.Reschedule(this);
        if (IsSettled)
            Settle();
    }

    internal override void Emit(SipCallEvent callEvent)
    {
        if (!IsOver)
            _owner.Emit(this, callEvent);
    }

    internal override void Finish(SipCallEvent last, Instant now)
    {
        if (IsOver)
            return;
        Emit(last);
        IsOver = true;
        Timer.Stop();
        _renegotiation.Abandon(now);
        Remember(now);
    }

    internal override void Remember(Instant now)
    {
        if (IsOver)
            Deadlines[SessionDeadline.Forget] = now + Context.Timers.TransactionTimeout + Context.Timers.T4;
    }

    private void Settle()
    {
        if (!_wasSettled)
            _owner.Settle(this);
        _wasSettled = true;
    }

    /// <summary>
    /// The end without a BYE: another process has the dialog. One that was sent is not repeated. An INVITE without final response, which no
    /// other process can cancel or go on with, is cancelled.
    /// </summary>
    public void Abandon(Instant now)
    {
        if (_outgoing is { IsPending: true })
            HangUp(null, null, SipCallEnd.Local, now);
        if (_bye is not null)
            Context.Layer.Clients.Forget(_bye);
        UnansweredByes = 0;
        _outgoing?.AbandonAnswer();
        _acknowledgement.Stop();
        _referral.Abandon();
        Finish(new SipCallEvent.Ended(SipCallEnd.Local, null), now);
    }

    /// <summary>BYE and the end. A callee may not say BYE before its 2xx was acknowledged (RFC 3261 §15), so it may have to wait.</summary>
    private void EndDialog(SipCallEvent last, SipReason? reason, IReadOnlyList<(string Name, string Value)>? headers, Instant now)
    {
        if (IsOver)
            return;
        if (_referral.IsReporting)
            _referral.Delay(reason, headers);
        else if (CreateBye(Dialog!, reason, headers) is var bye && !_acknowledgement.Delay(bye))
            _bye = Send(bye, now);
        Finish(last, now);
    }

    /// <summary>Our BYE waits for something: a BYE of the peer's makes it needless.</summary>
    internal bool OwesBye => _referral.IsReporting || _acknowledgement.IsAwaited;

    /// <summary>The peer's requests come from the trunk's sources, or from where the dialog's own requests go.</summary>
    internal bool Expects(string remoteTag, SipFlow source) =>
        Trunk.MatchSource(source) > 0 || FindDialog(remoteTag)?.Flow.Remote.Bits == source.Remote.Bits;

    internal bool HasDialog(string remoteTag) => FindDialog(remoteTag) is not null;

    private Dialog? FindDialog(string remoteTag)
    {
        if (Dialog is not null && Dialog.RemoteTag == remoteTag)
            return Dialog;
        return _outgoing?.FindEarly(remoteTag);
    }

    private void TakeResponse(ClientTransaction transaction, SipResponse response, Instant now)
    {
        Trunk.TakeNextNonce(transaction.Request, response);
        if (_outgoing is not null && _outgoing.Owns(transaction))
        {
            _outgoing.HandleResponse(transaction, response, now);
            return;
        }
        if (response.IsProvisional || transaction.Request.Method == SipMethod.Cancel)
            return;
        if (response.StatusCode is 401 or 407 && Trunk.Authorize(transaction.Request, response) is { } again)
        {
            SendAgain(transaction, again, now);
            return;
        }
        if (transaction.Request.Method == SipMethod.Bye)
            UnansweredByes--;
        if (_referral.HandleFinal(transaction, now))
            return;
        if (!_renegotiation.HandleResponse(transaction, response, now) && response.StatusCode is 408 or 481
            && transaction.Request.Method == SipMethod.Info)
            LoseDialog(now);
    }

    /// <summary>The challenged request once more, with credentials and the next sequence number (RFC 3261 §22.2).</summary>
    private void SendAgain(ClientTransaction challenged, SipRequest again, Instant now)
    {
        var dialog = FindDialog(again.ToTag); // null: the BYE to a fork that we did not want
        again.Headers["CSeq"] = new CSeq(dialog?.NextSequence() ?? again.CSeq.Number + 1, again.Method).ToString();
        var transaction = Context.Layer.Clients.Send(again, dialog?.Flow ?? challenged.Flow, this, now, mayLeaveByTcp: Trunk.MayLeaveByTcp);
        _renegotiation.Replace(challenged, transaction);
        _referral.Replace(challenged, transaction);
    }

    private void HandleBye(ServerTransaction transaction, Instant now)
    {
        Respond(transaction, 200, now);
        var reason = Trunk.ReadReason(transaction.Request);
        _incoming?.Cancelled(reason, now);
        _outgoing?.Cancel(null, null, now);
        _outgoing?.AbandonAnswer();
        _acknowledgement.Stop();
        _referral.Abandon();
        Finish(new SipCallEvent.Ended(SipCallEnd.Remote, reason), now);
    }
}

/// <summary>The user agent that calls belong to.</summary>
internal interface ISessionOwner
{
    void Emit(InviteSession session, SipCallEvent callEvent);

    /// <summary>Call after anything that may have moved the session's deadline.</summary>
    void Reschedule(InviteSession session);

    /// <summary>Nothing of it is left at the peer.</summary>
    void Settle(InviteSession session);
}
