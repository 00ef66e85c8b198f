using AdminApi.Accounts;
using AdminApi.Agents;
using AdminApi.Auditing;
using AdminApi.Browser;
using AdminApi.Calls;
using AdminApi.Channels;
using AdminApi.Contacts;
using AdminApi.Events;
using AdminApi.Flows;
using AdminApi.Keys;
using AdminApi.MissedCalls;
using AdminApi.Nodes;
using AdminApi.Platform;
using AdminApi.Rating;
using AdminApi.Statistics;
using AdminApi.Supervisor;
using AdminApi.Voicemails;
using AdminApi.Webhooks;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Records;
using Gateway.Storage;
using Gateway.Storage.Admin;
using Gateway.Storage.Calls;
using Gateway.Storage.Commands;
using Gateway.Storage.Events;
using Gateway.Storage.Nodes;
using Gateway.Storage.Parking;
using Gateway.Storage.Tracing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Npgsql;
using StackExchange.Redis;

namespace AdminApi;

/// <summary>The admin API's composition root. Bound to loopback by default.</summary>
public static class AdminApiHost
{
    /// <summary>The minimum data rate in bytes per second; a slower body is answered 408.</summary>
    private const double SlowestBody = 16 * 1024;

    public static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        if (builder.Configuration["urls"] is null && !builder.Configuration.GetSection("Kestrel:Endpoints").Exists())
            builder.WebHost.UseUrls(Binding.DefaultUrl);
        var options = (builder.Configuration.GetSection(AdminApiOptions.Section)
            .Get<AdminApiOptions>(binder => binder.ErrorOnUnknownConfiguration = true) ?? new AdminApiOptions()).Validated();
        Binding.RefuseOpenDoors(builder.Configuration, options);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = options.MaxBody;
            kestrel.Limits.MaxRequestLineSize = InputText.MaxRequestLine;
            kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(SlowestBody, gracePeriod: TimeSpan.FromSeconds(5));
        });
        builder.Logging.ClearProviders().AddJsonConsole(console => console.UseUtcTimestamp = true)
            .AddFilter("Microsoft", LogLevel.Warning)
            .AddFilter("Microsoft.AspNetCore.Authentication", LogLevel.None); // a silent issuer is logged at the request's edge
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddEventDescriptions(); // before the platform's description, which goes over the schemas of all
        builder.AddPlatform(options);
        AddStores(builder.Services, options);
        builder.Services.AddChannels();
        builder.Services.AddContacts(options);

        var app = builder.Build();
        var keepAlive = TimeSpan.FromSeconds(20);
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = keepAlive, KeepAliveTimeout = keepAlive });
        app.UsePlatform(options);
        app.MapGet("/healthz", () => "ok\n").AllowAnonymous().ExcludeFromDescription();
        app.MapConsole();
        MapResources(app.MapV1());
        return app;
    }

    private static void MapResources(RouteGroupBuilder api)
    {
        api.MapConsoleLinks();
        api.MapPhoneTickets();
        api.MapCalls();
        api.MapLiveCalls();
        api.MapNodes();
        api.MapNodeList();
        api.MapCallControl();
        api.MapClickToCall();
        api.MapParkedCalls();
        api.MapMissedCalls();
        api.MapAgents();
        api.MapAgentStates();
        api.MapPhoneSecrets();
        api.MapGroups();
        api.MapFlows();
        api.MapFlowDryRun();
        api.MapFlowRoutes();
        api.MapAudio();
        api.MapSupervisor();
        api.MapStatistics();
        api.MapVoicemails();
        api.MapChannels();
        api.MapCallingCountries();
        api.MapContacts();
        api.MapEvents();
        api.MapWebhooks();
        api.MapDeliveries();
        api.MapKeys();
        api.MapAudit();
        api.MapAccountsAndLedger();
        api.MapRating();
    }

    private static void AddStores(IServiceCollection services, AdminApiOptions options)
    {
        services.AddSingleton(_ => Database.Open(options.Postgres, PasswordFile.Of(options.PostgresPasswordFile)));
        services.AddSingleton(_ => RedisConnection.Open(
            options.Redis, PasswordFile.Of(options.RedisPasswordFile), options.RedisAuthorityPath));
        services.AddSingleton<ICallStore, PostgresCallStore>();
        services.AddSingleton<ICallRegistry>(s => new RedisCallRegistry(s.GetRequiredService<IConnectionMultiplexer>(), "admin-api"));
        services.AddSingleton<CallTraceStore>();
        services.AddSingleton<CallTraceReader>();
        services.AddSingleton<CallCaptureStore>();
        services.AddSingleton<KeyStore>();
        services.AddSingleton<IdempotencyStore>();
        services.AddSingleton<ConsoleSessionStore>();
        services.AddSingleton<AuditStore>();
        services.AddSingleton<MissedCallStore>();
        services.AddSingleton<ParkedCallStore>();
        services.AddSingleton<EventReader>();
        services.AddSingleton<EventPositions>();
        services.AddSingleton<EventRetention>();
        services.AddSingleton<EventHead>();
        services.AddHostedService(s => s.GetRequiredService<EventHead>());
        services.AddSingleton<WebhookStore>();
        services.AddSingleton<WebhookOutbox>();
        services.AddSingleton<WebhookNetwork>();
        services.AddSingleton<WebhookSender>();
        services.AddHostedService<WebhookDeliveries>();
        services.AddHostedService<Housekeeping>();
        services.AddSingleton<NodeCommands>();
        services.AddSingleton<NodeLeases>();
        services.AddAgents();
        services.AddAccounts();
        services.AddStatistics();
        services.AddRating();
    }
}
