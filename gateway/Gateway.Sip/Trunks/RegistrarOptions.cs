using Gateway.Sip.Auth;

namespace Gateway.Sip.Trunks;

/// <summary>
/// The registrar of a trunk whose peers are phones that register with us (RFC 3261 §10.3): whom it lets in and what it keeps.
/// </summary>
public sealed record RegistrarOptions
{
    /// <summary>The realm of the challenge: what a phone's password is for.</summary>
    public required string Realm { get; init; }

    public required IPhoneCredentials Credentials { get; init; }

    /// <summary>The store that knows the tickets of WebSockets; null: none opens one for a user.</summary>
    public IPhoneTickets? Tickets { get; init; }

    /// <summary>The shortest registration that is granted; a shorter one is answered 423 (§10.3 step 7). At most an hour.</summary>
    public TimeSpan MinExpires { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The longest one: who asks for more, or names no time, is granted this.</summary>
    public TimeSpan MaxExpires { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Contacts of one user.</summary>
    public int MaxContacts { get; init; } = 5;

    /// <summary>Contacts of all users.</summary>
    public int MaxBindings { get; init; } = 20_000;

    /// <summary>The time for which one nonce may be used.</summary>
    public TimeSpan NonceLifetime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The time for which found credentials are believed, and for which an unknown user stays unknown.</summary>
    public TimeSpan CredentialLifetime { get; init; } = TimeSpan.FromSeconds(30);

    public LockOutOptions LockOut { get; init; } = new();

    /// <summary>What lets calls of other nodes ring the phones; null: they are rung by calls of this node only.</summary>
    public EdgeOptions? Edge { get; init; }
}

/// <summary>When wrong credentials lock a source out.</summary>
public sealed record LockOutOptions
{
    /// <summary>
    /// Wrong credentials of one user from one address (IPv6: one /64) within <see cref="Window"/> that lock the two out; ten times as many
    /// of any users lock out the address.
    /// </summary>
    public int Failures { get; init; } = 10;

    public TimeSpan Window { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The first lock-out; each further one is twice as long, up to <see cref="MaxDuration"/>.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromMinutes(5);

    public TimeSpan MaxDuration { get; init; } = TimeSpan.FromHours(1);
}

/// <summary>The store that knows the phones' secrets.</summary>
public interface IPhoneCredentials
{
    /// <summary>
    /// Null: there is no such user. May take its time; an exception is answered 503. Called from several threads, never twice at one time
    /// for one user.
    /// </summary>
    /// <param name="user">As the phone wrote it, not checked.</param>
    /// <param name="realm">Hashes have to be made for it.</param>
    /// <param name="cancellation">The endpoint stops, or has waited too long.</param>
    ValueTask<DigestSecrets?> FindAsync(string user, string realm, CancellationToken cancellation);
}

/// <summary>The store that knows the tickets by which WebSockets are opened for one user, without a password.</summary>
public interface IPhoneTickets
{
    /// <summary>
    /// The user that the ticket is for, who is a registered phone's; null: there is no such ticket, or it was taken before. May take its
    /// time; an exception is answered 503. Called from several threads.
    /// </summary>
    ValueTask<string?> TakeAsync(string ticket, CancellationToken cancellation);
}
