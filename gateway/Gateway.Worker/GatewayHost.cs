using Gateway.Calls;
using Gateway.Calls.Admission;
using Gateway.Calls.Agents;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Records;
using Gateway.Sip;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Trunks;
using Gateway.Storage;
using Gateway.Storage.Accounts;
using Gateway.Storage.Agents;
using Gateway.Storage.Calls;
using Gateway.Storage.Directory;
using Gateway.Storage.Nodes;
using Gateway.Storage.Rating;
using Gateway.WhatsApp.Graph;
using Gateway.WhatsApp.Meta;
using Gateway.WhatsApp.Webhooks;
using Gateway.Worker.Agents;
using Gateway.Worker.Billing;
using Gateway.Worker.Calls;
using Gateway.Worker.Channels;
using Gateway.Worker.Commands;
using Gateway.Worker.Configuration;
using Gateway.Worker.Health;
using Gateway.Worker.Legs;
using Gateway.Worker.Logs;
using Gateway.Worker.LostNodes;
using Gateway.Worker.Metrics;
using Gateway.Worker.Nodes;
using Gateway.Worker.Parking;
using Gateway.Worker.Permissions;
using Gateway.Worker.Reload;
using Gateway.Worker.Spool;
using Gateway.Worker.Tracing;
using Gateway.Worker.Webhooks;
using Media.Engine;
using Media.Engine.Loop;
using Media.Protocols.Primitives;
using Npgsql;
using StackExchange.Redis;

namespace Gateway.Worker;

/// <summary>The composition root: every part of the gateway is made here, from one set of validated options.</summary>
public static class GatewayHost
{
    /// <summary>The capacity of the webhook queue; beyond it Meta is asked to retry.</summary>
    private const int WebhookQueueCapacity = 1000;

    /// <param name="options">Validated.</param>
    /// <param name="path">The file that they came from, for reloads; null: they stay.</param>
    public static WebApplication Build(GatewayOptions options, string? path = null)
    {
        // The host would watch all below the working directory, which may hold the spool, for changes of a file that is not read.
        var builder = WebApplication.CreateSlimBuilder(["--hostBuilder:reloadConfigOnChange=false"]);
        var budget = DescriptorBudget.Of(options, DescriptorBudget.ReadLimit());
        var logs = new LogSwitch();
        logs.Set(options.Log.Level);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxConcurrentConnections = budget.HttpConnections;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            HttpListeners.Listen(kestrel, options.Http);
        });
        builder.Logging.ClearProviders()
            .AddJsonConsole(console => (console.UseUtcTimestamp, console.TimestampFormat) = (true, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'"))
            .AddFilter("Microsoft", LogLevel.Warning).AddFilter("System.Net.Http", LogLevel.Warning)
            .AddFilter(logs.Passes).SetMinimumLevel(LogLevel.Trace);
        LimitedLogs.Wrap(builder.Services);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = NodeDrain.LongestOf(options, options.Calls.Ending));
        builder.Services.AddReload(options, path, logs, TimeProvider.System.GetUtcNow());
        AddGateway(builder.Services, options, budget);

        var app = builder.Build();
        app.UseListeners(options.Http.WebhookPath);
        app.MapHealth();
        app.MapWhatsAppWebhooks(
            new WebhookEndpointOptions
            {
                Path = options.Http.WebhookPath,
                AppSecrets = [.. options.WhatsApp.AppSecrets.Select(secret => secret.Reveal())],
                VerifyToken = options.WhatsApp.VerifyToken.Reveal(),
            },
            app.Services.GetRequiredService<WebhookQueue>(), app.Services.GetRequiredService<TimeProvider>(),
            app.Services.GetRequiredService<MetaClock>(), app.Services.GetRequiredService<WebhookSecrets>());
        app.Services.GetRequiredService<MetricsExporter>();
        ReloadMetrics.Started(app.Services.GetRequiredService<LiveOptions>().Snapshot.AppliedAt);
        app.Services.GetRequiredService<TrunkMetrics>();
        app.Services.GetRequiredService<GcPauses>();
        app.Services.GetRequiredService<GroupGauges>();
        return app;
    }

    /// <summary>What begins calls, and what is told them.</summary>
    private static void AddIntake(IServiceCollection services)
    {
        services.AddSingleton<OfferClaims>();
        services.AddSingleton<LateOffers>();
        services.AddSingleton<PickUpCalls>();
        services.AddSingleton<FeatureCodeCalls>();
        services.AddSingleton<CallSupervisor>();
        services.AddSingleton<CallEventHandler>();
        services.AddSingleton<EventIntake>();
        services.AddSingleton<NodeIntake>();
    }

    private static void AddGateway(IServiceCollection services, GatewayOptions options, DescriptorBudget budget)
    {
        services.AddSingleton(options);
        services.AddSingleton(budget);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<InstantClock>();
        services.AddSingleton<IEntropy>(SystemEntropy.Instance);
        services.AddSingleton<MetricsExporter>();
        services.AddSingleton<GcPauses>();

        AddStores(services, options);
        AddEdges(services, options, budget);

        services.AddSingleton<RecordSpool>();
        services.AddSingleton<NodeCapacity>();
        services.AddSingleton<IAdmissionStore>(
            s => new PostgresAdmissionStore(s.GetRequiredService<NpgsqlDataSource>(), s.GetRequiredService<LiveOptions>().Permissions));
        services.AddSingleton<CallHolds>();
        services.AddSingleton<LostPhones>();
        services.AddSingleton<LostCalls>();
        services.AddSingleton<LostCallEnds>();
        services.AddSingleton<OrphanEnds>();
        services.AddSingleton(s => new OutageAdmissions(() => s.GetRequiredService<LiveOptions>().Options.Calls.OutageCap));
        services.AddSingleton<AccountStore>();
        services.AddSingleton<RateStore>();
        services.AddSingleton<OutageAdmissionsUpdates>();
        services.AddSingleton(s => new OrphanSweeper(
            s.GetRequiredService<NpgsqlDataSource>(), s.GetRequiredService<OrphanEnds>().CompleteAsync, options.Node.Id,
            s.GetRequiredService<NodeStart>().Value, options.Node.LostAfter));
        services.AddSingleton<StoreMaintenance>();
        services.AddSingleton<AdmissionLookup>();
        services.AddSingleton<CallAdmission>();
        services.AddSingleton(options.Quality);
        services.AddSingleton<CallServices>();
        services.AddSingleton<CallFactory>();
        services.AddPermissions();
        services.AddChannels();
        services.AddSingleton<NonCallEvents>();
        AddIntake(services);
        services.AddSingleton<CallCaptures>();
        services.AddSingleton<CallControl>();
        services.AddSingleton<NodeStores>();
        services.AddSingleton<NodeDrain>();
        services.AddTracing(options); // stops after the service whose calls end with it
        services.AddSingleton<GatewayService>();
        services.AddHostedService(s => s.GetRequiredService<GatewayService>());
        services.AddSingleton(s => new ClockWatch(
            s.GetRequiredService<MetaClock>(), s.GetRequiredService<ChannelSync>().AskForAll, s.GetRequiredService<TimeProvider>(),
            s.GetRequiredService<ILogger<ClockWatch>>()));
        services.AddHostedService(s => s.GetRequiredService<ClockWatch>());
        services.AddAgents(); // after the service that brings the database up to date
        services.AddHostedService<PermissionSweep>();
        services.AddParkedCalls();
        services.AddHostedService<CommandHandler>();
        services.AddHostedService<CallWaitingNotices>();
    }

    private static void AddStores(IServiceCollection services, GatewayOptions options)
    {
        services.AddSingleton(_ => options.Storage.OpenPostgres());
        services.AddSingleton<IConnectionMultiplexer>(_ => ConnectionMultiplexer.Connect(options.Storage.RedisOptions()));
        services.AddSingleton<PostgresCallStore>();
        services.AddSingleton<NodeStart>();
        services.AddSingleton(s => new RedisCallRegistry(s.GetRequiredService<IConnectionMultiplexer>(), options.Node.Id));
        services.AddSingleton<ICallRegistry>(Registry);
        services.AddSingleton<NodeLease>();
        services.AddSingleton<NodeLeases>();
        services.AddSingleton<CallOwners>();
        services.AddSingleton<LeaseLoop>();
        services.AddSingleton<CallSnapshotStore>();
        services.AddSingleton<CallSnapshots>();
        services.AddSingleton<NodeSigns>();
        services.AddSingleton<OwnershipStores>();
        services.AddSingleton<CallTaker>();
        services.AddSingleton<Takeovers>();
        services.AddSingleton<CallMoves>();
        services.AddSingleton<ClusterMember>();
        services.AddSingleton<NodeInbox>();
        services.AddSingleton<EventForwarder>();
        services.AddSingleton<InboxLoop>();
        services.AddSingleton<StoreProbes>();
        services.AddSingleton<IRedisWitness>(
            s => new RedisWitness(options.Node, s.GetRequiredService<NodeSigns>(), s.GetRequiredService<TimeProvider>()));
        services.AddSingleton(s => new ResilientAgentRegistry(
            new RedisAgentRegistry(s.GetRequiredService<IConnectionMultiplexer>()), options.Node.Id, options.Storage.AgentsTimeout,
            s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<ResilientAgentRegistry>>(),
            s.GetRequiredService<IRedisWitness>()));
        services.AddSingleton<IAgentRegistry>(s => s.GetRequiredService<ResilientAgentRegistry>());
    }

    /// <summary>Registers what talks to Meta, to PBXs and carries media.</summary>
    private static void AddEdges(IServiceCollection services, GatewayOptions options, DescriptorBudget budget)
    {
        services.AddSingleton<MetaClock>();
        services.AddSingleton(s => new GraphClient(
            new HttpClient(new GatedHandler(s.GetRequiredService<NodeLease>(), GraphClient.CreateHandler()))
            {
                Timeout = Timeout.InfiniteTimeSpan,
            },
            options.WhatsApp.Graph,
            s.GetRequiredService<TimeProvider>(), s.GetRequiredService<MetaClock>(), s.GetRequiredService<ILogger<GraphClient>>()));
        services.AddSingleton(new WebhookQueue(WebhookQueueCapacity));
        services.AddSingleton(s => new MediaEngine(
            options.Media, TimeProvider.System, s.GetRequiredService<ILogger<MediaEngine>>(), s.GetRequiredService<NodeLease>()));
        services.AddSingleton<IPhoneCredentials>(
            s => new StoredPhones(
                new ConfiguredPhones(options.Sip.Registrar.Phones), s.GetRequiredService<AgentStore>(), TimeProvider.System));
        services.AddSingleton(s => new SipEndpoint(
            Trunks.Endpoint(Now(s), budget, s.GetRequiredService<IPhoneCredentials>(), s.GetRequiredService<IPhoneTickets>()),
            s.GetRequiredService<IEntropy>(),
            TimeProvider.System, s.GetRequiredService<ILoggerFactory>(), gate: s.GetRequiredService<NodeLease>(),
            tap: s.GetRequiredService<SipTraces>()));
        services.AddSingleton(
            s => new TrunkMetrics(() => Now(s).Trunks.Keys, s.GetRequiredService<SipEndpoint>().GetTrunkHealth,
            () => s.GetRequiredService<SipEndpoint>().CertificateExpiries, s.GetRequiredService<TimeProvider>()));
        services.AddSingleton(s => new PbxTrunks(s.GetRequiredService<SipEndpoint>(), Trunks.ForCalls(Now(s))));
    }

    private static ConfigurationSnapshot Now(IServiceProvider services) => services.GetRequiredService<LiveOptions>().Snapshot;

    private static ResilientRegistry Registry(IServiceProvider services)
    {
        var registry = new ResilientRegistry(services.GetRequiredService<RedisCallRegistry>(), services.GetRequiredService<TimeProvider>());
        services.GetRequiredService<IConnectionMultiplexer>().ConnectionRestored += (_, restored) =>
        {
            if (restored.ConnectionType == ConnectionType.Interactive)
                _ = registry.ShowAgainAsync(CancellationToken.None);
        };
        return registry;
    }
}
