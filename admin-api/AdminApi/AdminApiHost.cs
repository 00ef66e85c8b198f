using Gateway.Calls;
using Gateway.Storage;
using Gateway.Storage.Calls;
using Npgsql;
using StackExchange.Redis;

namespace AdminApi;

/// <summary>The admin API's composition root. Bound to loopback unless told otherwise.</summary>
public static class AdminApiHost
{
    public static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        if (builder.Configuration["urls"] is null)
            builder.WebHost.UseUrls("http://127.0.0.1:8081");
        var options = (builder.Configuration.GetSection(AdminApiOptions.Section).Get<AdminApiOptions>() ?? new AdminApiOptions()).Validated();

        builder.Services.AddProblemDetails();
        builder.Services.AddOpenApi();
        builder.Services.AddSingleton(_ => NpgsqlDataSource.Create(options.Postgres));
        builder.Services.AddSingleton<IConnectionMultiplexer>(_ => ConnectionMultiplexer.Connect(options.Redis));
        builder.Services.AddSingleton<ICallStore, PostgresCallStore>();
        builder.Services.AddSingleton<ICallRegistry>(s => new RedisCallRegistry(s.GetRequiredService<IConnectionMultiplexer>(), "admin-api"));

        var app = builder.Build();
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.UseApiKey(options.Key);
        app.MapGet("/healthz", () => "ok\n").ExcludeFromDescription();
        app.MapOpenApi("/openapi/v1.json");
        app.MapCalls();
        return app;
    }
}
