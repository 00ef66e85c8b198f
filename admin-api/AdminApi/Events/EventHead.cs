using Gateway.Storage.Events;
using Npgsql;

namespace AdminApi.Events;

/// <summary>
/// How far the events have come. Woken by PostgreSQL's notifications (and, should one be lost, every second), it lets committed events be given
/// their positions and tells those who follow. Without PostgreSQL it stands still and comes back by itself.
/// </summary>
public sealed partial class EventHead(NpgsqlDataSource database, EventPositions positions, ILogger<EventHead> log) : BackgroundService
{
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(1);

    /// <summary>Between two looks while another instance gives the positions.</summary>
    private static readonly TimeSpan Busy = TimeSpan.FromMilliseconds(20);

    private volatile TaskCompletionSource _moved = New();
    private long _position = -1;

    /// <summary>The last position that can be read; -1 until the store was reached for the first time.</summary>
    public long Position => Volatile.Read(ref _position);

    /// <summary>Returns when there is more than was seen.</summary>
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
                Away(log, e.Message);
                await Task.Delay(Idle, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task FollowAsync(CancellationToken stop)
    {
        await using var listener = await database.OpenConnectionAsync(stop);
        await using (var listen = new NpgsqlCommand("LISTEN gateway_events", listener))
            await listen.ExecuteNonQueryAsync(stop);
        while (true)
        {
            var (last, isWaiting) = await positions.LookAsync(stop);
            Move(last);
            if (isWaiting)
            {
                await positions.NumberAsync(stop);
                var (now, isStillWaiting) = await positions.LookAsync(stop);
                Move(now);
                if (isStillWaiting && now == last)
                    await Task.Delay(Busy, stop);
                continue;
            }
            await listener.WaitAsync(Idle, stop);
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

    [LoggerMessage(LogLevel.Warning, "Events cannot be followed for now: {Reason}")]
    private static partial void Away(ILogger log, string reason);
}
