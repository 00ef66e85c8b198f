using System.Runtime.InteropServices;
using Gateway.Sip;
using Gateway.Storage;
using Gateway.WhatsApp.Webhooks;
using Gateway.Worker.Billing;
using Gateway.Worker.Channels;
using Gateway.Worker.Configuration;
using Gateway.Worker.Permissions;
using Gateway.Worker.Spool;
using Media.Engine;
using Npgsql;

namespace Gateway.Worker.Calls;

/// <summary>
/// Starts and stops the gateway in the right order: store, media, SIP, then calls; and on a stop first refuses what is new on both sides,
/// then lets live calls finish until the deadline.
/// </summary>
internal sealed partial class GatewayService(
    GatewayOptions options, NpgsqlDataSource database, MediaEngine media, SipEndpoint sip, WebhookQueue webhooks, CallSupervisor calls,
    NonCallEvents others, ReturnCalls returnCalls, NodeCapacity capacity, DescriptorBudget descriptors, RecordSpool spool, StoreMaintenance maintenance, ChannelSync channels,
    ILogger<GatewayService> logger) : IHostedLifecycleService, IDisposable
{
    private readonly List<Task> _pumps = [];
    private readonly CancellationTokenSource _stop = new();
    private Task _background = Task.CompletedTask;
    private PosixSignalRegistration? _hangUp;

    /// <summary>True from the end of start until a stop was asked for.</summary>
    public bool IsReady { get; private set; }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!descriptors.IsEnough)
            LogFewDescriptors(descriptors.Limit, descriptors.Need, descriptors.Calls, descriptors.SipConnections, descriptors.HttpConnections);
        foreach (var name in await Migrator.MigrateAsync(database, cancellationToken))
            LogMigrated(name);
        await channels.SeedAsync(cancellationToken);
        await spool.StartAsync(cancellationToken);
        await maintenance.StartAsync(cancellationToken);
        _background = Task.WhenAll(channels.RunAsync(_stop.Token), maintenance.RunAsync(_stop.Token));
        await media.StartAsync(cancellationToken);
        await sip.StartAsync(cancellationToken);
        _hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnHangUp);
        _pumps.Add(calls.ReadWebhooksAsync(webhooks.Batches));
        _pumps.Add(calls.ReadInvitesAsync(sip.IncomingCalls));
        _pumps.Add(returnCalls.RunAsync(calls));
        _pumps.Add(others.RunAsync());
        IsReady = true;
        LogStarted(options.Node.Id, options.Sip.Listen, options.Channels.Count, options.Sip.Trunks.Count);
    }

    /// <summary>Before the HTTP server stops: live calls need their webhooks to the end, and new ones are refused by Graph and not by silence.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        IsReady = false;
        capacity.IsDraining = true;
        sip.Drain();
        LogDraining(calls.Count, options.Node.DrainDeadline);
        await calls.DrainAsync(options.Node.DrainDeadline);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        webhooks.Complete();
        others.Complete();
        returnCalls.Complete();
        await sip.DisposeAsync();
        await media.DisposeAsync();
        await Task.WhenAll(_pumps);
        await _stop.CancelAsync();
        await _background;
        await spool.StopAsync();
        LogStopped();
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        _hangUp?.Dispose();
        _stop.Dispose();
    }

    /// <summary>By custom SIGHUP means "read again" and ends no daemon: changed certificates are taken. Everything else needs a restart.</summary>
    private void OnHangUp(PosixSignalContext signal)
    {
        signal.Cancel = true;
        LogReloading();
        sip.ReloadCertificates();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "SIGHUP: TLS certificates are read again; other options need a restart")]
    private partial void LogReloading();

    [LoggerMessage(Level = LogLevel.Information, Message = "Applied migration {Name}")]
    private partial void LogMigrated(string name);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The limit of {Limit} open files is below the {Need} that the configuration may need: held to {Calls} "
        + "call(s), {SipConnections} SIP and {HttpConnections} HTTP connections. Raise it (LimitNOFILE=, ulimit -n)")]
    private partial void LogFewDescriptors(int limit, int need, int calls, int sipConnections, int httpConnections);

    [LoggerMessage(Level = LogLevel.Information, Message = "Node {Node} is ready: SIP on {Listeners}, {Channels} channel(s), {Trunks} trunk(s)")]
    private partial void LogStarted(string node, IReadOnlyList<string> listeners, int channels, int trunks);

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopping: new calls are refused, {Calls} live call(s) have {Deadline}")]
    private partial void LogDraining(int calls, TimeSpan deadline);

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopped")]
    private partial void LogStopped();
}
