using System.Collections.Concurrent;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Storage.Nodes;
using Gateway.WhatsApp.Webhooks;
using Gateway.Worker.Configuration;
using Gateway.Worker.LostNodes;

namespace Gateway.Worker.Nodes;

/// <summary>
/// Takes the calls of nodes of which neither store has a sign of life, as every survivor sees. Each call has one winner, by its owner's
/// token, who goes on with it from what the node has left (<see cref="CallSnapshots"/>). What cannot be continued is ended on both sides at
/// once, so that nobody talks to nobody, and recorded, charged to the last sign of life.
/// </summary>
/// <remarks>Without Redis nothing is taken over: nobody could claim it.</remarks>
internal sealed partial class Takeovers(
    GatewayOptions options, OwnershipStores stores, CallSnapshots snapshots, CallTaker taker, LostCalls lost, TimeProvider time,
    ILogger<Takeovers> logger)
{
    /// <summary>The time that a node has to come back to Redis where PostgreSQL cannot say whether it lives.</summary>
    private static readonly TimeSpan WithoutWitness = TimeSpan.FromSeconds(5);

    /// <summary>Calls that are claimed and begun at one time: each waits for Redis several times, and people wait for each.</summary>
    private const int AtOnce = 32;

    private readonly ConcurrentDictionary<LeasedNode, Task> _running = new();

    /// <summary>Nodes that live, and that Redis alone does not hear: their calls are not read at each heartbeat.</summary>
    private readonly ConcurrentDictionary<LeasedNode, bool> _unheard = new();

    /// <summary>
    /// Takes events that a dead node was handed. Set before the first node is taken; it must not throw. The inner task completes when the
    /// event outlives this process.
    /// </summary>
    public Func<ForwardedEvent, Task<Task>> Handle { get; set; } = _ => Task.FromResult(Task.CompletedTask);

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
            var begun = time.GetTimestamp();
            var ahead = _unheard.ContainsKey(node) ? null : FindCallsAsync(node);
            await Task.WhenAll(ahead ?? Task.CompletedTask, Task.Delay(options.Node.Heartbeat, time)); // it may have lost it for a moment
            var isCutOff = IsCutOffAsync(node);
            if ((await stores.Leases.AliveAsync()).Contains(node))
                return;
            if (await isCutOff)
            {
                _unheard[node] = true;
                return;
            }
            if (time.GetElapsedTime(begun) > options.Node.Lease) // it may have come back meanwhile, begun calls, and died again
                ahead = null;
            await TakeCallsAsync(node, await (ahead ?? FindCallsAsync(node)));
            await stores.Leases.EndAsync(node);
            _unheard.TryRemove(node, out _);
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

    /// <summary>
    /// The node lives, and only Redis does not hear it. Where PostgreSQL does not answer either, it is enough that it does not come back:
    /// after an outage of Redis all leases have lapsed, and each node returns when it notices.
    /// </summary>
    private async Task<bool> IsCutOffAsync(LeasedNode node)
    {
        try
        {
            using var timeout = new CancellationTokenSource(options.Node.Lease, time);
            return await stores.Signs.AgeAsync(node, timeout.Token) < options.Node.Lease;
        }
        catch (Exception)
        {
            await Task.Delay(WithoutWitness, time);
            return (await stores.Leases.AliveAsync()).Contains(node);
        }
    }

    private async Task TakeCallsAsync(LeasedNode node, IReadOnlyList<FoundCall> found)
    {
        var room = stores.Leases.WithRoomAsync();
        var isBack = await IsBackAsync(node); // after its calls were read: a start has its lease before its first call
        if (!isBack) // or it reads its inbox itself
            await lost.NoteEndsAsync(node.Id);
        var calls = found.Where(one => one.Owner.Node == node.Id ? IsOf(node, one, isBack) : !taker.Has(one.Call.Id)).ToArray();
        var withRoom = await room;
        var mine = calls.Where(one => TakerOf(one.Call.Id, withRoom) == options.Node.Id).ToArray();
        var taken = await TakeAsync(mine);
        if (mine.Length < calls.Length)
        {
            await Task.Delay(options.Node.Heartbeat * 2, time); // by then the others have seen the lapse too
            taken += await TakeAsync(calls.Except(mine));
        }
        if (!await IsBackAsync(node))
        {
            await lost.NoteEndsAsync(node.Id); // what came before the last claim
            await ReadInboxAsync(node.Id);
        }
        LogTaken(node.Id, taken, calls.Length);
    }

    /// <summary>It has started again, and has ended what could not be continued.</summary>
    private async Task<bool> IsBackAsync(LeasedNode node) => (await stores.Leases.AliveAsync()).Any(one => one.Id == node.Id);

    /// <summary>
    /// What the node was handed and has not read: calls that it was to begin, and events of those that it had. Survivors may read the same:
    /// it is as if Meta had sent it twice.
    /// </summary>
    private async Task ReadInboxAsync(string node)
    {
        var left = await stores.Inbox.ReadAsync(node);
        var kept = new List<Task>();
        foreach (var entry in left)
            if (ForwardedEvent.TryRead(entry.Text, out var forwarded))
                kept.Add(await Handle(forwarded));
        await Task.WhenAll(kept);
        if (left.Count > 0)
            await stores.Inbox.RemoveAsync(node, left);
    }

    /// <summary>The number of those that are this node's now.</summary>
    private async Task<int> TakeAsync(IEnumerable<FoundCall> calls)
    {
        var taken = 0;
        foreach (var some in calls.GroupBy(one => one.Saved is null).OrderBy(some => some.Key)) // people wait in those that go on
            await Parallel.ForEachAsync(some, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (one, _) =>
            {
                var outcome = await taker.TakeAsync(one.Call.Id, one.Owner, one.Saved);
                if (outcome == TakeOutcome.AnotherHasIt)
                    return;
                Interlocked.Increment(ref taken);
                NodeMetrics.CallTaken(outcome);
                if (outcome == TakeOutcome.Ended)
                    await taker.EndAsync(one.Call);
            });
        return taken;
    }

    /// <summary>
    /// The node with room whose turn it is first, the same for all survivors, and for each as many calls; null: none has room.
    /// </summary>
    internal static string? TakerOf(CallId call, IReadOnlyList<string> withRoom)
    {
        var hash = 2166136261u; // FNV-1a
        foreach (var c in call.Value)
            hash = (hash ^ c) * 16777619u;
        return withRoom.Count == 0 ? null : withRoom.Order(StringComparer.Ordinal).ElementAt((int)(hash % (uint)withRoom.Count));
    }

    /// <summary>
    /// The calls that a node has, as their owners' keys say: what another has claimed from it may still be shown as its own. What this node
    /// has claimed and does not run is among them: the answer to its claim was lost.
    /// </summary>
    private async Task<FoundCall[]> FindCallsAsync(LeasedNode node)
    {
        var live = await stores.Registry.ListAsync(CancellationToken.None);
        var found = await Task.WhenAll(live.Select(async call =>
            await stores.Owners.FindAsync(call.Id) is { IsOver: false } owner
                && (owner.Node == node.Id || owner.Node == options.Node.Id && call.Node == node.Id)
                ? new FoundCall(call, owner, await snapshots.ReadAsync(call.Id, owner)) : null));
        return [.. found.OfType<FoundCall>()];
    }

    /// <summary>Of a node that is back, only what can be continued: the rest is its own business.</summary>
    private static bool IsOf(LeasedNode node, FoundCall call, bool isBack) =>
        call.Saved?.Call.Identity is { } identity && identity.OwnerToken == call.Owner.Token
            ? identity.NodeStart == node.Start : !isBack;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Node {Node} is gone: this one has taken {Taken} of its {Calls} call(s)")]
    private partial void LogTaken(string node, int taken, int calls);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The calls of node {Node}, which is gone, could not be taken over yet: {Reason}")]
    private partial void LogFailed(string node, string reason);

    /// <summary>A call of a node that is gone.</summary>
    /// <param name="Call">As the registry shows it.</param>
    /// <param name="Owner">By its key.</param>
    /// <param name="Saved">Null: nothing was left of it.</param>
    private sealed record FoundCall(LiveCall Call, CallOwner Owner, SavedCall? Saved);
}
