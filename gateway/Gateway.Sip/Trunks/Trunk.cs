using Gateway.Sip.Auth;
using Gateway.Sip.Messages;
using Gateway.Sip.Profiles;
using Gateway.Sip.Transactions;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Trunks;

/// <summary>
/// A trunk at work: its servers as resolved, which of them failed lately, its credentials, and its profile applied to messages.
/// </summary>
public sealed class Trunk(TrunkOptions options, IEntropy entropy)
{
    /// <summary>The time for which a server that did not answer is tried last.</summary>
    private static readonly TimeSpan FailureMemory = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan NonceLifetime = TimeSpan.FromMinutes(5);

    private readonly DigestClient? _digest = options.Credentials is null ? null : new DigestClient(options.Credentials, entropy);
    private readonly Dictionary<TransportAddress, Instant> _failedUntil = [];
    private readonly RateLimit _newCalls = new(options.MaxCallRate, options.MaxCallRate * 2);
    private readonly CredentialFailures _wrong = new();
    private DigestServer? _challenger;

    public TrunkOptions Options { get; } = options;

    /// <summary>The paths to the phones of a trunk with a registrar; null: a PBX or carrier.</summary>
    public RegisteredFlows? Phones { get; } = options.Registrar is null ? null : new RegisteredFlows();

    public SipProfile Profile => Options.Profile;

    public string Domain => Options.Domain ?? Options.Server;

    /// <summary>
    /// Host part of Request-URIs: a server configured with a port is asked for by that port (RFC 3261 §19.1.1: none means the default one).
    /// </summary>
    public HostPort RequestHost => Options.Domain is { } domain ? new HostPort(domain) : new HostPort(Options.Server, Options.Port ?? 0);

    /// <summary>Seconds; 0 when we do not ask for session timers.</summary>
    public uint SessionExpires => Profile.SessionTimer ? (uint)Math.Max(Profile.SessionExpires, Profile.MinSe) : 0;

    /// <summary>Seconds; RFC 4028 §5 allows no less than 90.</summary>
    public uint MinSessionExpires => (uint)Math.Max(90, Profile.MinSe);

    public bool RefreshesByUpdate => Profile.SessionRefreshMethod == RefreshMethod.Update;

    /// <summary>Only the phone can open a connection to itself.</summary>
    public bool MayLeaveByTcp => Profile.LargeRequests == LargeRequest.Tcp && Phones is null;

    /// <summary>Between OPTIONS; zero sends none. Phones show by their REGISTER that they are there.</summary>
    public TimeSpan KeepAlive => Phones is null ? TimeSpan.FromSeconds(Profile.OptionsInterval) : TimeSpan.Zero;

    /// <summary>Phones are reached by the path that they registered by, whatever they say of themselves.</summary>
    private NatMode Nat => Phones is null ? Options.Nat : NatMode.Force;

    public int ReferRefusal => Profile.ReferRefusal is >= 400 and < 700 ? Profile.ReferRefusal : 603;

    /// <summary>The user that the PBX knows us by.</summary>
    public string? Account => Options.RegisterUser ?? Options.Credentials?.User;

    /// <summary>Both keep the same contact registered at the same server.</summary>
    public bool RegistersAs(Trunk other) => Options.RegisterUser is not null && Options.RegisterUser == other.Options.RegisterUser
        && Domain == other.Domain && RequestHost == other.RequestHost;

    /// <summary>
    /// User part of our Contact when the profile wants the account there; a registered trunk always does (RFC 3261 §10.2.1).
    /// </summary>
    public string? AccountContact => Options.RegisterUser ?? (Profile.ContactUser == UserPart.Account ? Account : null);

    /// <summary>The destinations of requests, the best first; empty until resolved.</summary>
    public IReadOnlyList<SipFlow> Targets { get; private set; } = [];

    public void SetTargets(IReadOnlyList<SipFlow> targets)
    {
        Targets = targets;
        _failedUntil.Clear();
    }

    /// <summary>The targets with those that failed lately at the end.</summary>
    public IReadOnlyList<SipFlow> OrderTargets(Instant now) => [.. Targets.OrderBy(target => HasFailed(target, now))];

    public void MarkFailed(SipFlow target, Instant now)
    {
        if (Targets.Any(known => known.Remote == target.Remote))
            _failedUntil[target.Remote] = now + FailureMemory;
    }

    public void MarkAlive(SipFlow target) => _failedUntil.Remove(target.Remote);

    /// <summary>The trunk that a path belongs to best; null: none. From any thread: targets are replaced whole, never changed.</summary>
    public static Trunk? Of(SipFlow source, IReadOnlyList<Trunk> trunks)
    {
        Trunk? best = null;
        var bestMatch = 0;
        for (var i = 0; i < trunks.Count; i++)
        {
            var match = trunks[i].MatchSource(source);
            if (match > bestMatch)
                (best, bestMatch) = (trunks[i], match);
        }
        return best;
    }

    /// <summary>
    /// 3: a server of this trunk with this very port and transport, or the path of a registered phone; 2: an address of this trunk by its
    /// transport, since connections come from ports of their own; 1: an address of this trunk, or of the node of a registered phone; 0: an
    /// unexpected source. Several trunks may lead to one PBX.
    /// </summary>
    public int MatchSource(SipFlow flow)
    {
        if (Phones is not null)
            return Phones.Contains(flow) ? 3 : Phones.IsNode(flow) ? 1 : 0;
        var (match, source) = (0, flow.Remote);
        foreach (var target in Targets)
        {
            if (target.Remote.Bits != source.Bits)
                continue;
            var isSameTransport = target.Transport == flow.Transport;
            if (isSameTransport && target.Remote.Port == source.Port)
                return 3;
            match = Math.Max(match, isSameTransport ? 2 : 1);
        }
        return match > 0 ? match : Options.AllowedSources.Any(network => network.Contains(source.ToIPAddress())) ? 1 : 0;
    }

    /// <summary>
    /// The peer is behind a NAT as far as a URI with this host shows: requests go to where its messages come from, whatever it says of
    /// itself.
    /// </summary>
    public bool IsBehindNat(SipUri uri, TransportAddress source, bool isRouted) => Nat switch
    {
        NatMode.Force => true,
        NatMode.Auto => !isRouted && uri.HostPort.Address is { } named && AddressScope.IsPrivate(named)
            && !AddressScope.IsPrivate(source.ToIPAddress()),
        _ => false,
    };

    /// <summary>
    /// The request as if it had asked for its response at the port that it came from (RFC 3581 §4), where the peer is behind a NAT and did
    /// not ask.
    /// </summary>
    public void AskForResponsePort(SipRequest request, TransportAddress source)
    {
        var via = request.TopVia;
        var sentBy = via.SentBy.Address;
        var isBehindNat = Nat == NatMode.Force
            || (Nat == NatMode.Auto && sentBy is not null && AddressScope.IsPrivate(sentBy)
            && !AddressScope.IsPrivate(source.ToIPAddress()));
        if (isBehindNat && !via.WantsResponsePort)
            request.Headers.ReplaceFirst("Via", (via with { Parameters = via.Parameters.With("rport") }).ToString());
    }

    /// <summary>The path to a redirection's target when it is inside this trunk; otherwise null.</summary>
    public SipFlow? FlowTo(SipUri uri, LocalAddresses local)
    {
        if (Targets.Count == 0)
            return null;
        if (uri.HostPort.Address is not { } address)
            return FlowToName(uri.Host);
        var remote = TransportAddress.From(address, uri.Port == 0 ? Targets[0].Remote.Port : uri.Port);
        var flow = Targets[0] with { Remote = remote, Connection = 0 };
        return MatchSource(flow) > 0 && local.Find(flow.Transport, remote) >= 0 ? flow : null;
    }

    /// <summary>
    /// The path to a host that is named by the peer of a connection: that connection while it is open. The port that it comes from takes no
    /// other one, so behind it is the port that is named, else that of the trunk's own server of this address or name.
    /// </summary>
    public SipFlow FlowBack(SipUri named, SipFlow connected)
    {
        var (remote, name) = (connected.Remote with { Port = (ushort)connected.Transport.PortOr(0) }, connected.ServerName);
        if ((TargetAt(connected) ?? FlowToName(named.Host)) is { } known && known.Transport == connected.Transport)
            (remote, name) = (known.Remote, known.ServerName ?? name);
        if (named.Port != 0)
            remote = remote with { Port = (ushort)named.Port };
        return connected with { Remote = remote, ServerName = name };
    }

    /// <summary>The server of this transport and address; several may share one, by ports.</summary>
    private SipFlow? TargetAt(SipFlow flow) => Targets
        .Where(target => target.Transport == flow.Transport && target.Remote.Bits == flow.Remote.Bits)
        .OrderBy(target => target.Remote != flow.Remote).Cast<SipFlow?>().FirstOrDefault();

    /// <summary>Names are those of the configuration: the trunk's domain, its server, a backup server.</summary>
    private SipFlow? FlowToName(string host)
    {
        foreach (var target in Targets)
        {
            if (host.Equals(target.ServerName, StringComparison.OrdinalIgnoreCase))
                return target;
        }
        var isServer = host.Equals(Domain, StringComparison.OrdinalIgnoreCase)
            || host.Equals(Options.Server, StringComparison.OrdinalIgnoreCase);
        return isServer && Targets.Count > 0 ? Targets[0] : null;
    }

    /// <summary>
    /// The request once more, without Via and with credentials for the challenge; null without credentials, or when they were refused
    /// already.
    /// </summary>
    public SipRequest? Authorize(SipRequest challenged, SipResponse challenge)
    {
        if (_digest is null)
            return null;
        var again = new SipRequest(challenged.Method, challenged.Uri)
        {
            Headers = challenged.Headers.Clone(),
            AnsweredChallenges = challenged.AnsweredChallenges,
        };
        again.Headers.RemoveFirst("Via");
        again.SetBody(challenged.Body, challenged.ContentType);
        return _digest.Answer(challenge, again) == DigestOutcome.Answered ? again : null;
    }

    /// <summary>Puts credentials on a request before it is challenged, when the PBX challenged an earlier one.</summary>
    public void AuthorizeAhead(SipRequest request) => _digest?.Preempt(request);

    /// <summary>Takes from a response what the server says about the next request's credentials.</summary>
    public void TakeNextNonce(SipRequest request, SipResponse response)
    {
        if (response.IsSuccess)
            _digest?.TakeNextNonce(response, request);
    }

    /// <summary>
    /// Null: the request has proved our <see cref="TrunkOptions.InboundCredentials"/>, or there are none. Otherwise the challenge.
    /// </summary>
    public SipResponse? Challenge(SipRequest request, string toTag, Instant now)
    {
        if (Options.InboundCredentials is not { } wanted)
            return null;
        var secrets = new DigestSecrets { Password = wanted.Password };
        _challenger ??= new DigestServer(Domain, entropy, NonceLifetime, Profile.DigestChallenges);
        var verdict = _challenger.Verify(request, user => user == wanted.User ? secrets : null, now);
        return verdict == DigestVerdict.Accepted ? null : _challenger.Challenge(request, toTag, now, verdict == DigestVerdict.Stale);
    }

    /// <summary>False: the source has shown wrong credentials too often; its request is refused without looking.</summary>
    public bool MayProve(TransportAddress source, Instant now) => Options.InboundCredentials is null || _wrong.MayTry(source, now);

    /// <summary>Counts the outcome of <see cref="Challenge"/> for its source; true: it showed wrong credentials.</summary>
    public bool HasShownWrongCredentials(SipRequest request, SipResponse? challenge, TransportAddress source, Instant now)
    {
        if (challenge is null)
            _wrong.Forget(source);
        // An old nonce is no wrong password; RFC 7616 §3.3: the challenge says so.
        var isWrong = challenge is not null && request.Headers.Contains("Authorization")
            && challenge.Headers["WWW-Authenticate"]?.Contains("stale=true", StringComparison.OrdinalIgnoreCase) != true;
        if (isWrong)
            _wrong.Add(source, now);
        return isWrong;
    }

    /// <summary>False: the trunk sends more new calls than it may; nothing is to be kept of this one.</summary>
    public bool TakesNewCall(Instant now) => _newCalls.TryTake(now);

    /// <summary>Reads the reason in the protocol that the profile believes most.</summary>
    public SipReason? ReadReason(SipMessage message) =>
        ReasonHeader.Read(message, Profile.CauseSource == CauseSource.Q850 ? "Q.850" : "SIP");

    /// <summary>Allow and Supported as this trunk shall see them, in what starts or refreshes a session.</summary>
    internal void AddAbilities(SipMessage message, SipCapabilities capabilities)
    {
        message.Headers.Add("Allow", capabilities.Allow);
        var supported = string.Join(", ", capabilities.Extensions.Where(extension => extension switch
        {
            "100rel" => Profile.ReliableProvisional != ReliableProvisional.Off,
            "replaces" => Profile.Replaces,
            _ => SessionExpires > 0,
        }));
        if (supported.Length > 0)
            message.Headers.Add("Supported", supported);
    }

    /// <summary>Adds a Reason, if the profile sends one, and what the owner wants besides.</summary>
    public void AddHeaders(SipMessage message, SipReason? reason, IReadOnlyList<(string Name, string Value)>? headers)
    {
        foreach (var (name, value) in HeadersOf(reason, headers))
            message.Headers.Add(name, value);
    }

    public IReadOnlyList<SipHeader> HeadersOf(SipReason? reason, IReadOnlyList<(string Name, string Value)>? headers)
    {
        List<SipHeader> result = [];
        if (reason is { } why && Profile.SendReason)
            result.Add(new SipHeader(ReasonHeader.Name, ReasonHeader.Format(why)));
        foreach (var (name, value) in headers ?? [])
        {
            if (SipGrammar.IsToken(name))
                result.Add(new SipHeader(name, value));
        }
        return result;
    }

    private bool HasFailed(SipFlow target, Instant now) => _failedUntil.TryGetValue(target.Remote, out var until) && now < until;
}
