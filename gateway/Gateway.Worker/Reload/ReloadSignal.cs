using System.Runtime.InteropServices;

namespace Gateway.Worker.Reload;

/// <summary>SIGHUP, which by custom means "read again" and ends no daemon.</summary>
internal sealed class ReloadSignal(ConfigurationReload reload) : IHostedService, IDisposable
{
    private PosixSignalRegistration? _registration;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _registration = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            _ = reload.RunAsync("SIGHUP", CancellationToken.None); // never throws
        });
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _registration?.Dispose();
}
