using System.Globalization;
using Gateway.Sip.Messages;
using Gateway.Sip.Transactions;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Dialogs;

/// <summary>
/// The beginning of a call we place (RFC 3261 §13.2): targets tried in turn, challenges, 422 and redirections answered, forks distinguished
/// by To tag, the first 2xx accepted and every other one acknowledged and hung up, CANCEL when it may be sent.
/// </summary>
internal sealed class OutgoingInvite(SessionCore session, SipInviteRequest call)
{
    /// <summary>Forks of one INVITE we follow; provisional responses of further ones are ignored, their 2xx is not.</summary>
    private const int MaxForks = 16;

    /// <summary>Challenges and 422s that one call answers before it gives up.</summary>
    private const int MaxRepairs = 4;

    private readonly OutgoingInviteWriter _writer = new(session, call);
    private readonly Dictionary<string, EarlyLeg> _early = [];

    /// <summary>ACKs sent, by To tag: a repeated 2xx gets its own again.</summary>
    private readonly Dictionary<string, (byte[] Ack, SipFlow Flow)> _acknowledged = [];
    private IReadOnlyList<SipFlow> _targets = [];
    private int _target;
    private int _repairs;
    private int _redirects;
    private readonly HashSet<string> _redirectedTo = [];
    private readonly Queue<(SipUri Uri, SipFlow Flow, bool IsProxy)> _contacts = [];
    private ClientTransaction? _transaction;
    private (EarlyLeg Leg, SipResponse Response)? _pendingAnswer;
    private IReadOnlyList<SipHeader>? _cancelHeaders;
    private bool _cancelSent;

    /// <summary>No final response was accepted yet.</summary>
    public bool IsPending { get; private set; } = true;

    /// <summary>They offered in a reliable 1xx or in the 2xx, and the owner has not answered yet.</summary>
    public bool HasPendingAnswer => _pendingAnswer is not null;

    public void Start(Instant now)
    {
        session.LocalSdp = call.Sdp;
        _targets = call.Phone is { } phone ? [phone.Flow] : session.Trunk.OrderTargets(now);
        if (_targets.Count == 0)
            Fail(503, "No address for the trunk's server", null, now);
        else
            SendInvite(now);
    }

    public bool Owns(ClientTransaction transaction) =>
        transaction.Request.Method == SipMethod.Invite && transaction.Request.CSeq.Number <= _writer.Sequence;

    public Dialog? FindEarly(string remoteTag) => IsPending && _early.TryGetValue(remoteTag, out var leg) ? leg.Dialog : null;

    /// <summary>A phone that rings.</summary>
    public Dialog? AnyEarly => IsPending ? _early.Values.FirstOrDefault()?.Dialog : null;

    /// <summary>The owner has answered an UPDATE of this fork's.</summary>
    public void ChangeEarly(Dialog dialog, string sdp)
    {
        if (IsPending && _early.TryGetValue(dialog.RemoteTag, out var leg))
            leg.Change(sdp);
    }

    public void HandleResponse(ClientTransaction transaction, SipResponse response, Instant now)
    {
        if (response.IsSuccess)
            HandleSuccess(response, transaction.Flow, now);
        else if (transaction != _transaction)
            return;
        else if (response.IsProvisional && _cancelHeaders is not null)
            SendCancel(now);
        else if (!IsPending)
            return;
        else if (response.IsProvisional)
            HandleProvisional(response, now);
        else
            HandleFailure(response, now);
    }

    public void HandleFailure(ClientTransaction transaction, TransactionFailure failure, Instant now)
    {
        if (!IsPending || transaction != _transaction) // or it is the ACK to an earlier refusal that cannot be sent
            return;
        session.Trunk.MarkFailed(_targets[_target], now);
        if (_cancelHeaders is null && (TryNextTarget(now) || TryNextContact(now)))
            return;
        var (status, phrase) = failure == TransactionFailure.Timeout
            ? (408, "No response") : (503, _transaction?.FailureReason ?? "Unreachable");
        Fail(status, phrase, null, now);
    }

    /// <summary>Any 2xx to the INVITE, by whatever fork and however late.</summary>
    public void HandleSuccess(SipResponse response, SipFlow flow, Instant now)
    {
        var tag = response.ToTag;
        if (_acknowledged.TryGetValue(tag, out var sent))
        {
            session.Context.Layer.Context.SendRequest(sent.Flow, sent.Ack);
            return;
        }
        if (_pendingAnswer is { } pending && pending.Response.IsSuccess && pending.Leg.Dialog.RemoteTag == tag)
            return; // repeated while the owner thinks about its answer
        if (_acknowledged.Count >= MaxForks)
            return;

        var leg = FindLeg(response) ?? new EarlyLeg(CreateDialog(response, flow));
        leg.Dialog.RefreshFromResponse(response, session.Context.Local);
        if (session.IsOver || !IsPending)
        {
            IsPending &= IsOfEarlier(response);
            AckAndBye(leg.Dialog, response.CSeq.Number, now);
            return;
        }
        Establish(leg, response, now);
    }

    /// <summary>The owner's answer to an offer in a reliable 1xx (sent in PRACK) or in the 2xx (sent in ACK).</summary>
    public void AcceptOffer(string sdp, Instant now)
    {
        if (_pendingAnswer is not var (leg, response))
            return;
        _pendingAnswer = null;
        session.LocalSdp = sdp;
        if (response.IsSuccess)
            SendAck(leg.Dialog, response.CSeq.Number, sdp);
        else
            leg.SendPrack(session, response, sdp, now);
    }

    /// <summary>The call ends while the peer waits for our answer in ACK: it gets an ACK without one, and the BYE after that.</summary>
    public void AbandonAnswer()
    {
        if (_pendingAnswer is not var (leg, response))
            return;
        _pendingAnswer = null;
        if (response.IsSuccess)
            SendAck(leg.Dialog, response.CSeq.Number, null);
    }

    /// <summary>RFC 3261 §9.1: not before a provisional response, not after a final one.</summary>
    public void Cancel(SipReason? reason, IReadOnlyList<(string Name, string Value)>? headers, Instant now)
    {
        if (!IsPending || _cancelHeaders is not null)
            return;
        _pendingAnswer = null;
        _cancelHeaders = session.Trunk.HeadersOf(reason, headers);
        if (_transaction is { IsProceeding: true })
            SendCancel(now);
    }

    /// <summary>The call is forgotten, and with it an INVITE that never got a final response.</summary>
    public void Forget()
    {
        if (_transaction is not null)
            session.Context.Layer.Clients.Forget(_transaction);
    }

    public void HandleDeadline(Instant now)
    {
        if (!session.Deadlines.TryTakeDue(SessionDeadline.CancelledInvite, now) || _transaction is not { IsProceeding: true })
            return;
        IsPending = false; // the INVITE is considered cancelled (§9.1)
        session.Context.Layer.Clients.Forget(_transaction);
    }

    private void HandleProvisional(SipResponse response, Instant now)
    {
        if (response.StatusCode == 100 || FindOrAddLeg(response) is not { } leg)
            return;
        var sdp = SdpBody.Of(response);
        var isReliable = EarlyLeg.IsReliable(response);
        if (isReliable && !leg.TryTakeReliable(response))
            return;
        if (leg.IsChanged || (call.Sdp is null && (!isReliable || leg.HasOffered)))
            sdp = null; // an offer may only come in the first reliable message (RFC 3261 §13.2.1)
        var isOffer = sdp is not null && call.Sdp is null;
        leg.Take(sdp, isReliable, isOffer);
        session.RemoteSdp = leg.ReliableSdp;
        if (isOffer)
            _pendingAnswer = (leg, response);
        else if (isReliable)
            leg.SendPrack(session, response, null, now);
        if (leg.IsNews(response.StatusCode, sdp))
            session.Emit(new SipCallEvent.Provisional(response.StatusCode, sdp, isOffer));
    }

    private void HandleFailure(SipResponse response, Instant now)
    {
        if (_cancelHeaders is not null)
        {
            IsPending = false;
            return;
        }
        if (_repairs < MaxRepairs && TryRepair(response, now))
            return;
        if (response.StatusCode == 503)
        {
            session.Trunk.MarkFailed(_targets[_target], now);
            if (TryNextTarget(now))
                return;
        }
        if (response.StatusCode < 400)
            AddContacts(response);
        if (response.StatusCode < 600 && TryNextContact(now))
            return;
        Fail(response.StatusCode, response.ReasonPhrase, session.Trunk.ReadReason(response), now);
    }

    /// <summary>True: the INVITE was sent again in a form that the peer asked for.</summary>
    private bool TryRepair(SipResponse response, Instant now)
    {
        var accepted = response.StatusCode switch
        {
            401 or 407 => _writer.TryAuthorize(_transaction!.Request, response),
            422 => _writer.TryRaiseSessionExpires(response),
            _ => false,
        };
        if (!accepted)
            return false;
        _repairs++;
        SendInvite(now);
        return true;
    }

    /// <summary>
    /// The Contacts of a 3xx in the order of their q (RFC 3261 §8.1.3.4), those that lead out of the trunk or were tried already left out.
    /// They come before what an earlier redirection left.
    /// </summary>
    private void AddContacts(SipResponse response)
    {
        if (response.StatusCode is not (300 or 301 or 302 or 305))
            return;
        var left = _contacts.ToArray();
        _contacts.Clear();
        foreach (var contact in response.Addresses("Contact").OrderByDescending(Preference))
        {
            var uri = contact.Uri with { EscapedHeaders = "" };
            if (uri.IsSip && session.Trunk.FlowTo(uri, session.Context.Local) is { } flow && _redirectedTo.Add(uri.ToString()))
                _contacts.Enqueue((uri, flow, response.StatusCode == 305));
        }
        foreach (var contact in left)
            _contacts.Enqueue(contact);
    }

    private bool TryNextContact(Instant now)
    {
        if (_redirects >= session.Trunk.Options.MaxRedirects || !_contacts.TryDequeue(out var contact))
            return false;
        _redirects++;
        if (!contact.IsProxy) // 305 names a way, not another callee
            _writer.Redirect(contact.Uri);
        _targets = [contact.Flow];
        _target = 0;
        SendInvite(now);
        return true;
    }

    private static double Preference(NameAddr contact) =>
        double.TryParse(contact.Parameters["q"], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var q) ? q : 1;

    private bool TryNextTarget(Instant now)
    {
        if (_target + 1 >= _targets.Count)
            return false;
        _target++;
        SendInvite(now);
        return true;
    }

    private void SendInvite(Instant now)
    {
        _early.Clear();
        _pendingAnswer = null;
        var flow = _targets[_target];
        var trunk = session.Trunk;
        _transaction = session.Context.Layer.Clients.Send(
            _writer.Create(flow), flow, session, now, trunk.Options.RequestTimeout, trunk.MayLeaveByTcp);
        session.Reschedule();
    }

    private void Establish(EarlyLeg leg, SipResponse response, Instant now)
    {
        var sdp = leg.IsChanged ? leg.ReliableSdp : SdpBody.Of(response);
        var isOffer = call.Sdp is null && !leg.HasOffered;
        if (!isOffer)
            sdp ??= leg.AgreedSdp;
        if (IsOfEarlier(response))
            Cancel(sdp is null ? null : SipReason.Sip(200, "Call completed elsewhere"), null, now);
        IsPending = false;
        session.Dialog = leg.Dialog;
        _early.Clear();
        if (sdp is null)
        {
            AckAndBye(leg.Dialog, response.CSeq.Number, now);
            session.Finish(new SipCallEvent.Failed(488, "No session description in 2xx", null), now);
            return;
        }

        session.RemoteSdp = sdp;
        if (isOffer)
            _pendingAnswer = (leg, response);
        else
            SendAck(leg.Dialog, response.CSeq.Number, null);
        SessionTimerNegotiation.Take(response, session, now);
        session.Emit(new SipCallEvent.Answered(leg.HasOffered || leg.IsChanged ? null : sdp, isOffer, SipPartyReader.Answerer(response)));
    }

    /// <summary>It answers an INVITE after which the next server, or another callee, was tried.</summary>
    private bool IsOfEarlier(SipResponse response) => response.CSeq.Number < _writer.Sequence;

    private void Fail(int status, string phrase, SipReason? reason, Instant now)
    {
        IsPending = false;
        session.Finish(new SipCallEvent.Failed(status, phrase, reason), now);
    }

    /// <summary>A phone that answers as it is cancelled learns from the BYE what the CANCEL says: that another has answered.</summary>
    private void AckAndBye(Dialog dialog, uint sequence, Instant now)
    {
        SendAck(dialog, sequence, null);
        var bye = session.CreateBye(dialog, null, null);
        foreach (var (name, value) in _cancelHeaders ?? [])
            bye.Headers.Add(name, value);
        session.Send(bye, dialog, now);
        session.Remember(now);
    }

    private void SendAck(Dialog dialog, uint sequence, string? sdp)
    {
        var ack = dialog.CreateAck(sequence);
        _writer.CopyCredentials(ack);
        session.Context.AddCommonHeaders(ack);
        SdpBody.Set(ack, sdp);
        _acknowledged[dialog.RemoteTag] = (session.Context.Layer.SendAck(ack, dialog.Flow), dialog.Flow);
    }

    private void SendCancel(Instant now)
    {
        if (_cancelSent)
            return;
        _cancelSent = true;
        session.Context.Layer.Clients.Cancel(_transaction!, _cancelHeaders!, session, now);
        var givenUpAt = now + session.Context.Timers.TransactionTimeout;
        session.Deadlines[SessionDeadline.CancelledInvite] = givenUpAt;
        session.Remember(givenUpAt);
    }

    private EarlyLeg? FindOrAddLeg(SipResponse response)
    {
        if (FindLeg(response) is { } known)
            return known;
        if (_early.Count >= MaxForks)
            return null;
        var leg = new EarlyLeg(CreateDialog(response, _transaction!.Flow));
        _early.Add(response.ToTag, leg);
        return leg;
    }

    /// <summary>The fork that a response is of. What came without a tag is of the first that is named: such a peer does not fork.</summary>
    private EarlyLeg? FindLeg(SipResponse response)
    {
        if (_early.TryGetValue(response.ToTag, out var leg) || !_early.Remove("", out leg))
            return leg;
        leg.Dialog.TakeTag(response);
        _early.Add(response.ToTag, leg);
        return leg;
    }

    private Dialog CreateDialog(SipResponse response, SipFlow flow) =>
        Dialog.FromResponse(session.Trunk, _transaction!.Request, response, flow, session.Context.Local);
}
