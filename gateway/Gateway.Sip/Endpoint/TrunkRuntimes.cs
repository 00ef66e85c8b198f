using Gateway.Sip.Dialogs;
using Gateway.Sip.Resolution;
using Gateway.Sip.Transactions;
using Gateway.Sip.Trunks;
using Media.Protocols.Primitives;
using Microsoft.Extensions.Logging;

namespace Gateway.Sip.Endpoint;

/// <summary>
/// The trunks of an endpoint at work: looked up, kept alive, and replaced by those of a new configuration. <see cref="Start"/>,
/// <see cref="Replace"/> and <see cref="Release"/> belong to the endpoint's loop, the rest to any thread.
/// </summary>
internal sealed partial class TrunkRuntimes
{
    private static readonly TimeSpan ResolveInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FirstResolveTimeout = TimeSpan.FromSeconds(3);

    private readonly SipResolver _resolver;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationToken _stop;
    private readonly Func<Action<Instant>, Task> _post;
    private volatile IReadOnlyList<TrunkRuntime> _current;

    /// <param name="trunks">Those of the start.</param>
    /// <param name="resolver">Looks their servers up.</param>
    /// <param name="post">Lets the endpoint's loop act.</param>
    /// <param name="time">For the pauses between look-ups.</param>
    /// <param name="logger">Servers that have no address.</param>
    /// <param name="stop">Ends the look-ups.</param>
    public TrunkRuntimes(
        IReadOnlyList<Trunk> trunks, SipResolver resolver, Func<Action<Instant>, Task> post, TimeProvider time, ILogger logger,
        CancellationToken stop)
    {
        (Set, _resolver, _post, _time, _logger, _stop) = (new TrunkSet(trunks), resolver, post, time, logger, stop);
        _current = [.. trunks.Select(trunk => new TrunkRuntime(trunk))];
    }

    /// <summary>The trunks themselves.</summary>
    public TrunkSet Set { get; }

    /// <summary>Those in force.</summary>
    public IReadOnlyList<TrunkRuntime> Current => _current;

    /// <summary>Null: there is none of this name in force.</summary>
    public TrunkRuntime? Find(string name) => _current.FirstOrDefault(trunk => trunk.Trunk.Options.Name == name);

    /// <summary>Begins keepalives and registrations.</summary>
    public void Start(UserAgent agent, Instant now)
    {
        foreach (var trunk in _current)
            trunk.Start(agent, now);
    }

    /// <summary>
    /// Puts other trunks in force. Those that are among them already go on untouched, and a registration that a successor holds on to is
    /// not taken back.
    /// </summary>
    public void Replace(IReadOnlyList<TrunkRuntime> trunks, UserAgent agent, Instant now)
    {
        var before = _current;
        _current = trunks;
        Set.Replace([.. trunks.Select(trunk => trunk.Trunk)]);
        foreach (var gone in before.Except(trunks))
            gone.Retire(isRegisteredOn: trunks.Any(next => next.Trunk.RegistersAs(gone.Trunk)), now);
        foreach (var added in trunks.Except(before))
            added.Start(agent, now);
        Release(agent);
    }

    /// <summary>Forgets the replaced trunks that no call uses.</summary>
    public void Release(UserAgent agent)
    {
        if (Set.HasReplaced)
            Set.Release(trunk => agent.Sessions.Any(session => session.Trunk == trunk));
    }

    /// <summary>
    /// Waits a moment for the servers' addresses, so that a first call finds them; slow names go on in the background, and all are looked
    /// up again from time to time until the trunk or the endpoint is gone.
    /// </summary>
    /// <param name="trunks">Those that were not looked up yet.</param>
    /// <param name="agent">Knows the listeners.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public async Task ResolveFirstAsync(IEnumerable<TrunkRuntime> trunks, UserAgent agent, CancellationToken cancellation)
    {
        foreach (var trunk in trunks.Where(trunk => trunk.Trunk.Phones is null))
        {
            var first = ResolveAsync(trunk, agent);
            try
            {
                await first.WaitAsync(FirstResolveTimeout, _time, cancellation);
            }
            catch (TimeoutException)
            {
                LogSlowResolution(_logger, trunk.Trunk.Options.Name);
            }
            trunk.Resolving = ResolveAgainAsync(first, trunk, agent);
        }
    }

    /// <summary>Completes when nothing is looked up any more, after the end of the token.</summary>
    public Task Idle => Task.WhenAll(_current.Select(trunk => trunk.Resolving));

    private async Task ResolveAgainAsync(Task first, TrunkRuntime trunk, UserAgent agent)
    {
        try
        {
            await first;
            while (!trunk.IsRetired)
            {
                await Task.Delay(ResolveInterval, _time, _stop);
                await ResolveAsync(trunk, agent);
            }
        }
        catch (OperationCanceledException)
        {
            // the endpoint stops
        }
    }

    private async Task ResolveAsync(TrunkRuntime trunk, UserAgent agent)
    {
        var flows = await trunk.ResolveAsync(_resolver, agent, _stop);
        if (flows.Count == 0)
            LogUnresolved(_logger, trunk.Trunk.Options.Name);
        else if (!new HashSet<SipFlow>(flows).SetEquals(trunk.Trunk.Targets)) // SRV weights shuffle: only a change of members counts
            await _post(_ => trunk.Trunk.SetTargets(flows));
    }

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "No server of SIP trunk {Trunk} could be resolved to an address that a listener serves")]
    private static partial void LogUnresolved(ILogger logger, string trunk);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The servers of SIP trunk {Trunk} are still being looked up")]
    private static partial void LogSlowResolution(ILogger logger, string trunk);
}
