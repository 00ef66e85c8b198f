using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace AdminApi.Tests.Kit;

/// <summary>An OpenID Connect issuer: a discovery document, a key, and tokens of any content.</summary>
public sealed class TokenIssuer : IAsyncDisposable
{
    private RsaSecurityKey _key = new(RSA.Create(2048)) { KeyId = "one" };
    private readonly ConcurrentDictionary<string, (string Challenge, string Token)> _codes = new();
    private WebApplication _app = null!;

    public string Url { get; private set; } = "";

    /// <summary>The number of codes that it was asked to exchange, whatever it answered.</summary>
    public int Exchanges { get; private set; }

    public async Task StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.MapGet("/.well-known/openid-configuration", () => Results.Json(new
        {
            issuer = Url, jwks_uri = Url + "/keys", authorization_endpoint = Url + "/authorize", token_endpoint = Url + "/token",
        }));
        _app.MapPost("/token", ExchangeAsync);
        _app.MapGet("/keys", () =>
        {
            var key = JsonWebKeyConverter.ConvertFromRSASecurityKey(
                new RsaSecurityKey(_key.Rsa.ExportParameters(false)) { KeyId = _key.KeyId });
            return Results.Json(new { keys = new[] { new { kty = key.Kty, use = "sig", kid = key.Kid, n = key.N, e = key.E } } });
        });
        await _app.StartAsync();
        Url = _app.Urls.First();
    }

    /// <summary>From now on tokens are signed by another key, and that one alone is published.</summary>
    public void Rotate(string keyId) => _key = new RsaSecurityKey(RSA.Create(2048)) { KeyId = keyId };

    /// <summary>The access token for a code, bound to the challenge of the request that asked for the code (RFC 7636 §4.6).</summary>
    public string Code(string challenge, string accessToken)
    {
        var code = Guid.NewGuid().ToString("n");
        _codes[code] = (challenge, accessToken);
        return code;
    }

    private async Task<IResult> ExchangeAsync(HttpRequest request)
    {
        Exchanges++;
        var form = await request.ReadFormAsync();
        var proof = Base64UrlEncoder.Encode(SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(form["code_verifier"].ToString())));
        return _codes.TryRemove(form["code"].ToString(), out var known) && known.Challenge == proof && form["client_id"] == "console"
            ? Results.Json(new { access_token = known.Token, token_type = "Bearer" })
            : Results.Json(new { error = "invalid_grant" }, statusCode: 400);
    }

    public string Token(
        object scope, string audience = "gateway", TimeSpan? lifetime = null, SigningCredentials? signedBy = null, string? issuer = null,
        string? subject = "anna")
    {
        var expires = DateTime.UtcNow + (lifetime ?? TimeSpan.FromMinutes(10));
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer ?? Url,
            Audience = audience,
            IssuedAt = expires.AddHours(-1),
            Expires = expires,
            Claims = subject is null
                ? new Dictionary<string, object> { ["scope"] = scope }
                : new() { ["sub"] = subject, ["scope"] = scope },
            SigningCredentials = signedBy ?? new SigningCredentials(_key, SecurityAlgorithms.RsaSha256),
        });
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
