using System.Globalization;
using Gateway.Sip.Messages;
using Gateway.Sip.Transactions;
using Gateway.Sip.Trunks;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Registrar;

/// <summary>
/// The registrar of RFC 3261 §10.3 for one realm, whatever host a request names: phones prove who they are, bind their contacts to their
/// user, and are reached by the path that they came by. Pure; owned by the endpoint's loop.
/// </summary>
public sealed class SipRegistrar : IAuthenticationUser
{
    private static readonly string[] Extensions = ["path", "outbound"];

    private readonly UserAgentCore _agent;
    private readonly RegistrarOptions _options;
    private readonly SipCapabilities _capabilities;
    private readonly long[] _results = new long[Enum.GetValues<RegistrationResult>().Length];

    /// <param name="phones">The trunk whose peers register here.</param>
    /// <param name="agent">Sends the answers.</param>
    public SipRegistrar(Trunk phones, UserAgentCore agent)
    {
        _agent = agent;
        _options = phones.Options.Registrar ?? throw new ArgumentException("The trunk has no registrar.", nameof(phones));
        _capabilities = agent.Capabilities with
        {
            Methods = [.. agent.Capabilities.Methods, SipMethod.Register],
            Extensions = [.. agent.Capabilities.Extensions, .. Extensions],
        };
        Authenticator = new PhoneAuthenticator(_options, phones.Phones!, phones.Profile.DigestChallenges, agent.Entropy);
        Contacts = new Registrations(phones.Phones!);
    }

    public PhoneAuthenticator Authenticator { get; }

    public Registrations Contacts { get; }

    /// <summary>REGISTERs by what became of them. From any thread.</summary>
    public long CountOf(RegistrationResult result) => Interlocked.Read(ref _results[(int)result]);

    /// <summary>The answer to a REGISTER of which nothing is to be kept; null: it has a proof that is to be looked at.</summary>
    public SipResponse? AnswerAtOnce(SipRequest request, SipFlow flow, string tag, Instant now)
    {
        if (RequestValidator.Validate(request, _capabilities) is { } refusal)
        {
            Count(refusal.StatusCode == 420 ? RegistrationResult.BadExtension : RegistrationResult.Malformed);
            return refusal.CreateResponse(request, tag);
        }
        if (Authenticator.HasProof(request, flow))
            return null;
        Count(RegistrationResult.Challenged);
        return Authenticator.Challenge(request, tag, now, isStale: false);
    }

    /// <summary>A REGISTER with credentials.</summary>
    public void HandleRequest(ServerTransaction transaction, Instant now) => Authenticator.Authenticate(transaction, this, now);

    /// <summary>The answer of a gateway that is about to stop: phones shall register elsewhere.</summary>
    public SipResponse RefuseDrained(SipRequest request, string tag) => CreateRefusal(request, Unavailable(), tag);

    /// <summary>A connection is gone, and with it the contacts that are reached by it and those that were about to be.</summary>
    public void HandleFlowClosed(SipFlow flow)
    {
        Authenticator.HandleFlowClosed(flow);
        Contacts.HandleFlowClosed(flow);
    }

    void IAuthenticationUser.HandleVerdict(ServerTransaction transaction, PhoneVerdict verdict, Instant now)
    {
        switch (verdict.Outcome)
        {
            case PhoneOutcome.Accepted:
                Update(transaction, verdict.User, now);
                break;
            case PhoneOutcome.Missing or PhoneOutcome.Stale:
                var isStale = verdict.Outcome == PhoneOutcome.Stale;
                Count(isStale ? RegistrationResult.Stale : RegistrationResult.Challenged);
                var challenge = Authenticator.Challenge(transaction.Request, _agent.Layer.Context.NewTag(), now, isStale);
                _agent.Layer.Servers.Respond(transaction, challenge, now);
                break;
            case PhoneOutcome.Wrong:
                Refuse(transaction, new RegisterRefusal(RegistrationResult.WrongCredentials, 403), now);
                break;
            case PhoneOutcome.NotTheUser:
                Refuse(transaction, new RegisterRefusal(RegistrationResult.NotTheUser, 403, "The connection is another user's"), now);
                break;
            case PhoneOutcome.LockedOut:
                Refuse(transaction, new RegisterRefusal(RegistrationResult.LockedOut, 403), now);
                break;
            default:
                Refuse(transaction, Unavailable(), now);
                break;
        }
    }

    private void Update(ServerTransaction transaction, string user, Instant now)
    {
        var request = transaction.Request;
        var reader = new RegisterReader(request, user, transaction.Flow, _options, _agent.Local);
        var refusal = request.To.Uri.IsSip && request.To.Uri.User == user
            ? null : new RegisterRefusal(RegistrationResult.NotTheUser, 403, "The address in To is another user's");
        List<RegisteredContact> asked = [];
        refusal ??= reader.Read(now, out asked);
        var result = RegistrationResult.Fetched;
        if (refusal is null && !reader.IsFetch)
            refusal = Apply(request, user, reader.DropsAll, asked, now, out result);
        if (refusal is not null)
        {
            Refuse(transaction, refusal, now);
            return;
        }
        Count(result);
        _agent.Layer.Servers.Respond(transaction, Accept(request, user, reader, now), now);
    }

    /// <summary>All of it or nothing (§10.3 step 7).</summary>
    private RegisterRefusal? Apply(
        SipRequest request, string user, bool dropsAll, List<RegisteredContact> asked, Instant now, out RegistrationResult result)
    {
        var known = Contacts.Of(user);
        var kept = known.ToList();
        var dropped = dropsAll ? known : [.. known.Where(old => asked.Exists(old.IsReplacedBy))];
        result = RegistrationResult.Unregistered;
        if (dropped.Any(old => old.CallId == request.CallId && request.CSeq.Number <= old.Sequence))
            return new RegisterRefusal(RegistrationResult.OutOfOrder, 500, "A newer REGISTER was there before");
        kept.RemoveAll(dropped.Contains);
        var isNew = false;
        foreach (var contact in asked.Where(contact => contact.ExpiresAt > now))
        {
            var before = dropped.FirstOrDefault(old => old.IsReplacedBy(contact));
            isNew |= before is null;
            result = RegistrationResult.Refreshed;
            kept.RemoveAll(old => old.IsReplacedBy(contact)); // the same one twice in this request
            kept.Add(before is null ? contact : contact with { RegisteredAt = before.RegisteredAt });
        }
        if (kept.Count > _options.MaxContacts && kept.Count > known.Count)
            return new RegisterRefusal(RegistrationResult.TooManyContacts, 403, "Too many contacts of this user");
        if (kept.Count > known.Count && Contacts.Count + kept.Count - known.Count > _options.MaxBindings)
            return Unavailable();
        if (isNew)
            result = RegistrationResult.Registered;
        if (kept.Count > 0 || known.Count > 0)
            Contacts.Replace(user, kept, isNew ? PhoneChangeKind.Registered
                : kept.Count < known.Count ? PhoneChangeKind.Gone : PhoneChangeKind.Refreshed);
        return null;
    }

    /// <summary>200 with every contact and the time that is left to it (§10.3 step 8).</summary>
    private SipResponse Accept(SipRequest request, string user, RegisterReader reader, Instant now)
    {
        var response = _agent.CreateResponse(request, 200, _agent.Layer.Context.NewTag());
        foreach (var contact in Contacts.Of(user))
            response.Headers.Add("Contact", Write(contact, now));
        foreach (var hop in request.Headers.All("Path"))
            response.Headers.Add("Path", hop);
        response.Headers.Add("Supported", string.Join(", ", Extensions));
        if (reader.IsOutbound)
            response.Headers.Add("Require", "outbound");
        return response;
    }

    private static string Write(RegisteredContact contact, Instant now)
    {
        var left = Math.Max(1, (long)Math.Ceiling((contact.ExpiresAt - now).TotalSeconds));
        var parameters = SipParameters.None.With("expires", $"{left}");
        if (contact.Q < 1)
            parameters = parameters.With("q", contact.Q.ToString("0.###", CultureInfo.InvariantCulture));
        if (contact.Instance is { } instance)
            parameters = parameters.With("+sip.instance", instance);
        if (contact.RegId is { } regId)
            parameters = parameters.With("reg-id", $"{regId}");
        return new NameAddr(null, contact.Uri, parameters).ToString();
    }

    private void Refuse(ServerTransaction transaction, RegisterRefusal refusal, Instant now) => _agent.Layer.Servers.Respond(
        transaction, CreateRefusal(transaction.Request, refusal, _agent.Layer.Context.NewTag()), now);

    private SipResponse CreateRefusal(SipRequest request, RegisterRefusal refusal, string tag)
    {
        Count(refusal.Result);
        var response = _agent.CreateResponse(request, refusal.Status, tag, refusal.Reason);
        foreach (var (name, value) in refusal.Headers)
            response.Headers.Add(name, value);
        return response;
    }

    private RegisterRefusal Unavailable() =>
        new(RegistrationResult.Unavailable, 503, null, new SipHeader("Retry-After", _agent.RandomSeconds(30)));

    private void Count(RegistrationResult result) => Interlocked.Increment(ref _results[(int)result]);
}
