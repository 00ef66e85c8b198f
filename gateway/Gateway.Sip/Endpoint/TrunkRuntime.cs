using Gateway.Sip.Dialogs;
using Gateway.Sip.Resolution;
using Gateway.Sip.Transactions;
using Gateway.Sip.Trunks;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Endpoint;

/// <summary>A trunk with what keeps it alive: lookup of its servers, keepalive, registration. All but <see cref="ResolveAsync"/> and
/// <see cref="Health"/> belong to the endpoint's loop.</summary>
internal sealed class TrunkRuntime(Trunk trunk)
{
    private TrunkMonitor? _monitor;
    private Registration? _registration;
    private TrunkHealth _health = new(TrunkState.Unknown, DateTimeOffset.UnixEpoch, null, null, null);

    public Trunk Trunk => trunk;

    /// <summary>Readable from any thread.</summary>
    public TrunkHealth Health => Volatile.Read(ref _health);

    /// <summary>The look-ups of its servers.</summary>
    public Task Resolving { get; set; } = Task.CompletedTask;

    /// <summary>It is in force no more.</summary>
    public bool IsRetired { get; private set; }

    public Instant NextDeadline => Instant.Min(_monitor?.NextDeadline ?? Instant.Never, _registration?.NextDeadline ?? Instant.Never);

    public void Start(UserAgent agent, Instant now)
    {
        _monitor = new TrunkMonitor(trunk, agent.Core, now) { Returned = (server, at) => _registration?.HandleReturn(server, at) };
        if (trunk.Options.RegisterUser is { } user)
            _registration = new Registration(trunk, agent.Core, user, now);
        Publish();
    }

    /// <summary>A new configuration is without it: calls in progress keep it, nothing else does.</summary>
    /// <param name="isRegisteredOn">Another trunk is registered by the same contact: it is not taken back.</param>
    /// <param name="now">Now.</param>
    public void Retire(bool isRegisteredOn, Instant now)
    {
        IsRetired = true;
        if (!isRegisteredOn)
            Stop(now);
    }

    public void Stop(Instant now) => _registration?.Stop(now);

    public void HandleDeadline(Instant now)
    {
        _monitor?.HandleDeadline(now);
        _registration?.HandleDeadline(now);
    }

    /// <summary>A connection that we opened to one of the trunk's servers is gone.</summary>
    public void HandleFlowClosed(SipFlow flow, Instant now) => _registration?.HandleFlowClosed(flow, now);

    /// <summary>True when the state or the registration changed: worth a line in the log.</summary>
    public bool Publish()
    {
        if (_monitor is null)
            return false;
        var changed = _monitor.HasChanged || _registration is { HasChanged: true };
        if (changed || _monitor.HasNews)
            Volatile.Write(ref _health, _monitor.Health(_registration));
        _monitor.HasNews = false;
        _monitor.HasChanged = false;
        if (_registration is not null)
            _registration.HasChanged = false;
        return changed;
    }

    /// <summary>The places to send to: the server's, then the backup servers'. One that we have no listener for is left out.</summary>
    public async Task<IReadOnlyList<SipFlow>> ResolveAsync(SipResolver resolver, UserAgent agent, CancellationToken cancellation)
    {
        List<SipFlow> flows = [];
        var options = trunk.Options;
        IEnumerable<SipTarget> targets =
            [new SipTarget(options.Server, options.Port ?? 0, options.Transport), .. options.BackupServers.Select(Backup)];
        foreach (var target in targets)
        {
            foreach (var destination in await resolver.ResolveAsync(target, cancellation))
            {
                var local = agent.Core.Local;
                var listener = options.Listener is { } own
                    ? local.IndexOf(destination.Transport, own)
                    : local.Find(destination.Transport, destination.Address);
                var flow = new SipFlow(destination.Transport, destination.Address, listener, 0, destination.Host);
                if (listener >= 0 && !flows.Contains(flow))
                    flows.Add(flow);
            }
        }
        return flows;
    }

    private SipTarget Backup(string text) => Messages.HostPort.TryParse(text, out var server)
        ? new SipTarget(server.Host, server.Port, trunk.Options.Transport)
        : new SipTarget(text, 0, trunk.Options.Transport);
}
