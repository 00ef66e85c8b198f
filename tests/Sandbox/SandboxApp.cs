using System.Text.Json.Serialization;
using Sandbox.Calls;
using Sandbox.Control;
using Sandbox.Graph;
using Sandbox.Handsets;
using Sandbox.Numbers;
using Sandbox.Permissions;
using Sandbox.Phone;
using Sandbox.Users;
using Sandbox.Webhooks;

namespace Sandbox;

/// <summary>Composes the emulated WhatsApp.</summary>
public static class SandboxApp
{
    /// <param name="options">Set-up; null reads the section "Sandbox" of configuration, arguments and environment.</param>
    /// <param name="args">
    /// Command line, e.g. <c>--urls http://127.0.0.1:9100 --Sandbox:Numbers:0:WebhookUrl http://127.0.0.1:8080/webhooks/whatsapp</c>.
    /// </param>
    public static WebApplication Build(SandboxOptions? options = null, params string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        options ??= Read(builder.Configuration);
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning).AddFilter("System.Net.Http", LogLevel.Warning);
        var services = builder.Services;
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.Converters.Add(new JsonStringEnumConverter());
            json.SerializerOptions.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        });
        services.AddSingleton(options);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(_ => new HttpClient(
            new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = 64 }) { Timeout = Timeout.InfiniteTimeSpan });
        services.AddSingleton<KnobBox>().AddSingleton<FaultPlan>().AddSingleton<NumberStore>().AddSingleton<UserStore>()
            .AddSingleton<MessageLog>();
        services.AddSingleton<PermissionStore>().AddSingleton<PermissionReplies>().AddSingleton<WebhookBodies>()
            .AddSingleton<WebhookSender>();
        services.AddSingleton<PhoneHub>().AddSingleton<HandsetFactory>();
        services.AddSingleton<CallHandler>().AddSingleton<InboundCalls>().AddSingleton<OutboundCalls>();
        services.AddSingleton<CallsApi>().AddSingleton<SettingsApi>().AddSingleton<PermissionsApi>().AddSingleton<MessagesApi>();
        services.AddSingleton<GraphApi>().AddSingleton<AppApi>().AddSingleton<ControlApi>().AddSingleton<PhoneEndpoint>();

        services.AddRouting(
            routing => routing.SetParameterPolicy<Microsoft.AspNetCore.Routing.Constraints.RegexInlineRouteConstraint>("regex"));
        var app = builder.Build();
        app.UseWebSockets();
        app.MapGet("/", () => Results.Redirect("/phone"));
        app.Services.GetRequiredService<GraphApi>().Map(app);
        app.Services.GetRequiredService<AppApi>().Map(app);
        app.Services.GetRequiredService<ControlApi>().Map(app);
        app.Services.GetRequiredService<PhoneEndpoint>().Map(app);
        return app;
    }

    private static SandboxOptions Read(ConfigurationManager configuration)
    {
        var options = configuration.GetSection("Sandbox").Get<SandboxOptions>() ?? new SandboxOptions();
        // The binder appends to lists that have a default.
        var numbers = configuration.GetSection("Sandbox:Numbers").Get<NumberOptions[]>();
        return numbers is { Length: > 0 } ? options with { Numbers = numbers } : options;
    }
}
