using System.Collections.Concurrent;
using Gateway.Sip.Auth;
using Gateway.Sip.Trunks;
using Gateway.Storage.Directory;

namespace Gateway.Worker.Agents;

/// <summary>
/// The secrets of registered phones: first those of the configuration, then those of agents in PostgreSQL. While it is unavailable a phone
/// that was found before goes on by what was found; of any other nothing is known, which is an exception and not a refusal.
/// </summary>
internal sealed class StoredPhones(IPhoneCredentials configured, AgentStore agents, TimeProvider time) : IPhoneCredentials
{
    /// <summary>Shorter than a phone's request is kept waiting by the registrar.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    /// <summary>Of phones that there are, so that nobody else makes it grow.</summary>
    private readonly ConcurrentDictionary<string, DigestSecrets> _found = new();

    public async ValueTask<DigestSecrets?> FindAsync(string user, string realm, CancellationToken cancellation)
    {
        if (await configured.FindAsync(user, realm, cancellation) is { } known)
            return known;
        if (user.Contains('\0', StringComparison.Ordinal))
            return null; // no text that a column holds
        using var timeout = new CancellationTokenSource(Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            if (await agents.FindPhoneSecretAsync(user, realm, either.Token).WaitAsync(either.Token) is { } secret)
                return _found[user] = new DigestSecrets { Md5 = secret.Md5, Sha256 = secret.Sha256 };
            _found.TryRemove(user, out _);
            return null;
        }
        catch (Exception) when (_found.TryGetValue(user, out var before)) // Whatever keeps PostgreSQL from answering, the phone stays.
        {
            return before;
        }
    }
}
