using System.Runtime.InteropServices;
using Gateway.Sip.Endpoint;
using Gateway.Worker.Calls;
using Gateway.Worker.Configuration;
using Media.Engine;
using Media.Engine.Loop;

namespace Gateway.Worker;

/// <summary>
/// Starts and stops the gateway in the right order: store, media, SIP, then calls; and on a stop first refuses what is new on both sides,
/// then lets live calls finish until the deadline.
/// </summary>
internal sealed partial class GatewayService(
    GatewayOptions options, NodeStores stores, MediaEngine media, SipEndpoint sip, NodeIntake intake, NodeDrain drain,
    ILogger<GatewayService> logger)
    : IHostedLifecycleService, IDisposable
{
    private PosixSignalRegistration[] _signals = [];

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var descriptors = drain.Capacity.Budget;
        if (!descriptors.IsEnough)
            LogFewDescriptors(
                descriptors.Limit, descriptors.Need, descriptors.Calls, descriptors.SipConnections, descriptors.HttpConnections);
        await stores.StartAsync(cancellationToken);
        await media.StartAsync(cancellationToken);
        await sip.StartAsync(cancellationToken);
        _signals =
        [
            .. new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT }.Select(
                signal => PosixSignalRegistration.Create(signal, _ => drain.HandleSignal())), // beside the host, which begins to stop
        ];
        intake.Start();
        drain.Capacity.IsReady = true;
        LogStarted(options.Node.Id, options.Sip.Listen, options.Channels.Count, options.Sip.Trunks.Count);
    }

    /// <summary>
    /// Before the HTTP server stops: live calls need their webhooks to the end, and new ones are refused by Graph and not by silence.
    /// </summary>
    public Task StoppingAsync(CancellationToken cancellationToken) => drain.RunAsync();

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        intake.Complete();
        await sip.DisposeAsync();
        await media.DisposeAsync();
        await intake.Idle;
        await stores.StopAsync();
        LogStopped();
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        foreach (var signal in _signals)
            signal.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The limit of {Limit} open files is below the {Need} that the configuration may " +
        "need: held to {Calls} "
        + "call(s), {SipConnections} SIP and {HttpConnections} HTTP connections. Raise it (LimitNOFILE=, ulimit -n)")]
    private partial void LogFewDescriptors(int limit, int need, int calls, int sipConnections, int httpConnections);

    [LoggerMessage(
        Level = LogLevel.Information, Message = "Node {Node} is ready: SIP on {Listeners}, {Channels} channel(s), {Trunks} trunk(s)")]
    private partial void LogStarted(string node, IReadOnlyList<string> listeners, int channels, int trunks);

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopped")]
    private partial void LogStopped();
}
