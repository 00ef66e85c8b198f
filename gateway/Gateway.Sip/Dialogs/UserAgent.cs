using Gateway.Sip.Messages;
using Gateway.Sip.Registrar;
using Gateway.Sip.Transactions;
using Gateway.Sip.Trunks;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Dialogs;

/// <summary>
/// The whole SIP user agent without I/O: messages and deadlines in, <see cref="TryPollTransmit"/> and <see cref="TryPollEvent"/> out.
/// Requests find their call by Call-ID and our tag, new calls find their trunk by source address.
/// </summary>
public sealed class UserAgent : IServerTransactionUser, ISessionOwner, IAuthenticationUser
{
    private readonly Dictionary<(string CallId, string LocalTag), InviteSession> _sessions = [];
    private readonly DeadlineQueue<InviteSession> _deadlines = new();
    private readonly TrunkSet _trunks;
    private readonly Trunk? _phones;
    private readonly TransactionContext _transactions;
    private readonly UserAgentCore _core;
    private readonly Queue<UserAgentEvent> _events = new();
    private readonly TransactionLayer _layer;
    private readonly TimeSpan _retryAfter;

    /// <summary>Our tag in answers without a transaction: a repeated request must get the same (RFC 3261 §8.2.7).</summary>
    private readonly string _statelessTag;

    public UserAgent(TransactionContext transactions, TrunkSet trunks, string product, int maxCalls, TimeSpan retryAfter)
    {
        _transactions = transactions;
        _trunks = trunks;
        MaxCalls = maxCalls;
        _retryAfter = retryAfter;
        _statelessTag = transactions.NewTag();
        _layer = new TransactionLayer(transactions, this);
        _core = new UserAgentCore(_layer, product);
        _phones = trunks.Current.FirstOrDefault(trunk => trunk.Phones is not null);
        Registrar = _phones is null ? null : new SipRegistrar(_phones, _core);
    }

    /// <summary>Calls at one time; an INVITE beyond them is answered 503.</summary>
    public int MaxCalls { get; set; }

    public TransactionLayer Layer => _layer;

    public UserAgentCore Core => _core;

    /// <summary>Of the trunk whose peers are registered phones; null without one.</summary>
    public SipRegistrar? Registrar { get; }

    /// <summary>New calls and OPTIONS are answered 503; what runs goes on.</summary>
    public bool IsDraining { get; set; }

    /// <summary>Calls whose end was not reported to their owner yet.</summary>
    public int ActiveCalls { get; private set; }

    public IEnumerable<InviteSession> Sessions => _sessions.Values;

    public Instant NextDeadline => Instant.Min(
        Instant.Min(_layer.NextDeadline, _deadlines.NextDeadline), Registrar?.Contacts.NextDeadline ?? Instant.Never);

    public void HandleMessage(SipMessage message, SipFlow flow, Instant now)
    {
        if (message is SipResponse response)
        {
            if (ResponseValidator.IsForUs(response))
                _layer.HandleMessage(message, flow, now);
            else
                _transactions.Count(SipDrop.StrayResponse);
        }
        else if (message is SipRequest request)
            HandleRequest(request, flow, now);
    }

    private void HandleRequest(SipRequest request, SipFlow flow, Instant now)
    {
        var isRegistration = IsRegistration(request);
        if (!isRegistration && !IsExpected(request, flow))
        {
            _transactions.Count(SipDrop.UnknownSource);
            request.Headers.ReplaceFirst("Via", request.TopVia.StampSource(flow.Remote).ToString());
            _layer.Servers.Refuse(request, flow, 403);
            return;
        }
        (isRegistration ? _phones : FindTrunk(flow) ?? FindSession(request)?.Trunk)?.AskForResponsePort(request, flow.Remote);
        _layer.HandleMessage(request, flow, now);
    }

    /// <summary>Answers what is no proper message when there is a request in it, and its sender is one we know.</summary>
    public void HandleMalformed(SipParseError error, SipFlow flow)
    {
        if (FindTrunk(flow) is null)
            _transactions.Count(SipDrop.UnknownSource);
        else if (error.CreateResponse(_transactions.NewTag()) is { } response)
            _layer.Servers.RefuseMalformed(response, flow);
    }

    public void HandleTransportError(long transaction, Instant now, string? reason = null) =>
        _layer.HandleTransportError(transaction, now, reason);

    public void HandleDeadline(Instant now)
    {
        _layer.HandleDeadline(now);
        Registrar?.Contacts.HandleDeadline(now);
        while (_deadlines.TryTakeDue(now, out var session))
        {
            session.HandleDeadline(now);
            if (session.IsForgotten)
                ((ICollection<KeyValuePair<(string, string), InviteSession>>)_sessions).Remove(new(KeyOf(session), session));
            else
                session.Reschedule();
        }
    }

    public bool TryPollTransmit(out SipTransmit transmit) => _layer.TryPollTransmit(out transmit);

    public bool TryPollEvent(out UserAgentEvent happened)
    {
        if (!_events.TryDequeue(out happened))
            return false;
        if (happened.Event is SipCallEvent.Ended or SipCallEvent.Failed)
            ActiveCalls--;
        return true;
    }

    /// <summary>A session for a call that <see cref="Begin"/> will place.</summary>
    public InviteSession CreateCall(Trunk trunk, SipInviteRequest call)
    {
        var tag = _transactions.NewTag();
        var info = new SipCallInfo
        {
            CallId = _transactions.Entropy.NextHex(32),
            Direction = SipCallDirection.Outgoing,
            Trunk = trunk.Options.Name,
            From = call.Caller,
            To = new SipParty(call.TargetUser, Host: trunk.Domain),
            TargetUser = call.TargetUser,
            Phone = call.Phone?.User,
        };
        return new InviteSession(this, _core, trunk, call, info, tag);
    }

    public void Begin(InviteSession session, Instant now)
    {
        ActiveCalls++;
        _sessions[KeyOf(session)] = session; // one that is resumed may have been here before, and not be forgotten
        Command(session, now, static (begun, at) => begun.Start(at));
    }

    /// <summary>A session of another process, for <see cref="Begin"/>. Null: its trunk is not here, or nothing leads to it.</summary>
    public InviteSession? CreateResumed(SipSessionSnapshot saved) =>
        _trunks.Find(saved.Dialog.Trunk) is { } trunk && Dialog.FromSnapshot(trunk, saved.Dialog, _core.Local) is { } dialog
            ? new InviteSession(this, _core, trunk, saved, dialog) : null;

    /// <summary>Hangs up a dialog of a process that has died. False: its trunk is not here, or nothing leads to it.</summary>
    public bool TryEndDialog(SipDialogSnapshot snapshot, SipReason? reason, Instant now)
    {
        if (_trunks.Find(snapshot.Trunk) is not { } trunk || Dialog.FromSnapshot(trunk, snapshot, _core.Local) is not { } dialog)
            return false;
        new AbandonedDialog(_core, trunk, dialog).End(reason, now);
        return true;
    }

    /// <summary>Lets the owner of a call act on it.</summary>
    public static void Command(InviteSession session, Instant now, Action<InviteSession, Instant> command)
    {
        command(session, now);
        session.Reschedule();
    }

    void ISessionOwner.Emit(InviteSession session, SipCallEvent callEvent) => _events.Enqueue(new UserAgentEvent(session, callEvent));

    void ISessionOwner.Reschedule(InviteSession session) => _deadlines.Schedule(session);

    void ISessionOwner.Settle(InviteSession session) => _events.Enqueue(new UserAgentEvent(session, null) { IsSettled = true });

    private Trunk? FindTrunk(SipFlow source) => _trunks.Of(source);

    private static (string, string) KeyOf(InviteSession session) => (session.Info.CallId, session.LocalTag);

    SipResponse? IServerTransactionUser.AnswerAtOnce(
        SipRequest request, SipFlow flow, Instant now, out TransactionShare share)
    {
        share = TransactionShare.Registration;
        if (IsRegistration(request))
            return IsDraining
                ? Registrar!.RefuseDrained(request, _statelessTag) : Registrar!.AnswerAtOnce(request, flow, _statelessTag, now);
        var (isInvite, isCancel) = (request.Method == SipMethod.Invite, request.Method == SipMethod.Cancel);
        var session = isCancel ? _layer.Servers.FindInvite(request)?.Owner as InviteSession : FindSession(request);
        share = isCancel || (request.Method == SipMethod.Bye && session is { IsOver: false }) ? TransactionShare.Ending
            : request.ToTag.Length > 0 ? TransactionShare.Dialog : TransactionShare.NewCall;
        var isNewCall = isInvite && request.ToTag.Length == 0;
        if (RequestValidator.Validate(request, _core.Capabilities) is { } refusal)
            return session is not null || isInvite ? null : refusal.CreateResponse(request, _statelessTag);
        if (isNewCall)
            return !IsDraining && ActiveCalls >= MaxCalls ? Shed(request) : null;
        if (isCancel)
            return _layer.Servers.FindInvite(request) is { } invite
                && IsExpected(session, invite.Request.FromTag, flow) ? null : Refusal(request, 481);
        if (request.ToTag.Length == 0)
            return request.Method == SipMethod.Options
                ? AnswerOptions(request, flow)
                : Refusal(request, request.Method == SipMethod.Refer ? 603 : 481);
        if (session is null)
            return isInvite ? null : Refusal(request, 481);
        return session is { IsOver: true, OwesBye: false } && request.Method == SipMethod.Bye ? Refusal(request, 200) : null;
    }

    SipResponse IServerTransactionUser.RefuseOverload(SipRequest request) => Unavailable(request);

    void IServerTransactionUser.HandleRequest(ServerTransaction transaction, Instant now)
    {
        var request = transaction.Request;
        if (IsRegistration(request))
            Registrar!.HandleRequest(transaction, now);
        else if (RequestValidator.Validate(request, _core.Capabilities) is { } refusal)
            Respond(transaction, refusal.CreateResponse(request, _transactions.NewTag()), now);
        else if (request.Method == SipMethod.Cancel)
            HandleCancel(transaction, now);
        else if (request.ToTag.Length > 0)
            HandleInDialog(transaction, now);
        else
            HandleInvite(transaction, now);
    }

    void IServerTransactionUser.HandleAck(SipRequest ack, Instant now)
    {
        if (FindSession(ack) is { } session)
            Command(session, now, (known, at) => known.HandleAck(ack, at));
        else
            _transactions.Count(SipDrop.StrayAck);
    }

    void IServerTransactionUser.HandleStraySuccess(SipResponse response, SipFlow flow, Instant now)
    {
        if (_sessions.TryGetValue((response.CallId, response.FromTag), out var session))
            Command(session, now, (known, at) => known.HandleStraySuccess(response, flow, at));
        else
            _transactions.Count(SipDrop.StrayResponse);
    }

    void IServerTransactionUser.HandleServerFailure(ServerTransaction transaction, Instant now)
    {
        _transactions.Count(SipDrop.Unreachable);
        if (transaction.Owner is InviteSession session)
            Command(session, now, (known, at) => known.HandleServerFailure(transaction, at));
    }

    private void HandleInDialog(ServerTransaction transaction, Instant now)
    {
        if (FindSession(transaction.Request) is not { } session)
        {
            Refuse(transaction, 481, now);
            return;
        }
        transaction.Owner = session;
        Command(session, now, (known, at) => known.HandleRequest(transaction, at));
    }

    /// <summary>RFC 3261 §9.2: 200 to the CANCEL, 487 to the INVITE when that has no final response yet.</summary>
    private void HandleCancel(ServerTransaction cancel, Instant now)
    {
        if (_layer.Servers.FindInvite(cancel.Request) is not { } invite)
        {
            Refuse(cancel, 481, now);
            return;
        }
        var session = invite.Owner as InviteSession;
        Respond(cancel, _core.CreateResponse(cancel.Request, 200, session?.LocalTag ?? _transactions.NewTag()), now);
        if (session is not null)
            Command(session, now, (known, at) => known.HandleCancel(invite, known.Trunk.ReadReason(cancel.Request), at));
        else if (!invite.IsFinal)
            Refuse(invite, 487, now); // its caller's credentials are still being looked up
    }

    private SipResponse AnswerOptions(SipRequest request, SipFlow flow)
    {
        var response = _core.CreateResponse(request, IsDraining ? 503 : 200, _statelessTag);
        var user = FindTrunk(flow)?.AccountContact ?? request.Uri.Subscriber ?? "";
        response.Headers.Add("Contact", _core.ContactFor(flow, user));
        _core.AddCapabilities(response);
        if (IsDraining)
            response.Headers.Add("Retry-After", $"{(int)_retryAfter.TotalSeconds}");
        return response;
    }

    private SipResponse Shed(SipRequest request)
    {
        _transactions.Count(SipDrop.Overload);
        return Unavailable(request);
    }

    private SipResponse Unavailable(SipRequest request)
    {
        var unavailable = Refusal(request, 503);
        unavailable.Headers.Add("Retry-After", $"{(int)_retryAfter.TotalSeconds}");
        return unavailable;
    }

    private SipResponse Refusal(SipRequest request, int status) => _core.CreateResponse(request, status, _statelessTag);

    private void HandleInvite(ServerTransaction transaction, Instant now)
    {
        var trunk = FindTrunk(transaction.Flow)!;
        var tag = _transactions.NewTag();
        if (IsDraining)
            Respond(transaction, Unavailable(transaction.Request), now);
        else if (trunk == _phones)
            Registrar!.Authenticator.Authenticate(transaction, this, now);
        else if (!trunk.MayProve(transaction.Flow.Remote, now))
        {
            _transactions.Count(SipDrop.WrongCredentials);
            Refuse(transaction, 403, now);
        }
        else if (Challenge(transaction, trunk, tag, now) is { } challenge)
            Respond(transaction, challenge, now);
        else
            TakeCall(transaction, trunk, tag, null, now);
    }

    /// <summary>
    /// Of a phone's INVITE. A path alone proves nothing: a UDP source can be forged, and several users may be behind one connection.
    /// </summary>
    void IAuthenticationUser.HandleVerdict(ServerTransaction transaction, PhoneVerdict verdict, Instant now)
    {
        var tag = _transactions.NewTag();
        if (verdict.Outcome == PhoneOutcome.Accepted)
            TakeCall(transaction, _phones!, tag, verdict.User, now);
        else if (verdict.Outcome is PhoneOutcome.Missing or PhoneOutcome.Stale)
            Respond(transaction, Registrar!.Authenticator.Challenge(
                transaction.Request, tag, now, verdict.Outcome == PhoneOutcome.Stale), now);
        else if (verdict.Outcome == PhoneOutcome.Unavailable)
            Respond(transaction, Unavailable(transaction.Request), now);
        else
        {
            _transactions.Count(SipDrop.WrongCredentials);
            Refuse(transaction, 403, now);
        }
    }

    /// <summary>An INVITE whose sender is who it says; of a phone, the user that it proved.</summary>
    private void TakeCall(ServerTransaction transaction, Trunk trunk, string tag, string? phone, Instant now)
    {
        var request = transaction.Request;
        if (!trunk.TakesNewCall(now))
        {
            _transactions.Count(SipDrop.RateLimited);
            var busy = _core.CreateResponse(request, 503, tag);
            busy.Headers.Add("Retry-After", _core.RandomSeconds(5));
            Respond(transaction, busy, now);
        }
        else if (SessionTimerNegotiation.IsTooSmall(request, trunk))
        {
            var tooSmall = _core.CreateResponse(request, 422, tag);
            tooSmall.Headers.Add("Min-SE", $"{trunk.MinSessionExpires}");
            Respond(transaction, tooSmall, now);
        }
        else if (ReplacedCall.TryFind(request, trunk, _sessions, out var replaced, out var status))
            Admit(transaction, trunk, SipCallInfo.Of(request, trunk, phone), tag, replaced);
        else
            Refuse(transaction, status, now);
    }

    private SipResponse? Challenge(ServerTransaction transaction, Trunk trunk, string tag, Instant now)
    {
        var challenge = trunk.Challenge(transaction.Request, tag, now);
        if (trunk.HasShownWrongCredentials(transaction.Request, challenge, transaction.Flow.Remote, now))
            _transactions.Count(SipDrop.WrongCredentials);
        return challenge;
    }

    private void Admit(ServerTransaction transaction, Trunk trunk, SipCallInfo info, string tag, InviteSession? replaced)
    {
        var session = new InviteSession(this, _core, trunk, transaction, info, tag, replaced);
        _sessions.Add((info.CallId, tag), session);
        transaction.Owner = session;
        ActiveCalls++;
        _events.Enqueue(new UserAgentEvent(session, null));
    }

    private bool IsRegistration(SipRequest request) => Registrar is not null && request.Method == SipMethod.Register;

    /// <summary>
    /// Whoever knows a call's identifiers is not yet its peer: a request inside a call comes from the sources of the call's trunk, or from
    /// where the dialog leads; any other from a trunk.
    /// </summary>
    private bool IsExpected(SipRequest request, SipFlow flow) =>
        FindSession(request) is { } session ? IsExpected(session, request.FromTag, flow) : FindTrunk(flow) is not null;

    private static bool IsExpected(InviteSession? session, string remoteTag, SipFlow flow) =>
        session is null || session.Expects(remoteTag, flow);

    private InviteSession? FindSession(SipRequest request) => _sessions.GetValueOrDefault((request.CallId, request.ToTag));

    private void Refuse(ServerTransaction transaction, int status, Instant now) =>
        Respond(transaction, _core.CreateResponse(transaction.Request, status, _transactions.NewTag()), now);

    private void Respond(ServerTransaction transaction, SipResponse response, Instant now) =>
        _layer.Servers.Respond(transaction, response, now);
}
