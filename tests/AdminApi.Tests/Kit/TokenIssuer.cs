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
    private WebApplication _app = null!;

    public string Url { get; private set; } = "";

    public async Task StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.MapGet("/.well-known/openid-configuration", () => Results.Json(new { issuer = Url, jwks_uri = Url + "/keys" }));
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
