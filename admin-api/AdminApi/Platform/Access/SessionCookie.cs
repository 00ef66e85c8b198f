using System.Security.Cryptography;
using Gateway.Storage.Admin;
using Media.Protocols.Primitives;

namespace AdminApi.Platform;

/// <summary>
/// The session of somebody at the console: 256 random bits in a cookie that scripts cannot read and other sites' requests do not carry. A
/// request that changes anything counts only with a header that no form and no other origin can send.
/// </summary>
/// <param name="sessions">The log-ins.</param>
/// <param name="keys">A key that was exchanged for a session goes on limiting what it may do: one that is revoked ends it.</param>
/// <param name="time">The clock of this instance.</param>
public sealed class SessionCookie(ConsoleSessionStore sessions, KeyStore keys, TimeProvider time)
{
    public const string Name = "gateway_console";

    /// <summary>Any value.</summary>
    public const string Header = "X-Console";

    /// <summary>A working day; then the key or the issuer is asked again.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);

    private static readonly TimeSpan LinkLifetime = TimeSpan.FromMinutes(30);

    private const int SecretBytes = 32;

    /// <summary>True where the request may count as that of a page of ours. CONNECT opens a WebSocket (RFC 8441), as GET does.</summary>
    public static bool IsOwn(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsConnect(request.Method)
        || request.Headers.ContainsKey(Header);

    /// <summary>The caller of a request with a session that holds; null otherwise.</summary>
    public async Task<Caller?> FindCallerAsync(HttpContext context) =>
        IsOwn(context.Request) && await FindAsync(context) is { } session ? await CallerOfAsync(session, context.RequestAborted) : null;

    public async Task<ConsoleSession?> FindAsync(HttpContext context) =>
        context.Request.Cookies[Name] is { Length: > 0 and <= 128 } text
            ? await sessions.FindAsync(KeyText.HashOf(text), context.RequestAborted)
            : null;

    /// <summary>Begins a session of a caller, who was authenticated by other means.</summary>
    public Task BeginAsync(HttpContext context, Caller caller) => BeginAsync(context, SessionOf(caller, Lifetime));

    /// <summary>Begins the session of a link. False: it does not exist, has expired or was used.</summary>
    public async Task<bool> BeginAsync(HttpContext context, string link)
    {
        if (await sessions.UseLinkAsync(KeyText.HashOf(link), context.RequestAborted) is not { } session
            || await CallerOfAsync(session, context.RequestAborted) is null)
            return false;
        await BeginAsync(context, session with { ExpiresAt = time.GetUtcNow() + Lifetime });
        return true;
    }

    /// <summary>Makes a link for one log-in as the caller, and returns its secret text.</summary>
    public async Task<(string Text, DateTimeOffset ExpiresAt)> LinkAsync(Caller caller, CancellationToken cancellation)
    {
        var (text, link) = (NewText(), SessionOf(caller, LinkLifetime));
        await sessions.AddAsync(KeyText.HashOf(text), link, isLink: true, cancellation);
        return (text, link.ExpiresAt);
    }

    public async Task EndAsync(HttpContext context)
    {
        if (context.Request.Cookies[Name] is { Length: > 0 and <= 128 } text)
            await sessions.EndAsync(KeyText.HashOf(text), context.RequestAborted);
        context.Response.Cookies.Delete(Name, Options(context, null));
    }

    private async Task BeginAsync(HttpContext context, ConsoleSession session)
    {
        var text = NewText();
        await sessions.AddAsync(KeyText.HashOf(text), session, isLink: false, context.RequestAborted);
        context.Response.Cookies.Append(Name, text, Options(context, session.ExpiresAt));
    }

    private async Task<Caller?> CallerOfAsync(ConsoleSession session, CancellationToken cancellation)
    {
        var caller = new Caller(session.Actor, ScopesOf(session.Scopes), Caller.AgentOf(session.Agent))
        {
            IsKeylessSession = session.Key is null,
        };
        if (session.Key is { } key)
            return await keys.FindProofAsync(key, cancellation) is { } proof ? caller.Within(ScopesOf(proof.Scopes)) : null;
        return session.Actor == Caller.Configured && await keys.HasAdminAsync(cancellation) ? null : caller;
    }

    private ConsoleSession SessionOf(Caller caller, TimeSpan lifetime) => new()
    {
        Actor = caller.Actor,
        Key = caller.KeyId,
        Scopes = [.. caller.Scopes.Select(scope => WireName.Of(scope))],
        Agent = caller.Agent?.Value,
        ExpiresAt = time.GetUtcNow() + lifetime,
    };

    private static Scope[] ScopesOf(string[] scopes) => [.. scopes.Select(WireName.Parse<Scope>)];

    private static string NewText() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretBytes));

    private static CookieOptions Options(HttpContext context, DateTimeOffset? until) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = context.Request.IsHttps,
        Path = "/",
        Expires = until,
        IsEssential = true,
    };
}
