using Gateway.Sip.Dialogs;
using Gateway.Sip.Messages;
using Gateway.Sip.Transactions;
using Media.Protocols.Primitives;

namespace Gateway.Sip;

/// <summary>
/// Keeps a trunk registered as an extension of its PBX (RFC 3261 §10.2): refreshed before it runs out, repeated with backoff at the next server
/// when it fails. Pure; owned by the endpoint's loop.
/// </summary>
public sealed class Registration : IClientTransactionUser
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LastRetry = TimeSpan.FromMinutes(2);

    /// <summary>Challenges and 423s that one attempt answers before it counts as failed.</summary>
    private const int MaxRepairs = 4;

    private readonly Trunk _trunk;
    private readonly UserAgent _agent;
    private readonly string _user;
    private readonly string _callId;
    private readonly string _tag;
    private ClientTransaction? _transaction;
    private TimeSpan _retry = FirstRetry;
    private Instant _expiresAt;
    private uint _expires;
    private uint _sequence;
    private int _target;
    private int _repairs;
    private bool _isStopping;

    public Registration(Trunk trunk, UserAgent agent, string user, Instant now)
    {
        var entropy = agent.Layer.Context.Entropy;
        _trunk = trunk;
        _agent = agent;
        _user = user;
        _callId = entropy.NextHex(32);
        _tag = entropy.NextHex(16);
        _expires = (uint)Math.Max(60, trunk.Profile.RegisterExpires);
        NextDeadline = now;
    }

    public Instant NextDeadline { get; private set; }

    public bool IsRegistered { get; private set; }

    /// <summary>A change of <see cref="IsRegistered"/> since the last look; for the log.</summary>
    public bool HasChanged { get; set; }

    public void HandleDeadline(Instant now)
    {
        if (now < NextDeadline)
            return;
        if (now >= _expiresAt)
            Change(false);
        NextDeadline = now + _retry;
        if (_trunk.Targets.Count == 0 || _isStopping)
            return;
        NextDeadline = Instant.Never;
        _repairs = 0;
        Send(now);
    }

    /// <summary>Takes our contact back (RFC 3261 §10.2.2).</summary>
    public void Stop(Instant now)
    {
        _isStopping = true;
        NextDeadline = Instant.Never;
        if (!IsRegistered)
            return;
        _expires = 0;
        _repairs = 0;
        Send(now);
    }

    void IClientTransactionUser.HandleResponse(ClientTransaction transaction, SipResponse response, Instant now)
    {
        if (transaction != _transaction || response.IsProvisional)
            return;
        if (response.IsSuccess)
            Accept(response, now);
        else if (_repairs++ < MaxRepairs && response.StatusCode is 401 or 407 && _trunk.Authorize(transaction.Request, response) is { } again)
        {
            again.Headers["CSeq"] = new CSeq(++_sequence, SipMethod.Register).ToString();
            _transaction = _agent.Layer.Clients.Send(again, transaction.Flow, this, now, _trunk.Options.RequestTimeout);
        }
        else if (_repairs < MaxRepairs && response.StatusCode == 423 && response.Number("Min-Expires") is { } least && least > _expires)
        {
            _expires = least;
            Send(now);
        }
        else
            Fail(now);
    }

    void IClientTransactionUser.HandleFailure(ClientTransaction transaction, TransactionFailure failure, Instant now)
    {
        if (transaction != _transaction)
            return;
        _trunk.MarkFailed(transaction.Flow, now);
        Fail(now);
    }

    private void Send(Instant now)
    {
        var target = _trunk.OrderTargets(now)[_target % _trunk.Targets.Count];
        var address = new NameAddr(SipUri.Create(_user, new HostPort(_trunk.Domain)));
        var request = new SipRequest(SipMethod.Register, SipUri.Create(null, _trunk.RequestHost));
        request.Headers.Add("Max-Forwards", "70");
        request.Headers.Add("From", address.WithTag(_tag).ToString());
        request.Headers.Add("To", address.ToString());
        request.Headers.Add("Call-ID", _callId);
        request.Headers.Add("CSeq", new CSeq(++_sequence, SipMethod.Register).ToString());
        request.Headers.Add("Contact", _agent.Context.ContactFor(target, _user));
        request.Headers.Add("Expires", $"{_expires}");
        _agent.Context.AddCommonHeaders(request);
        _trunk.AuthorizeAhead(request);
        _transaction = _agent.Layer.Clients.Send(request, target, this, now, _trunk.Options.RequestTimeout);
    }

    private void Accept(SipResponse response, Instant now)
    {
        _retry = FirstRetry;
        if (_isStopping)
        {
            Change(false);
            return;
        }
        var granted = TimeSpan.FromSeconds(Math.Max(GrantedSeconds(response), 10));
        _expiresAt = now + granted;
        // Early enough to try twice before it runs out.
        NextDeadline = now + (granted > TimeSpan.FromMinutes(2) ? granted - TimeSpan.FromMinutes(1) : granted / 2);
        Change(true);
    }

    /// <summary>The expires of our own Contact, which stands among those of other devices; else the Expires header.</summary>
    private uint GrantedSeconds(SipResponse response)
    {
        foreach (var contact in response.Addresses("Contact"))
        {
            if (contact.Uri.User == _user && uint.TryParse(contact.Parameters["expires"], out var seconds)
                && _agent.Context.Local.Advertises(contact.Uri.HostPort))
                return seconds;
        }
        return response.Number("Expires") ?? _expires;
    }

    private void Fail(Instant now)
    {
        _target++;
        _transaction = null;
        if (now >= _expiresAt)
            Change(false);
        if (_isStopping)
            return;
        NextDeadline = now + _retry;
        _retry = _retry * 2 < LastRetry ? _retry * 2 : LastRetry;
    }

    private void Change(bool isRegistered)
    {
        HasChanged |= isRegistered != IsRegistered;
        IsRegistered = isRegistered;
    }
}
