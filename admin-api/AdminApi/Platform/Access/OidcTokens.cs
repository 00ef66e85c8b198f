using Gateway.Calls;
using Media.Protocols.Primitives;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace AdminApi.Platform;

/// <summary>
/// Bearer tokens of an OpenID Connect issuer: JWTs whose signature, issuer, audience and lifetime ASP.NET's handler finds good. Their
/// scopes are the words of the scope claim behind a prefix: `gateway:read gateway:operate`. The issuer's keys are read from its discovery
/// document, and again when a token is signed by one that is not known.
/// </summary>
internal static class OidcTokens
{
    private const string Scheme = JwtBearerDefaults.AuthenticationScheme;

    /// <summary>
    /// The algorithms with a key pair: a token whose algorithm needs a shared secret could be signed by whoever knows the public key.
    /// </summary>
    private static readonly string[] Algorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];

    /// <summary>
    /// Registers the handler alone: AddAuthentication would bring data protection too, whose keys it writes to the disk for nobody.
    /// </summary>
    public static void AddOidcTokens(this IServiceCollection services, OidcOptions options)
    {
        // The only scheme would be asked before every request, outside the error edge and for API keys too.
        AppContext.SetSwitch("Microsoft.AspNetCore.Authentication.SuppressAutoDefaultScheme", true);
        services.AddAuthenticationCore();
        services.AddWebEncoders();
        services.AddSingleton<IPostConfigureOptions<JwtBearerOptions>, JwtBearerPostConfigureOptions>();
        new AuthenticationBuilder(services).AddScheme<JwtBearerOptions, JwtBearerHandler>(Scheme, bearer =>
        {
            bearer.Authority = options.Issuer;
            bearer.RequireHttpsMetadata = !new Uri(options.Issuer).IsLoopback;
            bearer.MapInboundClaims = false;
            bearer.TokenValidationParameters = new TokenValidationParameters
            {
                ValidIssuer = options.Issuer,
                ValidAudience = options.Audience,
                ValidAlgorithms = Algorithms,
                ClockSkew = TimeSpan.FromMinutes(1),
            };
            bearer.Events = new JwtBearerEvents { OnMessageReceived = AskIssuerAsync };
        });
    }

    /// <summary>The caller whom a token names, or null where the token does not hold.</summary>
    /// <exception cref="TimeoutException">The issuer does not answer.</exception>
    public static async Task<Caller?> ReadAsync(HttpContext context, string token, OidcOptions options)
    {
        context.Items[Scheme] = token;
        var result = await context.AuthenticateAsync(Scheme);
        if (result.Principal?.FindFirst(JwtRegisteredClaimNames.Sub)?.Value is not { Length: > 0 } subject)
            return null;
        var words = result.Principal.FindAll(options.ScopeClaim).SelectMany(claim => claim.Value.Split(' ')).ToHashSet();
        return new Caller(
            $"oidc:{subject}", [.. Enum.GetValues<Scope>().Where(scope => words.Contains(options.ScopePrefix + WireName.Of(scope)))],
            options.AgentClaim.Length > 0 ? Caller.AgentOf(result.Principal.FindFirst(options.AgentClaim)?.Value) : null);
    }

    /// <summary>The issuer's discovery document.</summary>
    /// <exception cref="TimeoutException">The issuer does not answer.</exception>
    public static async Task<OpenIdConnectConfiguration> DiscoverAsync(HttpContext context)
    {
        var bearer = context.RequestServices.GetRequiredService<IOptionsMonitor<JwtBearerOptions>>().Get(Scheme);
        try
        {
            return await bearer.ConfigurationManager!.GetConfigurationAsync(context.RequestAborted);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new TimeoutException("The issuer of tokens does not answer.", e);
        }
    }

    /// <summary>Without the issuer's keys nothing can be said of a token; the handler alone would call it wrong.</summary>
    private static async Task AskIssuerAsync(MessageReceivedContext message)
    {
        message.Token = message.HttpContext.Items[Scheme] as string;
        await DiscoverAsync(message.HttpContext);
    }
}
