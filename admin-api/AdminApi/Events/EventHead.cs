using Gateway.Storage.Events;
using Npgsql;

namespace AdminApi.Events;

/// <summary>
/// The head of the event stream: polls for new events, gives positions to those that are committed, and releases those who follow. Without
/// PostgreSQL it pauses, and recovers automatically.
/// </summary>
/// <remarks>
/// It polls instead of being notified: PostgreSQL lets transactions that notify commit only one after the other, each waiting for the disk,
/// which would delay the settlement of calls (measured: 0.8 to 1.7 thousand commits a second instead of 6.5 to 10).
/// </remarks>
public sealed partial class EventHead(EventPositions positions, ILogger<EventHead> log) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    /// <summary>The pause between two polls while another instance gives the positions.</summary>
    private static readonly TimeSpan Busy = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);

    private volatile TaskCompletionSource _moved = New();
    private long _position = -1;

    /// <summary>The last position that can be read; -1 until the store was first reached.</summary>
    public long Position => Volatile.Read(ref _position);

    /// <summary>Returns when there is an event after <paramref name="seen"/>.</summary>
    public async Task PassAsync(long seen, CancellationToken cancellation)
    {
        while (true)
        {
            var moved = _moved.Task;
            if (Position > seen)
                return;
            await moved.WaitAsync(cancellation);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await FollowAsync(stoppingToken);
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException or InvalidOperationException)
            {
                Unavailable(log, e.Message);
                await Task.Delay(Timeout, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task FollowAsync(CancellationToken stop)
    {
        while (true)
        {
            var (last, isWaiting) = await positions.LookAsync(stop);
            Move(last);
            if (!isWaiting)
            {
                await Task.Delay(Look, stop);
                continue;
            }
            if (!await positions.NumberAsync(stop))
                await Task.Delay(Busy, stop);
        }
    }

    private void Move(long last)
    {
        if (last <= Position)
            return;
        Volatile.Write(ref _position, last);
        Interlocked.Exchange(ref _moved, New()).SetResult();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    [LoggerMessage(LogLevel.Warning, "Events cannot be read at present: {Reason}")]
    private static partial void Unavailable(ILogger log, string reason);
}
