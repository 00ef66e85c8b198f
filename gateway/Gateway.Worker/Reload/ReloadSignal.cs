using System.Runtime.InteropServices;
using Gateway.Storage.Admin;
using Gateway.Worker.Configuration;
using Npgsql;

namespace Gateway.Worker.Reload;

/// <summary>SIGHUP, which by custom means "read again" and ends no daemon. The audit log has it as the node's own action.</summary>
internal sealed partial class ReloadSignal(
    ConfigurationReload reload, LiveOptions live, AuditStore audit, ILogger<ReloadSignal> logger) : IHostedService, IDisposable
{
    private PosixSignalRegistration? _registration;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _registration = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            _ = ReloadAsync();
        });
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _registration?.Dispose();

    private async Task ReloadAsync()
    {
        var report = await reload.RunAsync("SIGHUP", CancellationToken.None); // never throws
        var node = "node:" + live.Options.Node.Id;
        try
        {
            await audit.WriteAsync(node, "node.reload", node, null, report, CancellationToken.None);
        }
        catch (Exception e) when (e is NpgsqlException or ObjectDisposedException) // what is in force stays so
        {
            LogNotAudited(e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The reload is not in the audit log: {Reason}")]
    private partial void LogNotAudited(string reason);
}
