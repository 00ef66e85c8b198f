using Gateway.Calls.Records;
using Gateway.Storage.Calls;
using Gateway.Worker.Configuration;
using Gateway.Worker.LostNodes;
using Media.Protocols.Primitives;
using Npgsql;

namespace Gateway.Worker.Billing;

/// <summary>
/// Maintains the store beside the calls: writes this node's heartbeat, closes what lost nodes left open, manages the monthly partitions of
/// call records, and deletes old offers.
/// </summary>
internal sealed partial class StoreMaintenance(
    LiveOptions live, NpgsqlDataSource database, OrphanSweeper sweeper, LostCalls lost, OutageAdmissionsUpdates outage,
    TimeProvider time, ILogger<StoreMaintenance> logger)
{
    private const int MonthsAhead = 2;

    /// <summary>Heartbeats and sweeps within the time after which a silent node is taken for lost.</summary>
    private const int BeatsInSilence = 6;

    private static readonly TimeSpan BetweenMonths = TimeSpan.FromHours(6);

    private readonly InstantClock _clock = new(time);
    private Instant _monthsAt;

    /// <summary>Runs before the first call: the spool of an earlier start has been settled, and what else it left open is closed.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        await lost.EndOwnAsync(new PostgresCallStore(database).KnowsAsync, cancellation);
        Report(await sweeper.SweepAsync(cancellation));
        await outage.RefreshAsync(cancellation);
        await KeepMonthsAsync(cancellation);
    }

    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                await Task.Delay(live.Options.Node.LostAfter / BeatsInSilence, time, cancellation);
                await KeepAsync(cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            await lost.StopAsync();
        }
    }

    private async Task KeepAsync(CancellationToken cancellation)
    {
        try
        {
            await sweeper.BeatAsync(cancellation); // first: where Redis is away, that is waited for below
            await lost.RefreshAsync(cancellation);
            Report(await sweeper.SweepAsync(cancellation));
            await outage.RefreshAsync(cancellation);
            await KeepMonthsAsync(cancellation);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            LogNotKept(e.Message); // whatever the store's fault: the next turn retries, and a node that stops goes on with that
        }
    }

    private async Task KeepMonthsAsync(CancellationToken cancellation)
    {
        if (_clock.Now < _monthsAt)
            return;
        var now = time.GetUtcNow();
        var months = new CallPartitions(database);
        try
        {
            var made = await months.MakeAsync(now, MonthsAhead, cancellation);
            var dropped = live.Options.Storage.KeepCalls is { } retention ? await months.DropAsync(now, retention, cancellation) : 0;
            if (made + dropped > 0)
                LogMonths(made, dropped);
            await new CallOffers(database).DeleteOldAsync(now, cancellation);
            _monthsAt = _clock.Now + BetweenMonths;
        }
        catch (PostgresException e) // Calls kept the tables busy: waiting loses nothing.
        {
            LogNotKept(e.MessageText);
        }
    }

    private void Report(SweepResult swept)
    {
        if (swept is { Calls: 0, Holds: 0 })
            return;
        AdmissionMetrics.Swept(swept.Calls, swept.Holds);
        LogSwept(swept.Calls, swept.Holds);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Closed what lost nodes left open: {Calls} call(s), {Holds} hold(s) without a call")]
    private partial void LogSwept(int calls, int holds);

    [LoggerMessage(Level = LogLevel.Information, Message = "Monthly partitions of call records: {Made} created, {Dropped} dropped")]
    private partial void LogMonths(int made, int dropped);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Maintenance of the store failed: {Reason}")]
    private partial void LogNotKept(string reason);
}
