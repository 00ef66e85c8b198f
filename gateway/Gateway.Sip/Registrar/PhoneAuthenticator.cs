using Gateway.Sip.Auth;
using Gateway.Sip.Messages;
using Gateway.Sip.Transactions;
using Gateway.Sip.Trunks;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Registrar;

/// <summary>The verdict on who sent a request.</summary>
public enum PhoneOutcome
{
    /// <summary>The user has proved itself.</summary>
    Accepted,

    /// <summary>No credentials: challenge.</summary>
    Missing,

    /// <summary>The nonce is too old, not ours or was used before: challenge with stale.</summary>
    Stale,

    /// <summary>A wrong password or no such user; which of them is not said.</summary>
    Wrong,

    /// <summary>The connection was opened for another user than From names.</summary>
    NotTheUser,

    /// <summary>Too many of those came from there lately.</summary>
    LockedOut,

    /// <summary>The store did not answer, or too many requests wait for it.</summary>
    Unavailable,
}

/// <summary>The outcome, and the user that the request named; empty when it named none.</summary>
public readonly record struct PhoneVerdict(PhoneOutcome Outcome, string User);

/// <summary>Whoever wants to know who sent a request.</summary>
public interface IAuthenticationUser
{
    /// <summary>May come before <see cref="PhoneAuthenticator.Authenticate"/> returns.</summary>
    void HandleVerdict(ServerTransaction transaction, PhoneVerdict verdict, Instant now);
}

/// <summary>
/// Finds out which phone sent a request: by the user that its connection was opened for, else by digest. The store's answers come later:
/// <see cref="TryPollLookup"/> names the users it is to be asked for, and their requests wait. Only proofs of a nonce of ours that is not
/// too old reach the store.
/// </summary>
public sealed class PhoneAuthenticator
{
    /// <summary>Users that the store is asked for at one time.</summary>
    internal const int MaxLookups = 64;

    /// <summary>Requests that wait for it.</summary>
    internal const int MaxWaiting = 1000;

    /// <summary>Nonces proved within one lifetime: phones that register every minute with a new one each time, 13,000 of them.</summary>
    private const int MaxNonces = 65_536;

    private const int MaxUserLength = 128;

    private readonly RegisteredFlows _phones;
    private readonly DigestServer _digest;
    private readonly SecretsCache _cache;
    private readonly LockOuts _lockOuts;
    private readonly Dictionary<string, List<(ServerTransaction Transaction, IAuthenticationUser User)>> _waiting = [];
    private readonly Queue<string> _lookups = new();
    private int _waitingCount;

    /// <param name="options">The registrar's.</param>
    /// <param name="phones">Knows the connections that were opened for a user, which need no digest.</param>
    /// <param name="algorithms">Of challenges.</param>
    /// <param name="entropy">For nonces.</param>
    public PhoneAuthenticator(
        RegistrarOptions options, RegisteredFlows phones, IReadOnlyList<DigestAlgorithm> algorithms, IEntropy entropy)
    {
        _phones = phones;
        _digest = new DigestServer(options.Realm, entropy, options.NonceLifetime, algorithms, MaxNonces);
        _cache = new SecretsCache(options.CredentialLifetime);
        _lockOuts = new LockOuts(options.LockOut);
    }

    /// <summary>A request that proves nothing can be challenged without keeping anything of it.</summary>
    public bool HasProof(SipRequest request, SipFlow flow) => _digest.Find(request) is not null || _phones.UserOf(flow) is not null;

    public SipResponse Challenge(SipRequest request, string toTag, Instant now, bool isStale) =>
        _digest.Challenge(request, toTag, now, isStale);

    public void Authenticate(ServerTransaction transaction, IAuthenticationUser user, Instant now)
    {
        if (_phones.UserOf(transaction.Flow) is { } admitted)
        {
            var from = transaction.Request.From.Uri;
            var isUser = from.IsSip && from.User == admitted;
            user.HandleVerdict(
                transaction, new PhoneVerdict(isUser ? PhoneOutcome.Accepted : PhoneOutcome.NotTheUser, admitted), now);
            return;
        }
        var credentials = _digest.Find(transaction.Request);
        var name = credentials?.User ?? "";
        PhoneOutcome? known = credentials is null ? PhoneOutcome.Missing
            : !_digest.IsFresh(credentials, now) ? PhoneOutcome.Stale
            : name.Length is 0 or > MaxUserLength ? PhoneOutcome.Wrong
            : _lockOuts.IsLocked(transaction.Flow.Remote, name, now) ? PhoneOutcome.LockedOut
            : null;
        if (known is { } outcome)
            user.HandleVerdict(transaction, new PhoneVerdict(outcome, name), now);
        else if (_cache.TryGet(name, now, out var secrets))
            Verify(transaction, name, secrets, user, now);
        else if (!TryWait(transaction, name, user))
            user.HandleVerdict(transaction, new PhoneVerdict(PhoneOutcome.Unavailable, name), now);
    }

    /// <summary>
    /// A user whom the store is to be asked for; <see cref="HandleSecrets"/> or <see cref="HandleLookupFailure"/> follows.
    /// </summary>
    public bool TryPollLookup(out string user) => _lookups.TryDequeue(out user!);

    /// <param name="user">As <see cref="TryPollLookup"/> named it.</param>
    /// <param name="secrets">Null: there is no such user.</param>
    /// <param name="now">For the cache.</param>
    public void HandleSecrets(string user, DigestSecrets? secrets, Instant now)
    {
        _cache.Put(user, secrets, now);
        foreach (var (transaction, asker) in TakeWaiting(user))
            Verify(transaction, user, secrets, asker, now);
    }

    /// <summary>The store did not answer; nothing is known of the user.</summary>
    public void HandleLookupFailure(string user, Instant now)
    {
        foreach (var (transaction, asker) in TakeWaiting(user))
            asker.HandleVerdict(transaction, new PhoneVerdict(PhoneOutcome.Unavailable, user), now);
    }

    /// <summary>Whoever waits on this connection is gone.</summary>
    internal void HandleFlowClosed(SipFlow flow)
    {
        foreach (var waiting in _waiting.Values)
            _waitingCount -= waiting.RemoveAll(one => one.Transaction.Flow.Connection == flow.Connection);
    }

    private bool TryWait(ServerTransaction transaction, string name, IAuthenticationUser user)
    {
        if (_waitingCount >= MaxWaiting)
            return false;
        if (!_waiting.TryGetValue(name, out var waiting))
        {
            if (_waiting.Count >= MaxLookups)
                return false;
            _waiting.Add(name, waiting = []);
            _lookups.Enqueue(name);
        }
        waiting.Add((transaction, user));
        _waitingCount++;
        return true;
    }

    private List<(ServerTransaction Transaction, IAuthenticationUser User)> TakeWaiting(string user)
    {
        if (!_waiting.Remove(user, out var waiting))
            return [];
        _waitingCount -= waiting.Count;
        waiting.RemoveAll(one => one.Transaction.IsFinal); // cancelled meanwhile
        return waiting;
    }

    private void Verify(ServerTransaction transaction, string name, DigestSecrets? secrets, IAuthenticationUser user, Instant now)
    {
        var source = transaction.Flow.Remote;
        var outcome = _digest.Verify(transaction.Request, _ => secrets, now) switch
        {
            DigestVerdict.Accepted => PhoneOutcome.Accepted,
            DigestVerdict.Missing => PhoneOutcome.Missing,
            DigestVerdict.Stale => PhoneOutcome.Stale,
            _ => PhoneOutcome.Wrong,
        };
        if (outcome == PhoneOutcome.Wrong)
            _lockOuts.AddFailure(source, name, now);
        else if (outcome == PhoneOutcome.Accepted)
            _lockOuts.Forget(source, name);
        user.HandleVerdict(transaction, new PhoneVerdict(outcome, name), now);
    }
}
