using System.Collections.Frozen;
using System.Threading.Channels;
using Gateway.Calls.Agents;
using Gateway.Storage.Parking;
using Gateway.Worker.Permissions;

namespace Gateway.Worker.Parking;

/// <summary>
/// Looks after parked calls: once a second, and at once when a user has permitted calls, it brings them to where they are by now, and
/// places those for which an agent is free; when an agent becomes available it places at once. Every node does so, and one of them places
/// each.
/// </summary>
internal sealed partial class ParkedCalls(
    ParkedPlacementStore store, ParkedPlacement placement, IAgentRegistry registry, PermissionGrants grants, TimeProvider time,
    ILogger<ParkedCalls> logger) : BackgroundService
{
    /// <summary>More than is heard within one look; what is dropped is found by the next one.</summary>
    private const int MaxHeard = 100;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>For whom an agent may be free; null: look at everything.</summary>
    private readonly Channel<ParkedTarget?> _heard = Channel.CreateBounded<ParkedTarget?>(
        new BoundedChannelOptions(MaxHeard) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private volatile FrozenSet<ParkedTarget> _targets = [];

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        grants.OnGrant = () => _heard.Writer.TryWrite(null);
        return Task.WhenAll(LookAsync(stoppingToken), FollowAsync(stoppingToken));
    }

    private async Task LookAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            await TryAsync(SweepAsync, cancellation);
            using var interval = new CancellationTokenSource(Interval, time);
            using var turn = CancellationTokenSource.CreateLinkedTokenSource(cancellation, interval.Token);
            try
            {
                while (await _heard.Reader.ReadAsync(turn.Token) is { } target)
                    await TryAsync(end => PlaceAsync(target, end), cancellation);
            }
            catch (OperationCanceledException)
            {
                // The interval is over, or the node stops.
            }
        }
    }

    private async Task SweepAsync(CancellationToken cancellation)
    {
        foreach (var state in await store.SweepAsync(time.GetUtcNow(), cancellation))
            ParkedCallMetrics.Became(state);
        _targets = (await store.TargetsAsync(placement.Channels, time.GetUtcNow(), cancellation)).ToFrozenSet();
        foreach (var target in _targets)
            await PlaceAsync(target, cancellation);
    }

    private async Task PlaceAsync(ParkedTarget target, CancellationToken cancellation)
    {
        while (await placement.TryPlaceAsync(target, cancellation))
            continue;
    }

    private async Task FollowAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            await TryAsync(ListenAsync, cancellation);
            await Task.Delay(Interval, time, cancellation);
        }
    }

    private async Task ListenAsync(CancellationToken cancellation)
    {
        await foreach (var change in registry.ChangesAsync(cancellation))
        {
            ParkedTarget? target = change switch
            {
                AgentsChange.OfGroup { Group: var group } => new ParkedTarget(null, group),
                AgentsChange.OfAgent { Status: { State: AgentState.Available, Agent: var agent } } => new ParkedTarget(agent, null),
                _ => null,
            };
            if (target is { } known && _targets.Contains(known))
                _heard.Writer.TryWrite(known);
        }
    }

    private async Task TryAsync(Func<CancellationToken, Task> step, CancellationToken cancellation)
    {
        try
        {
            await step(cancellation);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested) // Whatever a store did not do, the next look does.
        {
            LogFailure(e);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Parked calls could not be looked after")]
    private partial void LogFailure(Exception e);
}
