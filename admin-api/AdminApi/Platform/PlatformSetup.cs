using System.Text.Json.Serialization;
using Gateway.Storage;

namespace AdminApi.Platform;

/// <summary>Composes the platform: services, the order of the middleware, and the group into which every resource is mapped.</summary>
public static class PlatformSetup
{
    public static void AddPlatform(this WebApplicationBuilder builder, AdminApiOptions options)
    {
        var services = builder.Services;
        services.AddSingleton(options);
        services.AddSingleton<Limits>();
        services.AddSingleton<Credentials>();
        services.AddSingleton<SessionCookie>();
        if (options.Oidc.Issuer.Length > 0)
            services.AddOidcTokens(options.Oidc);
        services.Configure<RouteHandlerOptions>(handlers => handlers.ThrowOnBadRequest = true);
        services.ConfigureHttpJsonOptions(json =>
        {
            JsonText.Configure(json.SerializerOptions);
            json.SerializerOptions.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
            json.SerializerOptions.AllowDuplicateProperties = false;
            json.SerializerOptions.RespectNullableAnnotations = true;
            json.SerializerOptions.RespectRequiredConstructorParameters = true;
        });
        services.AddApiDescription();
    }

    public static void UsePlatform(this WebApplication app, AdminApiOptions options)
    {
        app.UseTrustedProxies(options);
        app.UseMiddleware<RequestLog>();
        app.UseMiddleware<ErrorEdge>();
        app.UseMiddleware<Authentication>();
        app.UseMiddleware<InputText>();
        app.UseMiddleware<Idempotency>();
        app.MapOpenApi("/openapi/{documentName}.json").Requires(Scope.Read);
    }

    /// <summary>The group for resources: `api.MapGroup("/calls").WithTags("calls")`, each
    /// operation with a name, a summary and a scope.</summary>
    public static RouteGroupBuilder MapV1(this WebApplication app)
    {
        var api = app.MapGroup("/v1");
        api.AddEndpointFilterFactory(QueryNames.Filter);
        api.AddEndpointFilter(ETags.FilterAsync);
        return api;
    }
}
