using Gateway.Storage;
using Gateway.Worker.Agents;
using Gateway.Worker.Billing;
using Gateway.Worker.Channels;
using Gateway.Worker.Spool;
using Npgsql;

namespace Gateway.Worker;

/// <summary>
/// The stores that this node keeps in PostgreSQL and on its disk: brought up before the first call, kept in order beside the calls, closed
/// after the last.
/// </summary>
internal sealed partial class NodeStores(
    NpgsqlDataSource database, ChannelSync channels, RecordSpool spool, StoreMaintenance maintenance, AgentDirectory directory,
    TimeProvider time, ILogger<NodeStores> logger) : IDisposable
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private Task _background = Task.CompletedTask;

    public async Task StartAsync(CancellationToken cancellation)
    {
        await DoAsync(async () =>
        {
            foreach (var name in await Migrator.MigrateAsync(database, cancellation))
                LogMigrated(name);
        }, cancellation);
        await DoAsync(() => channels.SeedAsync(cancellation), cancellation);
        await DoAsync(() => directory.RefreshAsync(cancellation), cancellation); // the first call finds its flow
        await spool.StartAsync(cancellation);
        await DoAsync(() => maintenance.StartAsync(cancellation), cancellation);
        _background = Task.WhenAll(channels.RunAsync(_stop.Token), maintenance.RunAsync(_stop.Token));
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _background;
        await spool.StopAsync();
    }

    public void Dispose() => _stop.Dispose();

    /// <summary>PostgreSQL answered a moment ago; where it ends while the gateway starts, the step is done again.</summary>
    internal async Task DoAsync(Func<Task> step, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                await step();
                return;
            }
            catch (Exception e) when (e is NpgsqlException { IsTransient: true } or TimeoutException)
            {
                LogAgain(e.Message);
                await Task.Delay(Retry, time, cancellation);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Applied migration {Name}")]
    private partial void LogMigrated(string name);

    [LoggerMessage(Level = LogLevel.Warning, Message = "PostgreSQL ended while the gateway starts, and is asked again: {Reason}")]
    private partial void LogAgain(string reason);
}
