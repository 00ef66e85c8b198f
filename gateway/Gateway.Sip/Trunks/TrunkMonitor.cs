using Gateway.Sip.Messages;
using Gateway.Sip.Profiles;
using Gateway.Sip.Transactions;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Trunks;

/// <summary>
/// A trunk's health: OPTIONS to each of its servers in turn of the profile's interval. A server is down after <see cref="MissesToFall"/>
/// misses in a row and up again after <see cref="HitsToRise"/> answers; the trunk is up while one server is. Pure; owned by the endpoint's
/// loop.
/// </summary>
public sealed class TrunkMonitor : IClientTransactionUser
{
    public const int MissesToFall = 3;
    public const int HitsToRise = 2;

    /// <summary>A server in doubt is asked more often.</summary>
    private static readonly TimeSpan HurriedInterval = TimeSpan.FromSeconds(5);

    private readonly Trunk _trunk;
    private readonly UserAgentCore _agent;
    private readonly TimeSpan _interval;
    private readonly Dictionary<TransportAddress, Server> _servers = [];
    private readonly string _callId;
    private readonly string _tag;
    private Instant _sentAt;
    private uint _sequence;
    private Instant _since;
    private TrunkState _state;
    private TimeSpan? _roundTrip;
    private string? _cause;

    public TrunkMonitor(Trunk trunk, UserAgentCore agent, Instant now)
    {
        var entropy = agent.Entropy;
        _trunk = trunk;
        _agent = agent;
        _callId = entropy.NextHex(32);
        _tag = entropy.NextHex(16);
        _interval = trunk.KeepAlive;
        _since = now;
        _state = IsActive ? TrunkState.Unknown : TrunkState.Up;
        NextDeadline = IsActive ? now : Instant.Never;
    }

    public Instant NextDeadline { get; private set; }

    /// <summary><see cref="Health"/> says something else since the last look.</summary>
    public bool HasNews { get; set; } = true;

    /// <summary>A change of state since the last look; for the log.</summary>
    public bool HasChanged { get; set; }

    /// <summary>Called with a server that answers again after it did not, or not well.</summary>
    public Action<SipFlow, Instant>? Returned { get; init; }

    private bool IsActive => _interval > TimeSpan.Zero;

    public TrunkHealth Health(Registration? registration)
    {
        var cause = _state == TrunkState.Down ? _cause : registration?.Cause;
        return new TrunkHealth(_state, _since.ToDateTimeOffset(), _roundTrip, registration?.IsRegistered, cause);
    }

    public void HandleDeadline(Instant now)
    {
        if (now < NextDeadline)
            return;
        var inDoubt = _servers.Values.Any(server => server.Misses > 0);
        NextDeadline = now + (inDoubt && HurriedInterval < _interval ? HurriedInterval : _interval);
        if (_trunk.Targets.Count == 0)
            Change(TrunkState.Down, "the server's name has no address", now);
        _sentAt = now;
        foreach (var target in _trunk.Targets)
            Ask(target, now);
    }

    void IClientTransactionUser.HandleResponse(ClientTransaction transaction, SipResponse response, Instant now)
    {
        if (response.IsProvisional)
            return;
        _trunk.TakeNextNonce(transaction.Request, response);
        if (response.StatusCode is 401 or 407 && _trunk.Authorize(transaction.Request, response) is { } again)
        {
            again.Headers["CSeq"] = new CSeq(++_sequence, SipMethod.Options).ToString();
            _agent.Layer.Clients.Send(again, transaction.Flow, this, now, _trunk.Options.RequestTimeout);
            return;
        }
        var isAlive = _trunk.Profile.KeepaliveProof == KeepaliveProof.Success
            ? response.IsSuccess
            : response.StatusCode is not (408 or 503);
        if (isAlive)
            Hit(transaction.Flow, now);
        else
            Miss(transaction.Flow, $"OPTIONS answered {response.StatusCode} {response.ReasonPhrase}", now);
    }

    void IClientTransactionUser.HandleFailure(ClientTransaction transaction, TransactionFailure failure, Instant now) =>
        Miss(transaction.Flow, transaction.FailureReason
            ?? (failure == TransactionFailure.Timeout ? "OPTIONS not answered" : "unreachable"), now);

    private void Ask(SipFlow target, Instant now)
    {
        var uri = SipUri.Create(null, _trunk.RequestHost);
        var from = SipUri.Create(_trunk.Account, _agent.Local.AdvertisedTo(target));
        var request = new SipRequest(SipMethod.Options, uri);
        request.Headers.Add("Max-Forwards", "70");
        request.Headers.Add("From", new NameAddr(from).WithTag(_tag).ToString());
        request.Headers.Add("To", new NameAddr(uri).ToString());
        request.Headers.Add("Call-ID", _callId);
        request.Headers.Add("CSeq", new CSeq(++_sequence, SipMethod.Options).ToString());
        request.Headers.Add("Contact", _agent.ContactFor(target, _trunk.Account ?? ""));
        request.Headers.Add("Accept", MediaType.Sdp);
        _trunk.AddAbilities(request, _agent.Capabilities);
        _agent.AddCommonHeaders(request);
        _agent.Layer.Clients.Send(request, target, this, now, _trunk.Options.RequestTimeout);
    }

    private void Hit(SipFlow target, Instant now)
    {
        var server = ServerOf(target);
        var hasReturned = server.Misses > 0;
        server.Misses = 0;
        server.Hits++;
        server.IsUp |= !server.WasAsked || server.Hits >= HitsToRise;
        server.WasAsked = true;
        _roundTrip = now - _sentAt;
        HasNews = true;
        _trunk.MarkAlive(target);
        if (server.IsUp)
            Change(TrunkState.Up, null, now);
        if (hasReturned)
            Returned?.Invoke(target, now);
    }

    private void Miss(SipFlow target, string cause, Instant now)
    {
        var server = ServerOf(target);
        server.Hits = 0;
        server.Misses++;
        server.WasAsked = true;
        server.IsUp &= server.Misses < MissesToFall;
        // who never answered is not given the benefit of three
        var hasFallen = server.Misses >= MissesToFall || _state == TrunkState.Unknown;
        _trunk.MarkFailed(target, now);
        NextDeadline = Instant.Min(NextDeadline, now + HurriedInterval);
        if (hasFallen && !_trunk.Targets.Any(known => ServerOf(known).IsUp))
            Change(TrunkState.Down, cause, now);
    }

    private Server ServerOf(SipFlow target)
    {
        if (!_servers.TryGetValue(target.Remote, out var server))
        {
            foreach (var gone in _servers.Keys.Where(known => _trunk.Targets.All(current => current.Remote != known)).ToArray())
                _servers.Remove(gone);
            _servers.Add(target.Remote, server = new Server());
        }
        return server;
    }

    private void Change(TrunkState state, string? cause, Instant now)
    {
        _cause = cause ?? _cause;
        HasNews = true;
        if (state == _state)
            return;
        _state = state;
        _since = now;
        HasChanged = true;
    }

    private sealed class Server
    {
        public bool WasAsked { get; set; }

        public bool IsUp { get; set; }

        public int Hits { get; set; }

        public int Misses { get; set; }
    }
}
