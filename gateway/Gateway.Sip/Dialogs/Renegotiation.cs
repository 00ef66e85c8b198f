using Gateway.Sip.Messages;
using Gateway.Sip.Transactions;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Dialogs;

/// <summary>
/// Changes and refreshes of a running session, both directions: re-INVITE (RFC 3261 §14), UPDATE (RFC 3311), session refresh (RFC 4028),
/// and the glare between them (491).
/// </summary>
internal sealed class Renegotiation(SessionCore session, Acknowledgement acknowledgement)
{
    /// <summary>A second INVITE before the first is answered gets 500 with a Retry-After of at most 10 s (RFC 3261 §14.2).</summary>
    private static readonly TimeSpan LongestOfferDelay = TimeSpan.FromSeconds(10);

    private const int MaxOfferRetries = 3;

    // What we asked for.
    private ClientTransaction? _ours;
    private ClientTransaction? _last;
    private string? _offered;
    private bool _isRefresh;
    private int _retries;
    private readonly RefreshSchedule _refresh = new(session);
    private (uint Sequence, byte[] Ack, SipFlow Flow) _acknowledged;

    // What they asked for.
    private ServerTransaction? _theirs;
    private SipParty? _connected;
    private Dialog? _theirDialog;

    private DeadlineTable<SessionDeadline> Deadlines => session.Deadlines;

    /// <summary>A re-INVITE with our offer; waits when another INVITE is under way.</summary>
    public void Offer(string sdp, Instant now)
    {
        if (session.IsOver || !session.IsConfirmed || _ours is not null || _theirs is not null || acknowledgement.HasPendingAnswer)
        {
            session.Emit(new SipCallEvent.OfferRefused(491, ReasonPhrases.For(491)));
            return;
        }
        _offered = sdp;
        _isRefresh = false;
        _retries = 0;
        Try(now);
    }

    /// <summary>Keeps the session alive: UPDATE without a description, or a re-INVITE that changes nothing.</summary>
    public void Refresh(Instant now)
    {
        _refresh.Stop();
        if (_ours is not null || _theirs is not null || Deadlines.IsSet(SessionDeadline.OfferRetry) || acknowledgement.IsAwaited)
        {
            _refresh.RetryAfterRefusal(null, now); // what is under way may refresh as well, or fail
            return;
        }
        _offered = _refresh.ByUpdate ? null : session.LocalSdp;
        _isRefresh = true;
        Try(now);
    }

    /// <summary>False: not a transaction of ours.</summary>
    public bool HandleResponse(ClientTransaction transaction, SipResponse response, Instant now)
    {
        var isInvite = transaction.Request.Method == SipMethod.Invite;
        if (!isInvite && transaction != _ours)
            return false;
        if (response.IsSuccess)
            HandleSuccess(transaction, response, isInvite, now);
        else if (transaction == _ours)
            HandleRefusal(response, now);
        return true;
    }

    /// <summary>False: not a transaction of ours.</summary>
    public bool HandleFailure(ClientTransaction transaction, TransactionFailure failure, Instant now)
    {
        if (transaction != _ours)
            return false;
        _ours = null;
        if (failure == TransactionFailure.Timeout)
            session.LoseDialog(now);
        else if (_isRefresh)
            _refresh.RetryAfterRefusal(null, now); // as after a 503 (RFC 3261 §8.1.3.1)
        else
            session.Emit(new SipCallEvent.OfferRefused(503, ReasonPhrases.For(503)));
        return true;
    }

    /// <summary>The same request was sent again with credentials.</summary>
    public void Replace(ClientTransaction challenged, ClientTransaction again)
    {
        if (_ours == challenged)
            _last = _ours = again;
    }

    public void HandleRequest(ServerTransaction transaction, Dialog dialog, Instant now)
    {
        var request = transaction.Request;
        var isInvite = request.Method == SipMethod.Invite;
        var sdp = SdpBody.Of(request);
        if (SipPartyReader.Connected(request) is { } connected && connected != _connected)
            session.Emit(new SipCallEvent.IdentityChanged(_connected = connected));
        if (_theirs is not null || (isInvite && !session.IsConfirmed) || (sdp is not null && session.LocalSdp is null))
            session.Respond(transaction, 500, now, ("Retry-After", session.Context.RandomSeconds(10)));
        else if ((_ours is not null && (isInvite || sdp is not null)) || acknowledgement.HasPendingAnswer
            || (sdp is not null && session.RemoteSdp is null))
            session.Respond(transaction, 491, now);
        else if (SessionTimerNegotiation.IsTooSmall(request, session.Trunk))
            session.Respond(transaction, 422, now, SessionTimerNegotiation.MinimumHeader(session.Trunk));
        else if (!isInvite && sdp is null)
            SendSuccess(transaction, dialog, null, now);
        else if (sdp is not null && sdp == session.RemoteSdp)
            SendSuccess(transaction, dialog, session.LocalSdp, now);
        else
        {
            _theirs = transaction;
            _theirDialog = dialog;
            Deadlines[SessionDeadline.OwnersAnswer] = now + session.Context.Timers.TransactionTimeout;
            session.Emit(new SipCallEvent.OfferReceived(sdp));
        }
    }

    /// <summary>Our answer, or the offer they asked for.</summary>
    public void Accept(string sdp, Instant now)
    {
        if (Take() is not var (transaction, dialog))
            return;
        session.LocalSdp = sdp;
        if (SdpBody.Of(transaction.Request) is { } offer)
        {
            session.RemoteSdp = offer;
            session.ChangeEarly(dialog, offer);
        }
        SendSuccess(transaction, dialog, sdp, now);
    }

    public void Reject(int status, Instant now, IReadOnlyList<(string Name, string Value)>? headers = null)
    {
        if (Take() is var (transaction, _))
            session.Respond(transaction, status is >= 300 and < 700 ? status : 488, now, [.. headers ?? []]);
    }

    /// <summary>CANCEL of their re-INVITE: the session stays as it was.</summary>
    public void HandleCancel(ServerTransaction invite, Instant now)
    {
        if (_theirs == invite)
            Reject(487, now);
    }

    /// <summary>The session is over.</summary>
    public void Abandon(Instant now)
    {
        Deadlines.Clear(SessionDeadline.OfferRetry);
        Deadlines.Clear(SessionDeadline.PeersAnswer);
        _refresh.Stop();
        _ours = null;
        Reject(487, now);
    }

    /// <summary>The call is forgotten, and with it a re-INVITE that never got a final response.</summary>
    public void Forget()
    {
        if (_last is not null)
            session.Context.Layer.Clients.Forget(_last);
    }

    public void HandleDeadline(Instant now)
    {
        if (Deadlines.IsDue(SessionDeadline.OwnersAnswer, now))
            Reject(500, now);
        if (Deadlines.TryTakeDue(SessionDeadline.PeersAnswer, now))
            GiveUp(now);
        if (Deadlines.TryTakeDue(SessionDeadline.OfferRetry, now))
            Try(now);
        if (Deadlines.TryTakeDue(SessionDeadline.RefreshRetry, now))
            Refresh(now);
    }

    private void Try(Instant now)
    {
        Deadlines.Clear(SessionDeadline.OfferRetry);
        if (acknowledgement.IsAwaited)
        {
            Deadlines[SessionDeadline.OfferRetry] = now + GlareDelay();
            return;
        }
        var dialog = session.Dialog!;
        var request = dialog.CreateRequest(_offered is null ? SipMethod.Update : SipMethod.Invite);
        request.Headers.Add("Contact", session.ContactFor(dialog.Flow));
        session.Trunk.AddAbilities(request, session.Context.Capabilities);
        if (session.Timer.Interval > TimeSpan.Zero)
            request.Headers.Add(SessionExpires.Name, session.Timer.ToHeader());
        SdpBody.Set(request, _offered);
        _last = _ours = session.Send(request, now);
        Deadlines[SessionDeadline.PeersAnswer] = now + session.Context.Timers.TransactionTimeout * 2;
    }

    /// <summary>Provisional responses and nothing else: cancelled, so that the session can be changed again.</summary>
    private void GiveUp(Instant now)
    {
        if (_ours is not { IsProceeding: true } pending)
            return;
        _ours = null;
        if (pending.Request.Method == SipMethod.Invite)
            session.Context.Layer.Clients.Cancel(pending, [], session, now);
        if (_isRefresh)
            _refresh.RetryAfterRefusal(null, now);
        else
            session.Emit(new SipCallEvent.OfferRefused(408, ReasonPhrases.For(408)));
    }

    private void HandleSuccess(ClientTransaction transaction, SipResponse response, bool isInvite, Instant now)
    {
        if (isInvite && _acknowledged.Sequence == response.CSeq.Number)
        {
            session.Context.Layer.Context.SendRequest(_acknowledged.Flow, _acknowledged.Ack);
            return;
        }
        var dialog = session.Dialog!;
        dialog.RefreshTarget(response, dialog.Flow, session.Context.Local);
        if (isInvite)
            SendAck(dialog, transaction.Request, response.CSeq.Number);
        if (transaction != _ours)
            return;
        _ours = null;
        SessionTimerNegotiation.Take(response, session, now);
        _refresh.Succeeded();
        if (_offered is null || SdpBody.Of(response) is not { } answer)
            return;
        session.LocalSdp = _offered;
        var isNews = answer != session.RemoteSdp;
        session.RemoteSdp = answer;
        if (isNews || !_isRefresh)
            session.Emit(new SipCallEvent.AnswerReceived(answer));
    }

    private void HandleRefusal(SipResponse response, Instant now)
    {
        var request = _ours!.Request;
        _ours = null;
        switch (response.StatusCode)
        {
            case 408 or 481:
                session.LoseDialog(now);
                break;
            case 422 when response.Number("Min-SE") is { } seconds && TimeSpan.FromSeconds(seconds) > session.Timer.Interval:
                session.Timer.Lengthen(TimeSpan.FromSeconds(seconds));
                Try(now);
                break;
            case 491 when !_isRefresh:
                Deadlines[SessionDeadline.OfferRetry] = now + GlareDelay();
                break;
            case 491:
                _refresh.RetryAt(now + GlareDelay());
                break;
            case 405 or 415 or 420 or 488 or 501 or 606 when _isRefresh && _refresh.TryOtherMethod(request.Method, response.StatusCode):
                Refresh(now);
                break;
            default:
                HandleOtherRefusal(response, now);
                break;
        }
    }

    /// <summary>
    /// The session lives on until its timer runs out (RFC 4028 §7.4, RFC 3261 §14.1); what may succeed later is tried again.
    /// </summary>
    private void HandleOtherRefusal(SipResponse response, Instant now)
    {
        var wait = RetryAfter.Of(response);
        if (_isRefresh)
            _refresh.RetryAfterRefusal(wait, now);
        else if (response.StatusCode is 500 or 503 && wait <= LongestOfferDelay && _retries++ < MaxOfferRetries)
            Deadlines[SessionDeadline.OfferRetry] = now + wait.Value;
        else
            session.Emit(new SipCallEvent.OfferRefused(response.StatusCode, response.ReasonPhrase));
    }

    /// <summary>RFC 3261 §14.1: 2.1 to 4 s for the owner of the Call-ID, 0 to 2 s for the other, in steps of 10 ms.</summary>
    private TimeSpan GlareDelay()
    {
        var random = session.Context.Entropy.NextUInt32();
        var steps = session.Info.Direction == SipCallDirection.Outgoing ? 210 + random % 191 : random % 201;
        return TimeSpan.FromMilliseconds(10 * steps);
    }

    private void SendSuccess(ServerTransaction transaction, Dialog dialog, string? sdp, Instant now)
    {
        var request = transaction.Request;
        dialog.RefreshTarget(request, transaction.Flow, session.Context.Local);
        var response = session.Context.CreateResponse(request, 200, session.LocalTag);
        response.Headers.Add("Contact", session.ContactFor(transaction.Flow));
        session.Trunk.AddAbilities(response, session.Context.Capabilities);
        if (session.IsConfirmed)
        {
            SessionTimerNegotiation.Grant(request, response, session, now);
            if (session.Timer.Interval > TimeSpan.Zero)
                _refresh.Succeeded(); // their request has refreshed the session; one that says nothing of timers leaves ours to come
        }
        SdpBody.Set(response, sdp);
        session.Context.Layer.Servers.Respond(transaction, response, now);
        if (request.Method == SipMethod.Invite)
            acknowledgement.Await(transaction, carriesOffer: SdpBody.Of(request) is null, now);
    }

    private void SendAck(Dialog dialog, SipRequest invite, uint sequence)
    {
        var ack = dialog.CreateAck(sequence);
        foreach (var name in (ReadOnlySpan<string>)["Authorization", "Proxy-Authorization"])
            ack.Headers.CopyFrom(invite.Headers, name);
        session.Context.AddCommonHeaders(ack);
        _acknowledged = (sequence, session.Context.Layer.SendAck(ack, dialog.Flow), dialog.Flow);
    }

    private (ServerTransaction Transaction, Dialog Dialog)? Take()
    {
        if (_theirs is null)
            return null;
        var taken = (_theirs, _theirDialog!);
        _theirs = null;
        _theirDialog = null;
        Deadlines.Clear(SessionDeadline.OwnersAnswer);
        return taken;
    }
}
