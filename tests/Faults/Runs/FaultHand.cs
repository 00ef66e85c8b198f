using Faults.Facts;
using Faults.Nodes;
using Faults.Schedules;
using Testing;

namespace Faults.Runs;

/// <summary>Does the faults of a schedule, each on its own, and puts right afterwards what it did.</summary>
internal sealed class FaultHand(IReadOnlyList<FaultNode> nodes, Stores stores, RedisServers? sentinel, HistoryLog history)
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(90), Look = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();

    /// <summary>Null: the stores.</summary>
    private readonly HashSet<FaultNode?> _disturbed = [];

    /// <summary>Kinds that work on this machine, and with this Redis.</summary>
    public IReadOnlyList<FaultKind> Possible() => [.. Enum.GetValues<FaultKind>().Where(kind => kind switch
    {
        FaultKind.FillDisk => nodes.All(node => node.Disk.IsMounted),
        FaultKind.StepClock => SteppedClock.IsPossible,
        FaultKind.FailOverRedis => sentinel is not null,
        FaultKind.CutRedis or FaultKind.RestartRedis or FaultKind.FreezeRedis => sentinel is null,
        _ => true,
    })];

    /// <summary>Returns when the last fault is over.</summary>
    public Task RunAsync(IReadOnlyList<ScheduledFault> faults, CancellationToken stop) =>
        Task.WhenAll(faults.Select(fault => RunAsync(fault, stop)));

    private async Task RunAsync(ScheduledFault fault, CancellationToken stop)
    {
        await Task.Delay(fault.From, stop);
        var node = fault.Node is { } place ? nodes[place] : null;
        if (fault.Kind == FaultKind.Roll)
            await RollAsync(fault, stop);
        else if (TryTake(node))
            await DoAsync(fault, node, stop);
    }

    private async Task RollAsync(ScheduledFault fault, CancellationToken stop)
    {
        foreach (var node in nodes)
        {
            while (!TryTake(node))
                await Task.Delay(Look, stop);
            await DoAsync(fault, node, stop);
        }
    }

    private async Task DoAsync(ScheduledFault fault, FaultNode? node, CancellationToken stop)
    {
        var from = DateTimeOffset.UtcNow;
        try
        {
            await BeginAsync(fault.Kind, node);
            await Task.WhenAny(Task.Delay(fault.Length, stop)); // stopped or not, everything is put right
            await EndAsync(fault.Kind, node);
        }
        catch (Exception e)
        {
            history.Add(new Fact.Failed(DateTimeOffset.UtcNow, fault.Kind, node?.Id, e.Message)); // the others go on
        }
        finally
        {
            history.Add(new Fact.Disturbed(DateTimeOffset.UtcNow, from, fault.Kind, node?.Id));
            lock (_gate)
                _disturbed.Remove(node);
        }
    }

    /// <summary>
    /// On a busy machine a killed node or store takes longer to come back than planned: what is due for it meanwhile, or would leave no
    /// node alone, does not happen.
    /// </summary>
    private bool TryTake(FaultNode? node)
    {
        lock (_gate)
            return (node is null || nodes.Count(_disturbed.Contains) + 1 < nodes.Count) && _disturbed.Add(node);
    }

    private async Task BeginAsync(FaultKind kind, FaultNode? node)
    {
        switch (kind)
        {
            case FaultKind.Kill:
                await node!.KillAsync();
                break;
            case FaultKind.KillEmpty:
                await node!.KillAsync();
                node.Disk.Empty();
                break;
            case FaultKind.Pause:
                node!.Signal("STOP");
                break;
            case FaultKind.Stop or FaultKind.Roll:
                await node!.StopAsync();
                break;
            case FaultKind.CutRedis:
                node!.Redis!.Cut(toServer: true, fromServer: true);
                break;
            case FaultKind.CutPostgres:
                node!.Postgres.Cut(toServer: true, fromServer: true);
                break;
            case FaultKind.CutGraph:
                node!.Graph.Cut(toServer: true, fromServer: true);
                break;
            case FaultKind.CutGraphAnswers:
                node!.Graph.Cut(toServer: false, fromServer: true);
                break;
            case FaultKind.FillDisk:
                node!.Disk.Fill();
                break;
            case FaultKind.StepClock:
                node!.Clock.Step(Step);
                break;
            case FaultKind.FailOverRedis:
                await sentinel!.KillPrimaryAsync();
                break;
            default:
                await Task.Run(() => BeginAtStore(kind));
                break;
        }
    }

    private async Task EndAsync(FaultKind kind, FaultNode? node)
    {
        switch (kind)
        {
            case FaultKind.Kill or FaultKind.KillEmpty or FaultKind.Stop or FaultKind.Roll:
                await node!.StartAsync(CancellationToken.None);
                break;
            case FaultKind.Pause:
                node!.Signal("CONT");
                break;
            case FaultKind.CutRedis:
                node!.Redis!.Mend();
                break;
            case FaultKind.CutPostgres:
                node!.Postgres.Mend();
                break;
            case FaultKind.CutGraph or FaultKind.CutGraphAnswers:
                node!.Graph.Mend();
                break;
            case FaultKind.FillDisk:
                node!.Disk.Free();
                break;
            case FaultKind.StepClock:
                node!.Clock.Step(TimeSpan.Zero);
                break;
            case FaultKind.FailOverRedis:
                await sentinel!.FollowAsync();
                break;
            default:
                await Task.Run(() => EndAtStore(kind));
                break;
        }
    }

    private void BeginAtStore(FaultKind kind)
    {
        switch (kind)
        {
            case FaultKind.RestartRedis:
                stores.Kill(StoreServer.Redis);
                break;
            case FaultKind.FreezeRedis:
                stores.Freeze(StoreServer.Redis);
                break;
            case FaultKind.RestartPostgres:
                stores.Kill(StoreServer.Postgres);
                break;
            default:
                stores.Freeze(StoreServer.Postgres);
                break;
        }
    }

    private void EndAtStore(FaultKind kind)
    {
        switch (kind)
        {
            case FaultKind.RestartRedis:
                stores.Revive(StoreServer.Redis);
                break;
            case FaultKind.FreezeRedis:
                stores.Thaw(StoreServer.Redis);
                break;
            case FaultKind.RestartPostgres:
                stores.Revive(StoreServer.Postgres);
                break;
            default:
                stores.Thaw(StoreServer.Postgres);
                break;
        }
    }
}
