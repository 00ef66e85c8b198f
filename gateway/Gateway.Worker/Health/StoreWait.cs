using System.Net.Sockets;
using System.Runtime.InteropServices;
using Gateway.Worker.Configuration;
using Npgsql;
using StackExchange.Redis;

namespace Gateway.Worker.Health;

/// <summary>
/// Waits at start for what the gateway cannot begin without: PostgreSQL and, where Redis is found by Sentinels, the name of its primary. A
/// single Redis or a Cluster may come later.
/// </summary>
internal static class StoreWait
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1), Reminder = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Waits with the HTTP listeners open: /healthz is 200, /readyz 503 with the reason, and webhooks get 503, so that Meta retries them.
    /// SIGHUP reads the configuration again meanwhile: it may be what is wrong.
    /// </summary>
    /// <param name="options">The configuration to begin with.</param>
    /// <param name="readAgain">The configuration as it is now, or the one given where it cannot be used.</param>
    /// <param name="time">The clock.</param>
    /// <returns>The configuration whose stores have come; null: a stop was requested meanwhile.</returns>
    public static async Task<GatewayOptions?> ForRunAsync(
        GatewayOptions options, Func<GatewayOptions, GatewayOptions> readAgain, TimeProvider time)
    {
        var change = new CancellationTokenSource();
        using var signal = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            change.Cancel();
        });
        while (await AbsenceAsync(options.Storage) is { } absence)
        {
            if (!await WaitAsync(options, absence, time, change.Token))
                return null;
            if (!change.IsCancellationRequested)
                continue;
            change = new CancellationTokenSource();
            options = readAgain(options);
        }
        return options;
    }

    /// <summary>Returns when the stores have come, or the configuration may have changed. False: a stop was requested.</summary>
    private static async Task<bool> WaitAsync(GatewayOptions options, string absence, TimeProvider time, CancellationToken change)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => HttpListeners.Listen(kestrel, options.Http));
        builder.Logging.ClearProviders().AddJsonConsole(console => console.UseUtcTimestamp = true).AddFilter("Microsoft", LogLevel.Warning);
        await using var app = builder.Build();
        app.UseListeners(options.Http.WebhookPath);
        app.MapGet("/healthz", () => Results.Text("ok\n"));
        app.MapFallback(() =>
            Results.Json(new { ready = false, checks = new { start = absence } }, statusCode: StatusCodes.Status503ServiceUnavailable));
        await app.StartAsync(CancellationToken.None);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(app.Lifetime.ApplicationStopping, change);
        await UntilAsync(options.Storage, time, absence, text => Log.Waits(app.Logger, absence = text), end.Token);
        var isStopping = app.Lifetime.ApplicationStopping.IsCancellationRequested;
        await app.StopAsync(CancellationToken.None);
        return !isStopping;
    }

    /// <summary>Waits until PostgreSQL answers, and reports the reason to <paramref name="say"/>.</summary>
    public static async Task ForMigrationAsync(StorageOptions storage, TimeProvider time, Action<string> say)
    {
        if (await AbsenceAsync(storage) is { } absence)
            await UntilAsync(storage, time, absence, say, CancellationToken.None);
    }

    private static async Task UntilAsync(
        StorageOptions storage, TimeProvider time, string absence, Action<string> say, CancellationToken stop)
    {
        var said = "";
        var saidAt = 0L;
        for (string? reason = absence; reason is not null; reason = await AbsenceAsync(storage))
        {
            if (reason != said || time.GetElapsedTime(saidAt) > Reminder)
            {
                say(reason);
                (said, saidAt) = (reason, time.GetTimestamp());
            }
            await Task.Delay(Pause, stop).ContinueWith(_ => { }, TaskScheduler.Default);
            if (stop.IsCancellationRequested)
                return;
        }
    }

    /// <summary>Null: everything required is available. Throws on faults that waiting does not cure, such as a wrong password.</summary>
    private static async Task<string?> AbsenceAsync(StorageOptions storage)
    {
        try
        {
            await using var database = storage.OpenPostgresProbe();
            await using var connection = await database.OpenConnectionAsync();
        }
        catch (Exception e) when (IsUnavailable(e))
        {
            return "PostgreSQL does not answer: " + e.Message;
        }
        var redis = storage.RedisOptions();
        if (redis.ServiceName is null)
            return null;
        try
        {
            await using var primary = await ConnectionMultiplexer.ConnectAsync(redis);
            return null;
        }
        catch (RedisConnectionException e)
        {
            return $"No Sentinel names the primary of {redis.ServiceName}: {e.Message}";
        }
    }

    private static bool IsUnavailable(Exception e) => e switch
    {
        PostgresException { SqlState: var state } =>
            state.StartsWith("57P0", StringComparison.Ordinal) || state == PostgresErrorCodes.TooManyConnections,
        NpgsqlException or SocketException or TimeoutException => true,
        _ => false,
    };
}

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "The gateway is waiting and takes no calls: {Reason}")]
    public static partial void Waits(ILogger logger, string reason);
}
