using Gateway.Calls;
using Gateway.Storage.Calls;
using Gateway.Worker.Calls;
using Gateway.Worker.Configuration;
using Media.Protocols.Primitives;
using Npgsql;

namespace Gateway.Worker.Books;

/// <summary>
/// Keeps the books in order beside the calls: shows that this node lives, closes what dead ones left open, and looks after the months that
/// call records are kept in.
/// </summary>
internal sealed partial class BookKeeper(
    GatewayOptions options, NpgsqlDataSource database, ICallStore store, LostCalls lost, AwayBookUpdates away, NodeStart start, TimeProvider time, InstantClock clock, ILogger<BookKeeper> logger)
{
    private const int MonthsAhead = 2;

    /// <summary>Heartbeats and sweeps in the time after which a silent node is taken for lost.</summary>
    private const int BeatsInSilence = 6;

    private static readonly TimeSpan BetweenMonths = TimeSpan.FromHours(6);

    private readonly OrphanSweeper _sweeper = new(database, new OrphanStore(store, lost), options.Node.Id, start.Value, options.Node.LostAfter);
    private Instant _monthsAt;

    /// <summary>Before the first call: the spool of an earlier start has been settled, and what it left open beside that is closed.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        await lost.EndOwnAsync(cancellation);
        Report(await _sweeper.SweepAsync(cancellation));
        await away.RefreshAsync(cancellation);
        await KeepMonthsAsync(cancellation);
    }

    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                await Task.Delay(options.Node.LostAfter / BeatsInSilence, time, cancellation);
                await KeepAsync(cancellation);
            }
        }
        catch (OperationCanceledException)
        {
            await lost.Idle;
        }
    }

    private async Task KeepAsync(CancellationToken cancellation)
    {
        try
        {
            await lost.RefreshAsync(cancellation);
            Report(await _sweeper.SweepAsync(cancellation));
            await away.RefreshAsync(cancellation);
            await KeepMonthsAsync(cancellation);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested) // Whatever ails the store, the next turn tries again.
        {
            LogNotKept(e.Message);
        }
    }

    private async Task KeepMonthsAsync(CancellationToken cancellation)
    {
        if (clock.Now < _monthsAt)
            return;
        var now = time.GetUtcNow();
        var months = new CallPartitions(database);
        try
        {
            var made = await months.MakeAsync(now, MonthsAhead, cancellation);
            var dropped = options.Storage.KeepCalls is { } retention ? await months.DropAsync(now, retention, cancellation) : 0;
            if (made + dropped > 0)
                LogMonths(made, dropped);
            _monthsAt = clock.Now + BetweenMonths;
        }
        catch (PostgresException e) // Calls kept the tables busy: nothing is lost by waiting.
        {
            LogNotKept(e.MessageText);
        }
    }

    private void Report(SweepResult swept)
    {
        if (swept is { Calls: 0, Holds: 0 })
            return;
        BookMetrics.Swept(swept.Calls, swept.Holds);
        LogSwept(swept.Calls, swept.Holds);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Closed what dead nodes left open: {Calls} call(s), {Holds} hold(s) of no call")]
    private partial void LogSwept(int calls, int holds);

    [LoggerMessage(Level = LogLevel.Information, Message = "Months of call records: {Made} made, {Dropped} dropped")]
    private partial void LogMonths(int made, int dropped);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The books could not be kept in order: {Reason}")]
    private partial void LogNotKept(string reason);
}
