using System.Security.Cryptography;
using System.Text;
using Gateway.Sip.Messages;
using Gateway.Sip.Transactions;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Trunks;

/// <summary>
/// Keeps a trunk registered as an extension of its PBX (RFC 3261 §10.2): refreshed before it runs out and after an outage of the PBX,
/// repeated with backoff at the next server when it fails. Pure; owned by the endpoint's loop.
/// </summary>
public sealed class Registration : IClientTransactionUser
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LastRetry = TimeSpan.FromMinutes(2);

    /// <summary>Challenges and 423s that one attempt answers before it counts as failed.</summary>
    private const int MaxRepairs = 4;

    /// <summary>Seconds; a registrar that grants less is asked again no faster.</summary>
    private const uint ShortestGrant = 4;

    private const string InstanceParameter = "+sip.instance";

    private readonly Trunk _trunk;
    private readonly UserAgentCore _agent;
    private readonly string _user;
    private readonly string _callId;
    private readonly string _tag;
    private ClientTransaction? _transaction;
    private TimeSpan _retry = FirstRetry;
    private Instant _expiresAt;
    private string _instance = "";
    private SipFlow _flow;
    private uint _expires;
    private uint _sequence;
    private int _target;
    private int _repairs;
    private bool _isStopping;

    public Registration(Trunk trunk, UserAgentCore agent, string user, Instant now)
    {
        var entropy = agent.Entropy;
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

    /// <summary>The reason why the last attempt failed, in the registrar's words; null after a success.</summary>
    public string? Cause { get; private set; }

    /// <summary>A change of <see cref="IsRegistered"/> or <see cref="Cause"/> since the last look; for the log.</summary>
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

    /// <summary>
    /// The connection that we registered over is gone, and with it the PBX's way to us: registered again at once, then with back-off (RFC
    /// 5626 §4.5).
    /// </summary>
    public void HandleFlowClosed(SipFlow flow, Instant now)
    {
        if (_isStopping || !IsRegistered || !flow.IsReliable || flow.Transport != _flow.Transport || flow.Remote != _flow.Remote)
            return;
        Hurry(now);
    }

    /// <summary>
    /// A server answers again: it may have restarted and forgotten us, which no lost connection shows where we registered over UDP.
    /// </summary>
    public void HandleReturn(SipFlow server, Instant now)
    {
        var isUnderWay = NextDeadline == Instant.Never; // it is sent again until it is answered
        if (_isStopping || isUnderWay || (IsRegistered && server.Remote != _flow.Remote))
            return;
        Hurry(now);
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
        _trunk.TakeNextNonce(transaction.Request, response);
        if (response.IsSuccess)
            Accept(response, transaction.Flow, now);
        else if (
            _repairs++ < MaxRepairs && response.StatusCode is 401 or 407 && _trunk.Authorize(transaction.Request, response) is { } again)
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
            Fail($"REGISTER answered {response.StatusCode} {response.ReasonPhrase}", now);
    }

    void IClientTransactionUser.HandleFailure(ClientTransaction transaction, TransactionFailure failure, Instant now)
    {
        if (transaction != _transaction)
            return;
        _trunk.MarkFailed(transaction.Flow, now);
        Fail(transaction.FailureReason ?? (failure == TransactionFailure.Timeout ? "REGISTER not answered" : "unreachable"), now);
    }

    private void Hurry(Instant now)
    {
        var jitter = TimeSpan.FromMilliseconds(_agent.Entropy.NextUInt32() % 1000); // a restarted PBX is not met by all at once
        NextDeadline = Instant.Min(NextDeadline, now + jitter);
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
        var contact = _agent.ContactFor(target, _user);
        _instance = InstanceOf(contact);
        request.Headers.Add("Contact", $"{contact};{InstanceParameter}=\"{_instance}\"");
        request.Headers.Add("Expires", $"{_expires}");
        _agent.AddCommonHeaders(request);
        _trunk.AuthorizeAhead(request);
        _transaction = _agent.Layer.Clients.Send(request, target, this, now, _trunk.Options.RequestTimeout);
    }

    private void Accept(SipResponse response, SipFlow flow, Instant now)
    {
        _flow = flow;
        SetCause(null);
        _retry = FirstRetry;
        if (_isStopping)
        {
            Change(false);
            return;
        }
        var granted = TimeSpan.FromSeconds(Math.Max(GrantedSeconds(response), ShortestGrant));
        _expiresAt = now + granted;
        // Early enough to try twice before it runs out.
        NextDeadline = now + (granted > TimeSpan.FromMinutes(2) ? granted - TimeSpan.FromMinutes(1) : granted / 2);
        Change(true);
    }

    /// <summary>
    /// The expires of our own binding, which stands among those of other devices; else the Expires header. A registrar beyond a NAT may
    /// have rewritten its address, so it is known by instance (RFC 5626 §4.1), by the address we sent or were seen at, or by being the only
    /// one. Where nothing identifies it, the first of our user's bindings to run out counts.
    /// </summary>
    private uint GrantedSeconds(SipResponse response)
    {
        var bindings = response.Addresses("Contact");
        var seen = response.TopVia;
        var ours = bindings.FirstOrDefault(
            binding => string.Equals(binding.Parameters[InstanceParameter], _instance, StringComparison.OrdinalIgnoreCase))
            ?? bindings.FirstOrDefault(binding => binding.Uri.User == _user && _agent.Local.Advertises(binding.Uri.HostPort))
            ?? bindings.FirstOrDefault(
                binding => binding.Uri.Host == seen.Received && binding.Uri.Port == (seen.ResponsePort ?? binding.Uri.Port))
            ?? (bindings.Count == 1 ? bindings[0] : null);
        if (ours is not null)
            return ExpiresOf(ours) ?? response.Number("Expires") ?? _expires;
        return bindings.Where(binding => binding.Uri.User == _user).Min(ExpiresOf) ?? response.Number("Expires") ?? _expires;
    }

    private static uint? ExpiresOf(NameAddr binding) => uint.TryParse(binding.Parameters["expires"], out var seconds) ? seconds : null;

    /// <summary>
    /// Names this gateway to the registrar, the same after a restart (RFC 5626 §4.1): a UUID made from the contact (RFC 9562 §5.8).
    /// </summary>
    private static string InstanceOf(string contact)
    {
        var bytes = SHA256.HashData(Encoding.UTF8.GetBytes(contact)).AsSpan(0, 16);
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return $"<urn:uuid:{new Guid(bytes, bigEndian: true)}>";
    }

    private void Fail(string cause, Instant now)
    {
        SetCause(cause);
        _target++;
        _transaction = null;
        if (now >= _expiresAt)
            Change(false);
        if (_isStopping)
            return;
        NextDeadline = now + _retry;
        _retry = _retry * 2 < LastRetry ? _retry * 2 : LastRetry;
    }

    private void SetCause(string? cause)
    {
        HasChanged |= cause != Cause;
        Cause = cause;
    }

    private void Change(bool isRegistered)
    {
        HasChanged |= isRegistered != IsRegistered;
        IsRegistered = isRegistered;
    }
}
