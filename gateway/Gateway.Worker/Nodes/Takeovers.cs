using System.Collections.Concurrent;
using Gateway.Calls.Lifecycle;
using Gateway.Storage.Nodes;
using Gateway.Worker.Billing;
using Gateway.Worker.Configuration;

namespace Gateway.Worker.Nodes;

/// <summary>
/// Takes the calls of nodes that have been silent for two leases. Every survivor sees that; each call has one winner, by its owner's token,
/// who ends it on both sides, so that nobody talks to nobody. Its record follows when PostgreSQL takes the node for lost
/// (`node.lostAfter`), charged to the last sign of life.
/// </summary>
/// <remarks>Without Redis nothing is taken over: whether a node is alive is then known to nobody.</remarks>
internal sealed partial class Takeovers(
    GatewayOptions options, ICallRegistry registry, CallOwners owners, NodeLeases leases, LostCalls lost, TimeProvider time,
    ILogger<Takeovers> logger)
{
    private readonly ConcurrentDictionary<LeasedNode, Task> _running = new();

    /// <summary>Completes when all that was begun is done.</summary>
    public Task Idle => Task.WhenAll(_running.Values);

    /// <summary>Begins with each node that is not yet in work. From the heartbeat: returns at once.</summary>
    public void Begin(IReadOnlyList<LeasedNode> lapsed)
    {
        foreach (var node in lapsed)
            _running.GetOrAdd(node, one => Task.Run(() => TakeAsync(one)));
    }

    /// <summary>Never throws.</summary>
    private async Task TakeAsync(LeasedNode node)
    {
        try
        {
            // After an outage of Redis the first to return sees all leases lapsed, and a node may have lost it for a moment.
            await Task.Delay(options.Node.Lease, time);
            var alive = await leases.AliveAsync();
            if (alive.Contains(node))
                return;
            if (node.Id != options.Node.Id && alive.All(one => one.Id != node.Id)) // one that is back has ended its own calls
                await TakeCallsAsync(node);
            await leases.EndAsync(node);
        }
        catch (Exception e) // Redis: the next heartbeat finds the node again.
        {
            LogFailed(node.Id, e.Message);
        }
        finally
        {
            _running.TryRemove(node, out _);
        }
    }

    private async Task TakeCallsAsync(LeasedNode node)
    {
        await lost.NoteEndsAsync(node.Id);
        var calls = await CallsOfAsync(node.Id);
        Random.Shared.Shuffle(calls); // so that survivors meet at few of them
        var taken = 0;
        foreach (var (call, owner) in calls)
        {
            if (await owners.ClaimAsync(call.Id, owner, options.Node.Id) is null)
                continue;
            taken++;
            await EndAsync(call);
        }
        LogTaken(node.Id, taken, calls.Length);
    }

    /// <summary>
    /// The calls that a node has, as their owners' keys say: what another has claimed from it may still be shown as its own.
    /// </summary>
    private async Task<(LiveCall Call, CallOwner Owner)[]> CallsOfAsync(string node)
    {
        var live = await registry.ListAsync(CancellationToken.None);
        var found = await Task.WhenAll(live.Select(call => owners.FindAsync(call.Id)));
        return [.. live.Zip(found).Where(pair => pair.Second?.Node == node).Select(pair => (pair.First, pair.Second!.Value))];
    }

    /// <summary>
    /// Ends both sides. The owner's key stays until it expires: the node that had the call may only have stood still, and is to find that
    /// it has lost it.
    /// </summary>
    private async Task EndAsync(LiveCall call)
    {
        NodeMetrics.CallTaken();
        await lost.EndAtPbxAsync(call.Id, CancellationToken.None);
        if (call.WhatsAppId is { } whatsAppId)
            lost.End(call.Id, call.Channel, whatsAppId);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Node {Node} is gone: this one has taken {Taken} of its {Calls} call(s)")]
    private partial void LogTaken(string node, int taken, int calls);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The calls of node {Node}, which is gone, could not be taken over yet: {Reason}")]
    private partial void LogFailed(string node, string reason);
}
