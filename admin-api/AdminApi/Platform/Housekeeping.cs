using Gateway.Storage.Admin;
using Gateway.Storage.Events;

namespace AdminApi.Platform;

/// <summary>Deletes expired idempotent responses and log-ins, ended deliveries, and events whose time is over, once an hour.</summary>
public sealed partial class Housekeeping(
    IdempotencyStore answers, WebhookOutbox outbox, ConsoleSessionStore sessions, EventRetention events, AdminApiOptions options,
    TimeProvider time, ILogger<Housekeeping> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var hour = new PeriodicTimer(TimeSpan.FromHours(1), time);
        while (await hour.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await answers.PurgeAsync(stoppingToken);
                await outbox.PurgeAsync(stoppingToken);
                await sessions.PurgeAsync(stoppingToken);
                if (options.KeepEvents is { } kept)
                    await events.PurgeAsync(time.GetUtcNow() - kept, stoppingToken);
            }
            catch (Exception e) when (ErrorEdge.IsStoreUnavailable(e))
            {
                // The next hour retries.
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Failed(log, e);
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "What has expired could not be deleted; tried again in an hour")]
    private static partial void Failed(ILogger log, Exception thrown);
}
