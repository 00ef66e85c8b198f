using Gateway.Storage.Admin;
using Gateway.Storage.Events;

namespace AdminApi.Platform;

/// <summary>Deletes expired idempotent responses and ended deliveries once an hour.</summary>
public sealed class Housekeeping(IdempotencyStore answers, WebhookOutbox outbox) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var hour = new PeriodicTimer(TimeSpan.FromHours(1));
        while (await hour.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await answers.PurgeAsync(stoppingToken);
                await outbox.PurgeAsync(stoppingToken);
            }
            catch (Exception e) when (ErrorEdge.IsStoreUnavailable(e))
            {
                // The next hour retries.
            }
        }
    }
}
