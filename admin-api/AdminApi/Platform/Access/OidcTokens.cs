using Gateway.Calls;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace AdminApi.Platform;

/// <summary>
/// Bearer tokens of an OpenID Connect issuer: JWTs with valid signature, issuer, audience and lifetime. Their scopes are the words of the
/// scope claim after a prefix: `gateway:read gateway:operate`. The issuer's keys are read from its discovery document and refreshed by the
/// library.
/// </summary>
public sealed class OidcTokens
{
    private readonly OidcOptions _options;
    private readonly ConfigurationManager<OpenIdConnectConfiguration> _issuer;
    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false };

    public OidcTokens(OidcOptions options)
    {
        _options = options;
        _issuer = new ConfigurationManager<OpenIdConnectConfiguration>(
            options.Issuer.TrimEnd('/') + "/.well-known/openid-configuration",
            new OpenIdConnectConfigurationRetriever(),
            new HttpDocumentRetriever { RequireHttps = !new Uri(options.Issuer).IsLoopback });
    }

    /// <summary>The caller of a token; null where it is not valid.</summary>
    /// <exception cref="InvalidOperationException">The issuer does not answer, so the token cannot be checked.</exception>
    public async Task<Caller?> ReadAsync(string token, CancellationToken cancellation)
    {
        await _issuer.GetConfigurationAsync(cancellation);
        var result = await _handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ConfigurationManager = _issuer,
            ValidIssuer = _options.Issuer,
            ValidAudience = _options.Audience,
            // Tokens signed by a shared secret could be forged by anyone who knows the public key.
            ValidAlgorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"],
            ClockSkew = TimeSpan.FromMinutes(1),
        });
        if (!result.IsValid || result.SecurityToken is not JsonWebToken jwt || string.IsNullOrEmpty(jwt.Subject))
            return null;
        var words = jwt.Claims.Where(claim => claim.Type == _options.ScopeClaim).SelectMany(claim => claim.Value.Split(' ')).ToHashSet();
        return new Caller($"oidc:{jwt.Subject}", [.. Enum.GetValues<Scope>().Where(scope => words.Contains(_options.ScopePrefix + WireName.Of(scope)))]);
    }
}
