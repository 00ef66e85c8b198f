using Gateway.Sip.Dialogs;
using Gateway.Sip.Messages;
using Gateway.Sip.Transactions;
using Gateway.Sip.Trunks;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Subscriptions;

/// <summary>
/// One extension of a trunk's PBX watched by its dialog event package (RFC 6665, RFC 4235): SUBSCRIBE, its refreshes, its NOTIFYs, and a
/// new subscription with back-off when one ends. Forks are not followed: the first dialog is the subscription's. Pure; owned by the
/// endpoint's loop.
/// </summary>
public sealed class Subscription : IClientTransactionUser, IHasDeadline
{
    /// <summary>Seconds asked for. A PBX that restarts forgets its subscribers and tells nobody: so long its states may be wrong.</summary>
    private const uint AskedSeconds = 300;

    /// <summary>Seconds; a PBX that grants less is asked again no faster.</summary>
    private const uint ShortestGrant = 4;

    /// <summary>Challenges and 423s that one attempt answers before it counts as failed.</summary>
    private const int MaxRepairs = 4;

    /// <summary>RFC 6665 §4.1.2.4: timer N.</summary>
    private static readonly TimeSpan NotifyTimeout = TimeSpan.FromSeconds(32);

    /// <summary>Between two requests for the full state: a PBX that counts its documents wrongly is not asked in a tight loop.</summary>
    private static readonly TimeSpan ShortestRefresh = TimeSpan.FromSeconds(5);

    private readonly ISubscriptionOwner _owner;
    private readonly UserAgentCore _agent;
    private readonly SubscriptionBackOff _backOff;
    private readonly DeadlineTable<SubscriptionDeadline> _deadlines = new();
    private readonly DialogTable _table = new();
    private ClientTransaction? _transaction;
    private Dialog? _dialog;
    private Instant _sentAt;
    private string _tag = "";
    private uint _asked = AskedSeconds;
    private uint _sequence;
    private uint? _remoteSequence;
    private int _repairs;
    private bool _wasNotified;
    private bool _isStopping;

    internal Subscription(ISubscriptionOwner owner, UserAgentCore agent, Trunk trunk, string extension, Instant now)
    {
        _owner = owner;
        _agent = agent;
        _backOff = new SubscriptionBackOff(agent.Entropy);
        Trunk = trunk;
        Extension = extension;
        CallId = agent.Entropy.NextHex(32);
        _deadlines[SubscriptionDeadline.Send] = now;
    }

    public Trunk Trunk { get; }

    public string Extension { get; }

    /// <summary>Stays for all subscriptions that follow each other; each has a tag of its own.</summary>
    public string CallId { get; }

    public ExtensionState State => _isStopping ? ExtensionState.Unknown : _table.State;

    /// <summary>It was stopped and nothing of it can arrive any more.</summary>
    public bool IsOver { get; private set; }

    public Instant NextDeadline => _deadlines.Next;

    Instant IHasDeadline.ScheduledAt { get; set; } = Instant.Never;

    /// <summary>True: it has sent a SUBSCRIBE.</summary>
    public bool HandleDeadline(Instant now)
    {
        if (_deadlines.TryTakeDue(SubscriptionDeadline.Forget, now))
            IsOver = true;
        else if (_deadlines.TryTakeDue(SubscriptionDeadline.Expiry, now) || _deadlines.TryTakeDue(SubscriptionDeadline.Notify, now))
            Fail(_backOff.Next(null), now);
        else if (_deadlines.TryTakeDue(SubscriptionDeadline.Send, now) && _transaction is null)
        {
            _repairs = 0;
            Send(_asked, now);
            return _transaction is not null;
        }
        return false;
    }

    /// <summary>Unsubscribes (RFC 6665 §4.1.2.3). Nothing is reported any more.</summary>
    public void Stop(Instant now)
    {
        if (_isStopping)
            return;
        _isStopping = true;
        _deadlines.Clear();
        if (_transaction is null && _dialog is null)
            IsOver = true;
        else
            _deadlines[SubscriptionDeadline.Forget] = now + NotifyTimeout;
        if (_transaction is null && _dialog is not null)
            Send(0, now);
        _owner.Update(this);
    }

    /// <summary>The final response to a NOTIFY with this Call-ID that came from a source of the trunk, already checked in form.</summary>
    internal SipResponse Answer(SipRequest notify, SipFlow flow, Instant now)
    {
        var isKnown = notify.ToTag == _tag && (_dialog is null ? _transaction is not null : notify.FromTag == _dialog.RemoteTag);
        if (IsOver || !isKnown)
            return Respond(notify, 481);
        if (notify.CSeq.Number <= _remoteSequence)
            return Respond(notify, notify.CSeq.Number == _remoteSequence ? 200 : 500); // RFC 3261 §12.2.2; or sent once more
        if (!SubscriptionState.TryRead(notify, out var state))
            return Respond(notify, 400);
        _remoteSequence = notify.CSeq.Number;
        _wasNotified = true;
        _deadlines.Clear(SubscriptionDeadline.Notify);
        var from = flow with { ServerName = Trunk.Options.Server };
        if (_dialog is null)
            _dialog = Dialog.FromRequest(Trunk, notify, _tag, from, _agent.Local); // it may overtake the 2xx (RFC 6665 §4.1.2.4)
        else
            _dialog.RefreshTarget(notify, from, _agent.Local);
        var response = Respond(notify, Take(notify, state, now));
        _owner.Update(this);
        return response;
    }

    void IClientTransactionUser.HandleResponse(ClientTransaction transaction, SipResponse response, Instant now)
    {
        if (transaction != _transaction || response.IsProvisional)
            return;
        _transaction = null;
        Trunk.TakeNextNonce(transaction.Request, response);
        if (response.IsSuccess)
            Accept(transaction, response, now);
        else if (
            response.StatusCode is 401 or 407 && _repairs++ < MaxRepairs && Trunk.Authorize(transaction.Request, response) is { } again)
        {
            again.Headers["CSeq"] = new CSeq(++_sequence, SipMethod.Subscribe).ToString();
            _transaction = _agent.Layer.Clients.Send(again, transaction.Flow, this, now, Trunk.Options.RequestTimeout);
        }
        else if (response.StatusCode == 423 && _repairs++ < MaxRepairs && response.Number("Min-Expires") is { } least && least > _asked)
        {
            _asked = least;
            Send(_asked, now);
        }
        else if (response.StatusCode >= 500 && _dialog is not null && !_isStopping)
            _deadlines[SubscriptionDeadline.Send] = now + _backOff.Next(RetryAfter.Of(response)); // it lasts until it runs out (§4.1.2.2)
        else
            Fail(_backOff.Next(RetryAfter.Of(response), isFinal: response.StatusCode is 403 or 404 or 405 or 410 or 489 or >= 600), now);
        _owner.Update(this);
    }

    void IClientTransactionUser.HandleFailure(ClientTransaction transaction, TransactionFailure failure, Instant now)
    {
        if (transaction != _transaction)
            return;
        Trunk.MarkFailed(transaction.Flow, now);
        Fail(_backOff.Next(null), now);
    }

    private void Accept(ClientTransaction transaction, SipResponse response, Instant now)
    {
        if (_dialog is null && response.ToTag.Length > 0)
            _dialog = Dialog.FromResponse(Trunk, transaction.Request, response, transaction.Flow, _agent.Local);
        else if (transaction.Request.ToTag.Length > 0)
        {
            _dialog?.RefreshTarget(response, transaction.Flow, _agent.Local);
            _backOff.Reset();
        }
        if (_isStopping)
        {
            if (transaction.Request.Number("Expires") != 0 && _dialog is not null)
                Send(0, now);
            return;
        }
        Grant(TimeSpan.FromSeconds(response.Number("Expires") ?? _asked), now);
        if (!_wasNotified)
            _deadlines[SubscriptionDeadline.Notify] = now + NotifyTimeout;
    }

    /// <summary>What a NOTIFY says is taken over; the status that it is answered with.</summary>
    private int Take(SipRequest notify, SubscriptionState state, Instant now)
    {
        if (state.IsTerminated)
        {
            Fail(_backOff.Next(state.RetryAfter, state.IsFinal, state.WantsAnother), now);
            return 200;
        }
        if (_isStopping)
            return 200;
        var isShorter = state.Expires is { } left && now + left < _deadlines[SubscriptionDeadline.Expiry] - TimeSpan.FromSeconds(1);
        if (isShorter && _transaction is null)
            Grant(state.Expires!.Value, now);
        if (state.IsPending)
            _table.Clear();
        else if (SipBody.TryFind(notify, DialogInfoReader.ContentType, out var body) && !SipBody.IsBlank(body))
        {
            if (!DialogInfoReader.TryRead(body.Span, out var info, out _))
            {
                Fail(_backOff.Next(null, isFinal: true), now);
                return 400;
            }
            if (!_table.TryApply(info) && _transaction is null)
                _deadlines[SubscriptionDeadline.Send] = Later(now, _sentAt + ShortestRefresh);
        }
        return 200;
    }

    private void Grant(TimeSpan granted, Instant now)
    {
        granted = TimeSpan.FromSeconds(Math.Clamp(granted.TotalSeconds, ShortestGrant, Math.Max(_asked, ShortestGrant)));
        _deadlines[SubscriptionDeadline.Expiry] = now + granted;
        // Early enough to try twice before it runs out.
        _deadlines[SubscriptionDeadline.Send] =
            now + (granted > TimeSpan.FromMinutes(2) ? granted - TimeSpan.FromMinutes(1) : granted / 2);
    }

    /// <summary>This subscription is over, whoever ended it; another one follows after <paramref name="wait"/>.</summary>
    private void Fail(TimeSpan wait, Instant now)
    {
        (_transaction, _dialog) = (null, null);
        _table.Clear();
        _deadlines.Clear();
        if (_isStopping)
            IsOver = true;
        else
            _deadlines[SubscriptionDeadline.Send] = now + wait;
        _owner.Update(this);
    }

    private void Send(uint expires, Instant now)
    {
        if (Trunk.Targets.Count == 0)
        {
            Fail(_backOff.Next(null), now);
            return;
        }
        var flow = _dialog?.Flow ?? Trunk.OrderTargets(now)[0];
        var request = _dialog?.CreateRequest(SipMethod.Subscribe) ?? First(flow);
        request.Headers["CSeq"] = new CSeq(++_sequence, SipMethod.Subscribe).ToString(); // one row of numbers for all tries
        request.Headers.Add("Contact", _agent.ContactFor(flow, Trunk.Account ?? ""));
        request.Headers.Add("Event", DialogInfoReader.Package);
        request.Headers.Add("Accept", DialogInfoReader.ContentType);
        request.Headers.Add("Expires", $"{expires}");
        _agent.AddCommonHeaders(request);
        Trunk.AuthorizeAhead(request);
        (_sentAt, _wasNotified) = (now, false);
        _transaction = _agent.Layer.Clients.Send(request, flow, this, now, Trunk.Options.RequestTimeout);
    }

    private SipRequest First(SipFlow flow)
    {
        _tag = _agent.Entropy.NextHex(16);
        _remoteSequence = null;
        var uri = SipUri.Create(Extension, Trunk.RequestHost);
        var host = Trunk.Account is null ? _agent.Local.AdvertisedTo(flow) : new HostPort(Trunk.Domain);
        var request = new SipRequest(SipMethod.Subscribe, uri);
        request.Headers.Add("Max-Forwards", "70");
        request.Headers.Add("From", new NameAddr(SipUri.Create(Trunk.Account, host)).WithTag(_tag).ToString());
        request.Headers.Add("To", new NameAddr(uri).ToString());
        request.Headers.Add("Call-ID", CallId);
        request.Headers.Add("CSeq", new CSeq(_sequence, SipMethod.Subscribe).ToString());
        return request;
    }

    private SipResponse Respond(SipRequest notify, int status) => _agent.CreateResponse(notify, status, _tag);

    private static Instant Later(Instant a, Instant b) => a > b ? a : b;
}

/// <summary>The owner of subscriptions: looks at one again after something that may have changed its state or its deadline.</summary>
internal interface ISubscriptionOwner
{
    void Update(Subscription subscription);
}
