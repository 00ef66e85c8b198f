using Gateway.Sip.Messages;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Auth;

/// <summary>What became of a challenge.</summary>
public enum DigestOutcome
{
    /// <summary>Credentials were put on the request: send it with a new branch and the next CSeq.</summary>
    Answered,
    /// <summary>The server has seen our proof and challenges again: user or password are wrong. Do not repeat.</summary>
    Refused,
    /// <summary>No challenge in the response is one we can answer.</summary>
    Unsupported,
}

/// <summary>
/// Answers 401 and 407 with one user and password, the strongest algorithm offered for each realm, and afterwards puts credentials on
/// requests before they are asked for (RFC 7616 §3.6, RFC 8760 §2.3). One for each trunk; used from one thread.
/// </summary>
public sealed class DigestClient(SipCredentials credentials, IEntropy entropy)
{
    /// <summary>A path with more realms than this does not exist; the bound keeps a peer from growing the list.</summary>
    private const int MaxRealms = 4;

    private readonly List<Session> _sessions = [];

    /// <summary>
    /// Puts credentials on <paramref name="request"/>, which still carries those of the try that <paramref name="response"/> refused.
    /// </summary>
    public DigestOutcome Answer(SipResponse response, SipRequest request)
    {
        var isProxy = response.StatusCode == 407;
        var challenges = StrongestByRealm(response, isProxy ? "Proxy-Authenticate" : "WWW-Authenticate");
        if (challenges.Count == 0)
            return DigestOutcome.Unsupported;
        foreach (var challenge in challenges)
        {
            if (!challenge.IsStale && WasAnsweredBy(request, isProxy, challenge.Realm))
                return DigestOutcome.Refused;
        }
        foreach (var challenge in challenges)
        {
            _sessions.RemoveAll(session => session.IsProxy == isProxy && session.Challenge.Realm == challenge.Realm);
            if (_sessions.Count == MaxRealms)
                _sessions.RemoveAt(0);
            _sessions.Add(new Session(challenge, isProxy));
        }
        Preempt(request);
        return DigestOutcome.Answered;
    }

    /// <summary>Replaces the request's credentials by fresh ones for every realm known so far; without any it does nothing.</summary>
    public void Preempt(SipRequest request)
    {
        request.Headers.Remove(HeaderName(isProxy: false));
        request.Headers.Remove(HeaderName(isProxy: true));
        foreach (var session in _sessions)
            request.Headers.Add(HeaderName(session.IsProxy), Prove(session, request).Write());
    }

    private DigestCredentials Prove(Session session, SipRequest request)
    {
        var challenge = session.Challenge;
        session.Uses++;
        var unproved = new DigestCredentials(credentials.User, challenge.Realm, challenge.Nonce, request.Uri.ToString(), "", challenge.Algorithm)
        {
            ClientNonce = challenge.HasQop ? entropy.NextHex(32) : null,
            NonceCount = challenge.HasQop ? session.Uses : null,
            Opaque = challenge.Opaque,
        };
        var response = DigestHash.Response(
            challenge.Algorithm, credentials.User, challenge.Realm, credentials.Password, request.Method.Name, unproved.Proof);
        return unproved with { Response = response };
    }

    /// <summary>
    /// The first use of a nonce answers the challenge that brought it; a later use was pre-emptive and may meet a nonce that had expired.
    /// </summary>
    private static bool WasAnsweredBy(SipRequest request, bool isProxy, string realm)
    {
        foreach (var text in request.Headers.All(HeaderName(isProxy)))
        {
            if (DigestCredentials.TryParse(text, out var tried) && tried.Realm == realm)
                return tried.NonceCount is null or 1;
        }
        return false;
    }

    private static List<DigestChallenge> StrongestByRealm(SipResponse response, string name)
    {
        List<DigestChallenge> strongest = [];
        foreach (var text in response.Headers.All(name))
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

    private static string HeaderName(bool isProxy) => isProxy ? "Proxy-Authorization" : "Authorization";

    private sealed class Session(DigestChallenge challenge, bool isProxy)
    {
        public DigestChallenge Challenge => challenge;

        public bool IsProxy => isProxy;

        public uint Uses { get; set; }
    }
}
