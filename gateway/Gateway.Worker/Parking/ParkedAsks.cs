using Gateway.Calls.Permissions;
using Gateway.Storage.Contacts;
using Gateway.Storage.Parking;
using Gateway.Worker.Calls;
using Gateway.Worker.Permissions;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Parking;

/// <summary>
/// Asks the users of parked calls for permission: once for each call, when the limits of requests allow it. Where one was asked already and
/// has not answered, the call waits for that answer.
/// </summary>
internal sealed partial class ParkedAsks(
    ParkedPlacementStore store, CallSupervisor calls, PermissionAsker asker, MetaPermissions meta, ContactStore contacts, TimeProvider time,
    ILogger<ParkedAsks> logger) : BackgroundService
{
    private const int AtOnce = 10;

    /// <summary>Between two looks; and the pause after what no time lifts: a closed window without a template, a failure at Meta.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1), Later = TimeSpan.FromMinutes(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                var due = await store.TakeAsksAsync(calls.Channels, AtOnce, time.GetUtcNow(), stoppingToken);
                await Task.WhenAll(due.Select(ask => AskAsync(ask, stoppingToken)));
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested) // What is not done is due again in a minute.
            {
                LogFailure(e);
            }
        }
    }

    private async Task AskAsync(DueAsk due, CancellationToken cancellation)
    {
        var contact = await meta.RefreshAsync(due.Channel, due.User, cancellation)
            ?? await contacts.FindAsync(due.Channel, due.User, cancellation);
        var now = time.GetUtcNow();
        if (PermissionRules.IsPermitted(contact?.Permission, now))
            return; // Meta knew of it; the next look at parked calls sees it
        if (PermissionRules.StateAt(contact?.Permission, now) == PermissionState.Requested)
        {
            await store.AskedAsync(due.Id, now, cancellation);
            return;
        }
        var result = await asker.AskAsync(new PermissionAsk(due.Channel, due.User, due.By), CancellationToken.None);
        await (result.IsSent
            ? store.AskedAsync(due.Id, now, CancellationToken.None)
            : store.AskLaterAsync(
                due.Id, result.Verdict?.FreeAt ?? now + Later, result.Verdict?.Broken is { } rule ? WireName.Of(rule) : "whatsapp_error",
                CancellationToken.None));
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Users of parked calls could not be asked")]
    private partial void LogFailure(Exception e);
}
