using System.Security.Cryptography;
using System.Text;
using Gateway.Sip.Messages;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Auth;

/// <summary>The verdict on a request's credentials. A closed set: it is a metric label.</summary>
public enum DigestVerdict
{
    Accepted,
    /// <summary>No digest credentials for our realm: challenge.</summary>
    Missing,
    /// <summary>The nonce is not ours, has expired or was used with this count before: challenge with stale.</summary>
    Stale,
    /// <summary>Wrong user or password, or made for another URI: challenge again and count.</summary>
    Wrong,
}

/// <summary>
/// Challenges requests and checks the proofs (RFC 3261 §22, RFC 7616, RFC 8760). Nonces carry their own time under an HMAC, so nothing is
/// kept for a challenge; only nonces that were used with a right password are remembered, to refuse a repeated count. Used from one thread.
/// </summary>
public sealed class DigestServer
{
    private const int NonceBytes = 8 + 8 + 16;
    private const int MaxRememberedNonces = 4096;

    /// <summary>What an unknown user's proof is compared with: as long to compute as a known one's, and never right.</summary>
    private static readonly DigestSecrets Nobody = new() { Password = "" };

    private readonly string _realm;
    private readonly byte[] _key = new byte[32];
    private readonly IEntropy _entropy;
    private readonly TimeSpan _lifetime;
    private readonly int _maxRemembered;
    private readonly IReadOnlyList<DigestAlgorithm> _algorithms;
    private readonly Dictionary<string, uint> _highestCounts = [];
    private readonly Queue<(Instant Expiry, string Nonce)> _expiries = new();

    /// <param name="realm">Shown to the peer's user.</param>
    /// <param name="entropy">For the key, which lives as long as this object, and for nonces.</param>
    /// <param name="lifetime">How long a nonce may be used.</param>
    /// <param name="algorithms">What is challenged with, in this order; null is all there are, the strongest first.</param>
    /// <param name="maxRemembered">Nonces remembered at one time: so many different ones may be proved within a lifetime.</param>
    public DigestServer(
        string realm, IEntropy entropy, TimeSpan lifetime, IReadOnlyList<DigestAlgorithm>? algorithms = null,
        int maxRemembered = MaxRememberedNonces)
    {
        (_realm, _entropy, _lifetime, _maxRemembered) = (realm, entropy, lifetime, maxRemembered);
        _algorithms = algorithms ?? [DigestAlgorithm.Sha256, DigestAlgorithm.Md5];
        entropy.Fill(_key);
    }

    /// <param name="request">With Authorization, or Proxy-Authorization when <paramref name="asProxy"/>.</param>
    /// <param name="secretsOf">Null for an unknown user.</param>
    /// <param name="now">For the nonce's age.</param>
    /// <param name="asProxy">Whether 407 is our way to challenge.</param>
    public DigestVerdict Verify(SipRequest request, Func<string, DigestSecrets?> secretsOf, Instant now, bool asProxy = false) =>
        Find(request, asProxy) is { } credentials
            ? Verify(request, credentials, secretsOf(credentials.User), now)
            : DigestVerdict.Missing;

    /// <summary>The request's credentials for our realm, not checked yet; null: it has none.</summary>
    public DigestCredentials? Find(SipRequest request, bool asProxy = false)
    {
        foreach (var text in request.Headers.All(asProxy ? "Proxy-Authorization" : "Authorization"))
        {
            if (DigestCredentials.TryParse(text, out var credentials) && credentials.Realm == _realm)
                return credentials;
        }
        return null;
    }

    /// <summary>The nonce is one of ours and not too old: the proof is worth a look.</summary>
    public bool IsFresh(DigestCredentials credentials, Instant now) => IsAlive(credentials.Nonce, now, out _);

    /// <summary>401 or 407 with one challenge for each algorithm (RFC 8760 §2.3).</summary>
    public SipResponse Challenge(SipRequest request, string toTag, Instant now, bool isStale, bool asProxy = false)
    {
        var response = SipResponse.CreateFor(request, asProxy ? 407 : 401, toTag);
        var nonce = CreateNonce(now);
        foreach (var algorithm in _algorithms)
        {
            var challenge = new DigestChallenge(_realm, nonce, algorithm, IsStale: isStale);
            response.Headers.Add(asProxy ? "Proxy-Authenticate" : "WWW-Authenticate", challenge.ToString());
        }
        return response;
    }

    /// <summary>The hash is computed for unknown users and dead nonces too: the time it takes reveals nothing.</summary>
    private DigestVerdict Verify(SipRequest request, DigestCredentials credentials, DigestSecrets? secrets, Instant now)
    {
        var algorithm = credentials.Algorithm;
        var secret = (secrets ?? Nobody).For(algorithm, credentials.User, _realm);
        var isKnown = secrets is not null & secret is not null;
        var expected = DigestHash.Response(algorithm, secret ?? "", request.Method.Name, credentials.Proof, request.Body.Span);
        var isOffered = _algorithms.Contains(algorithm) && !credentials.IsSession;
        var isRight = FixedTimeEquals(expected, credentials.Response) & isKnown & isOffered;
        var isForThisUri = SipUri.TryParse(credentials.Uri, out var uri) && IsSameResource(uri, request.Uri);
        if (!IsAlive(credentials.Nonce, now, out var expiry))
            return DigestVerdict.Stale;
        if (!isRight || !isForThisUri)
            return DigestVerdict.Wrong;
        return Remember(credentials, expiry, now) ? DigestVerdict.Accepted : DigestVerdict.Stale;
    }

    /// <summary>
    /// Proxies rewrite Request-URIs on the way: another host name, port or transport, a "+" or "user=phone" put on or taken off (RFC 7616
    /// §3.4.6 has the server judge what names the same resource). Whom the request is for has to be what was proved; the nonce is ours
    /// anyway.
    /// </summary>
    private static bool IsSameResource(SipUri proved, SipUri requested) =>
        (proved.IsSip || proved.IsTel) && (requested.IsSip || requested.IsTel) && NumberOrName(proved) == NumberOrName(requested);

    private static string NumberOrName(SipUri uri)
    {
        var user = uri.Subscriber ?? "";
        var digits = string.Concat(user.Where(c => c is not ('-' or '.' or '(' or ')' or ' '))).TrimStart('+');
        return digits.Length > 0 && !digits.AsSpan().ContainsAnyExceptInRange('0', '9') ? digits : user;
    }

    /// <summary>False when the count was used before. Without qop there is no count, and one nonce serves once.</summary>
    private bool Remember(DigestCredentials credentials, Instant expiry, Instant now)
    {
        while (_expiries.TryPeek(out var oldest) && (oldest.Expiry <= now || _expiries.Count > _maxRemembered))
            _highestCounts.Remove(_expiries.Dequeue().Nonce);

        var count = credentials.NonceCount ?? uint.MaxValue;
        if (_highestCounts.TryGetValue(credentials.Nonce, out var highest))
        {
            if (count <= highest)
                return false;
        }
        else if (_highestCounts.Count >= _maxRemembered)
            return false;
        else
            _expiries.Enqueue((expiry, credentials.Nonce));
        _highestCounts[credentials.Nonce] = count;
        return true;
    }

    // 8 bytes time, 8 bytes entropy, 16 bytes HMAC-SHA256 of both.
    private string CreateNonce(Instant now)
    {
        Span<byte> nonce = stackalloc byte[NonceBytes];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(nonce, now.Ticks);
        _entropy.Fill(nonce[8..16]);
        Seal(nonce[..16], nonce[16..]);
        return Convert.ToHexStringLower(nonce);
    }

    private bool IsAlive(string nonce, Instant now, out Instant expiry)
    {
        expiry = default;
        Span<byte> bytes = stackalloc byte[NonceBytes];
        if (nonce.Length != NonceBytes * 2 || Convert.FromHexString(nonce, bytes, out _, out _) != System.Buffers.OperationStatus.Done)
            return false;
        Span<byte> seal = stackalloc byte[16];
        Seal(bytes[..16], seal);
        if (!CryptographicOperations.FixedTimeEquals(seal, bytes[16..]))
            return false;
        expiry = new Instant(System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(bytes)) + _lifetime;
        return now < expiry;
    }

    private void Seal(ReadOnlySpan<byte> content, Span<byte> seal)
    {
        Span<byte> mac = stackalloc byte[32];
        HMACSHA256.HashData(_key, content, mac);
        mac[..seal.Length].CopyTo(seal);
    }

    private static bool FixedTimeEquals(string expected, string given) =>
        CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(expected), Encoding.ASCII.GetBytes(given.ToLowerInvariant()));
}
