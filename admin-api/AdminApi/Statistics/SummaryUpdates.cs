using AdminApi.Platform;
using Gateway.Storage.Statistics;

namespace AdminApi.Statistics;

/// <summary>Counts ended calls into their summaries, every few seconds. Without PostgreSQL it pauses, and goes on where it was.</summary>
public sealed partial class SummaryUpdates(CallSummaries summaries, ILogger<SummaryUpdates> log) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause);
        do
        {
            try
            {
                while (await summaries.AdvanceAsync(stoppingToken))
                {
                }
            }
            catch (Exception e) when (ErrorEdge.IsStoreUnavailable(e))
            {
                // The next round retries.
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Failed(log, e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(LogLevel.Error, "Calls could not be counted; tried again")]
    private static partial void Failed(ILogger log, Exception thrown);
}
