using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AdminApi.Platform;
using Microsoft.AspNetCore.WebUtilities;

namespace AdminApi.Browser;

/// <summary>
/// Log-in at the console by an OpenID Connect issuer: the code flow with PKCE (RFC 7636), the code exchanged by this program and not by the
/// browser. The issuer's access token then has to hold like any other, and its scopes are the session's; it is not kept.
/// </summary>
internal static class OidcLogIn
{
    /// <summary>The state and the verifier of a log-in, in the browser that began it; sent when the issuer returns it.</summary>
    private const string Cookie = "gateway_console_oidc";

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10), CookieLifetime = TimeSpan.FromMinutes(10);

    private static readonly HttpClient Http = new() { Timeout = Timeout };

    public static async Task<IResult> BeginAsync(HttpContext context, AdminApiOptions options)
    {
        if (options.Oidc.ClientId.Length == 0)
            return Problems.NotFound.Of("No issuer is configured for the console.");
        var issuer = await OidcTokens.DiscoverAsync(context);
        var (state, verifier) = (Random(), Random());
        context.Response.Cookies.Append(Cookie, $"{state}.{verifier}", CookieOptions(context));
        return Results.Redirect(QueryHelpers.AddQueryString(issuer.AuthorizationEndpoint, new Dictionary<string, string?>
        {
            ["response_type"] = "code",
            ["client_id"] = options.Oidc.ClientId,
            ["redirect_uri"] = Callback(context),
            ["scope"] = options.Oidc.RequestScopes,
            ["state"] = state,
            ["code_challenge"] = WebEncoders.Base64UrlEncode(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))),
            ["code_challenge_method"] = "S256",
        }));
    }

    /// <summary>Where the issuer sends the browser back to. Errors are shown by the log-in page.</summary>
    public static async Task<IResult> EndAsync(
        HttpContext context, string? code, string? state, AdminApiOptions options, Credentials credentials, SessionCookie sessions,
        Limits limits)
    {
        var begun = (context.Request.Cookies[Cookie] ?? "").Split('.');
        context.Response.Cookies.Delete(Cookie, CookieOptions(context));
        if (options.Oidc.ClientId.Length == 0 || code is null || begun is not [{ Length: > 0 } expected, var verifier] || state != expected)
            return Results.Redirect($"{ConsoleFiles.Path}/#error=oidc");
        // Anybody can make up a cookie and its state, and each code is a request to the issuer: it counts like a key that may be wrong.
        using var lease = limits.CountWrongKey(context);
        if (!lease.IsAcquired)
            return Limits.Problem(context, lease);
        if (await ExchangeAsync(context, code, verifier, options.Oidc) is not { } token
            || await credentials.FindCallerAsync(context, token) is not { Scopes.Count: > 0 } caller)
            return Results.Redirect($"{ConsoleFiles.Path}/#error=oidc");
        await sessions.BeginAsync(context, caller);
        return Results.Redirect($"{ConsoleFiles.Path}/");
    }

    /// <summary>The access token of a code (RFC 6749 §4.1.3); null where the issuer refuses.</summary>
    private static async Task<string?> ExchangeAsync(HttpContext context, string code, string verifier, OidcOptions options)
    {
        var issuer = await OidcTokens.DiscoverAsync(context);
        using var request = new HttpRequestMessage(HttpMethod.Post, issuer.TokenEndpoint);
        request.Content = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "authorization_code",
            ["code"] = code,
            ["redirect_uri"] = Callback(context),
            ["client_id"] = options.ClientId,
            ["code_verifier"] = verifier,
        });
        if (options.ClientSecretFile is { } file)
        {
            var secret = (await File.ReadAllTextAsync(file, context.RequestAborted)).Trim();
            var pair = $"{Uri.EscapeDataString(options.ClientId)}:{Uri.EscapeDataString(secret)}";
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)));
        }
        try
        {
            using var answer = await Http.SendAsync(request, context.RequestAborted);
            if (!answer.IsSuccessStatusCode)
                return null;
            var body = await JsonSerializer.DeserializeAsync<JsonElement>(
                await answer.Content.ReadAsStreamAsync(context.RequestAborted), cancellationToken: context.RequestAborted);
            return body.TryGetProperty("access_token", out var token) ? token.GetString() : null;
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or OperationCanceledException
            && !context.RequestAborted.IsCancellationRequested)
        {
            return null;
        }
    }

    private static string Callback(HttpContext context) =>
        $"{context.Request.Scheme}://{context.Request.Host}{ConsoleFiles.Path}/oidc/callback";

    private static string Random() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    private static CookieOptions CookieOptions(HttpContext context) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Lax,
        Secure = context.Request.IsHttps,
        Path = ConsoleFiles.Path + "/oidc",
        MaxAge = CookieLifetime,
    };
}
