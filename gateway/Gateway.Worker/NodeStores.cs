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
    ILogger<NodeStores> logger) : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _background = Task.CompletedTask;

    public async Task StartAsync(CancellationToken cancellation)
    {
        foreach (var name in await Migrator.MigrateAsync(database, cancellation))
            LogMigrated(name);
        await channels.SeedAsync(cancellation);
        await directory.RefreshAsync(cancellation); // the first call finds its flow
        await spool.StartAsync(cancellation);
        await maintenance.StartAsync(cancellation);
        _background = Task.WhenAll(channels.RunAsync(_stop.Token), maintenance.RunAsync(_stop.Token));
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _background;
        await spool.StopAsync();
    }

    public void Dispose() => _stop.Dispose();

    [LoggerMessage(Level = LogLevel.Information, Message = "Applied migration {Name}")]
    private partial void LogMigrated(string name);
}
