using Gateway.Storage.Contacts;
using Npgsql;

namespace Gateway.Worker.Permissions;

/// <summary>Announces expired permissions, for timelines and streams. They expire without it.</summary>
internal sealed partial class PermissionSweep(ContactStore contacts, TimeProvider time, ILogger<PermissionSweep> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await contacts.AnnounceExpiredAsync(time.GetUtcNow(), stoppingToken);
            }
            catch (NpgsqlException e) // The next turn announces them.
            {
                LogFailure(e);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Expired permissions could not be announced")]
    private partial void LogFailure(Exception e);
}
