using Gateway.Sip.Messages;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Auth;

/// <summary>The outcome of a challenge.</summary>
public enum DigestOutcome
{
    /// <summary>Credentials were put on the request: send it with a new branch and the next CSeq.</summary>
    Answered,
    /// <summary>
    /// The server has refused our proof of a nonce that it gave for this very request: user or password are wrong. Do not repeat.
    /// </summary>
    Refused,
    /// <summary>No challenge in the response is one we can answer.</summary>
    Unsupported,
}

/// <summary>
/// Answers 401 and 407 with one user and password, the strongest algorithm offered for each realm, and afterwards puts credentials on
/// requests before they are asked for (RFC 7616 §3.6, RFC 8760 §2.3). A refusal of such unasked credentials says nothing about the
/// password: servers without qop give every transaction a nonce of its own, others let theirs expire. One for each trunk; used from one
/// thread.
/// </summary>
public sealed class DigestClient(SipCredentials credentials, IEntropy entropy)
{
    /// <summary>A path with more realms than this does not exist; the bound keeps a peer from growing the list.</summary>
    private const int MaxRealms = 4;

    /// <summary>Challenges that one request answers: a proxy and a user agent server on the way, each with a nonce gone stale.</summary>
    private const int MaxAnswers = 4;

    /// <summary>The latest challenge first: a server with one realm may look at the first credentials only.</summary>
    private readonly List<Session> _sessions = [];

    /// <summary>
    /// Puts credentials on <paramref name="request"/>, which still carries those of the try that <paramref name="response"/> refused, and
    /// notes in its <see cref="SipRequest.AnsweredChallenges"/> what was answered.
    /// </summary>
    public DigestOutcome Answer(SipResponse response, SipRequest request)
    {
        var isProxy = response.StatusCode == 407;
        var challenges = StrongestByRealm(response, isProxy);
        if (challenges.Count == 0)
            return DigestOutcome.Unsupported;
        foreach (var challenge in challenges)
            _sessions.RemoveAll(session => session.IsFor(challenge.Realm, isProxy));
        var answered = request.AnsweredChallenges;
        if (answered.Count >= MaxAnswers
            || challenges.TrueForAll(challenge => !challenge.IsStale && answered.Contains((isProxy, challenge.Realm))))
            return DigestOutcome.Refused;

        _sessions.InsertRange(0, challenges.Select(challenge => new Session(challenge, isProxy, entropy.NextHex(32))));
        if (_sessions.Count > MaxRealms)
            _sessions.RemoveRange(MaxRealms, _sessions.Count - MaxRealms);
        request.AnsweredChallenges = [.. answered, .. challenges.Select(challenge => (isProxy, challenge.Realm))];
        Preempt(request);
        return DigestOutcome.Answered;
    }

    /// <summary>Replaces the request's credentials by fresh ones for every realm known so far; without any it does nothing.</summary>
    public void Preempt(SipRequest request)
    {
        request.Headers.Remove(CredentialsName(isProxy: false));
        request.Headers.Remove(CredentialsName(isProxy: true));
        foreach (var session in _sessions)
            request.Headers.Add(CredentialsName(session.IsProxy), Prove(session, request).Write());
    }

    /// <summary>Takes the nonce that a server wants for the next request (RFC 3261 §20.6, RFC 7615 §4).</summary>
    /// <param name="response">To <paramref name="request"/>, which it accepted.</param>
    /// <param name="request">As it was sent.</param>
    public void TakeNextNonce(SipResponse response, SipRequest request)
    {
        TakeNextNonce(response.Headers["Authentication-Info"], request, isProxy: false);
        TakeNextNonce(response.Headers["Proxy-Authentication-Info"], request, isProxy: true);
    }

    private void TakeNextNonce(string? text, SipRequest request, bool isProxy)
    {
        if (text is null || !DigestFields.TryParse("Digest " + text, out var fields) || !fields.TryGetValue("nextnonce", out var nonce))
            return;
        if (!DigestCredentials.TryParse(request.Headers[CredentialsName(isProxy)] ?? "", out var used))
            return;
        var at = _sessions.FindIndex(session => session.IsFor(used.Realm, isProxy) && session.Challenge.Nonce != nonce);
        if (at >= 0)
            _sessions[at] = new Session(_sessions[at].Challenge with { Nonce = nonce }, isProxy, entropy.NextHex(32));
    }

    private DigestCredentials Prove(Session session, SipRequest request)
    {
        var challenge = session.Challenge;
        session.Uses++;
        var hasQop = challenge.Qop != DigestQop.None;
        var unproved = new DigestCredentials(
            credentials.User, challenge.Realm, challenge.Nonce, request.Uri.ToString(), "", challenge.Algorithm)
        {
            ClientNonce = hasQop || challenge.IsSession ? session.ClientNonce : null,
            NonceCount = hasQop ? session.Uses : null,
            Qop = challenge.Qop,
            IsSession = challenge.IsSession,
            Opaque = challenge.Opaque,
        };
        var response = DigestHash.Response(
            challenge.Algorithm, credentials.User, challenge.Realm, credentials.Password, request.Method.Name, unproved.Proof,
            request.Body.Span);
        return unproved with { Response = response };
    }

    private static List<DigestChallenge> StrongestByRealm(SipResponse response, bool isProxy)
    {
        List<DigestChallenge> strongest = [];
        foreach (
            var text in response.Headers.All(isProxy ? "Proxy-Authenticate" : "WWW-Authenticate").SelectMany(DigestFields.SplitChallenges))
        {
            if (!DigestChallenge.TryParse(text, out var challenge))
                continue;
            var at = strongest.FindIndex(known => known.Realm == challenge.Realm);
            if (at >= 0 && challenge.Algorithm > strongest[at].Algorithm)
                strongest[at] = challenge;
            else if (at < 0 && strongest.Count < MaxRealms)
                strongest.Add(challenge);
        }
        return strongest;
    }

    private static string CredentialsName(bool isProxy) => isProxy ? "Proxy-Authorization" : "Authorization";

    /// <summary>One nonce in use. Its client nonce stays, since the "-sess" algorithms bind the whole session to the first one.</summary>
    private sealed class Session(DigestChallenge challenge, bool isProxy, string clientNonce)
    {
        public DigestChallenge Challenge => challenge;

        public bool IsProxy => isProxy;

        public string ClientNonce => clientNonce;

        public uint Uses { get; set; }

        public bool IsFor(string realm, bool proxy) => challenge.Realm == realm && isProxy == proxy;
    }
}
