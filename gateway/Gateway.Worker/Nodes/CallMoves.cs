using System.Collections.Concurrent;
using Gateway.Calls;
using Gateway.Storage.Commands;
using Gateway.Storage.Nodes;
using Gateway.Worker.Configuration;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Nodes;

/// <summary>
/// Moves live calls to other nodes on purpose: the owner asks another node whether it could go on with the call, stops, leaves the call
/// exactly as it is, and asks that node to take it. Where that node does not, the call comes back.
/// </summary>
internal sealed partial class CallMoves(
    GatewayOptions options, OwnershipStores stores, CallSnapshots snapshots, CallTaker taker, NodeCommands commands,
    TimeProvider time, ILogger<CallMoves> logger)
{
    /// <summary>What rings now may be live by then, and a node that is full may have room.</summary>
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    /// <summary>The pause before a call that came back is handed over again, which doubles: each try is heard.</summary>
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromSeconds(2);

    /// <summary>The time for which a node that did not answer is passed over: each question to it costs a call two seconds.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);

    /// <summary>Calls that came back from another node, which did not take them.</summary>
    private readonly ConcurrentDictionary<CallId, CameBack> _back = [];

    private readonly InstantClock _clock = new(time);
    private readonly MovePace _pace = new();

    /// <summary>Calls that these nodes could not take; nobody has heard of the question, and it is asked again.</summary>
    private readonly ConcurrentDictionary<(CallId Call, string Node), bool> _refused = [];

    /// <summary>Nodes that did not answer whether they could take a call, and when they are asked again.</summary>
    private readonly ConcurrentDictionary<string, Instant> _silent = [];

    /// <summary>
    /// Hands every call to nodes with room as soon as it can be moved, in turn, until none is left or it is cancelled. Those that ring,
    /// wait for an agent or are about to be transferred stay meanwhile. Never throws.
    /// </summary>
    public async Task MoveAllAsync(CancellationToken cancellation)
    {
        try
        {
            for (; snapshots.IsOn && taker.Calls?.Owned is { Count: > 0 } calls; await Task.Delay(Again, time, cancellation))
                await MoveAsync([.. calls.Select(one => one.Call).Where(IsDue)], cancellation);
        }
        catch (OperationCanceledException)
        {
            // what is left stays
        }
    }

    /// <summary>Cancelled, it begins with no further call, and completes when those that are between two nodes are somewhere.</summary>
    private async Task MoveAsync(IReadOnlyList<CallId> calls, CancellationToken cancellation)
    {
        var nodes = await NodesAsync();
        if (nodes.Length == 0 || calls.Count == 0)
            return;
        var (next, moved) = (0, 0);
        try
        {
            await _pace.EachAsync(calls, async call =>
            {
                var took = await TryMoveAsync(call, NodeOf(call, nodes, ++next), cancellation);
                if (took is not null)
                    Interlocked.Increment(ref moved);
                return took;
            }, cancellation);
        }
        finally
        {
            if (moved > 0)
                LogMoved(moved, calls.Count);
        }
    }

    /// <summary>
    /// Reads what a call's owner has left last, as the call itself will be read: what that needs is ready when everybody waits for it.
    /// False: the call cannot go on here.
    /// </summary>
    public async Task<bool> PrepareAsync(CallId call) => await ReadAsync(call) is { } saved && taker.Calls.CouldResume(saved);

    /// <summary>
    /// Takes a call that another node has handed over. From the claim on it is this node's, which ends it where it cannot go on: the other
    /// may wait for the answer no longer. False: it stays where it is.
    /// </summary>
    public async Task<bool> TakeAsync(NodeCommand.TakeCall command)
    {
        var saved = command.Left is { } left ? snapshots.Read(left) : await ReadAsync(command.Call);
        if (saved is not { Media.IsExact: true } || !taker.Calls.CouldResume(saved))
            return false;
        var identity = saved.Call.Identity;
        if (taker.Calls.Owned.Any(one => one.Call == identity.Id && one.Token > identity.OwnerToken))
            return true; // it is here already: its node had seemed lost
        var owner = new CallOwner(identity.Node, identity.OwnerToken); // not any more where its node has taken it back
        var outcome = await taker.TakeAsync(identity.Id, owner, saved);
        if (outcome == TakeOutcome.Ended)
            await taker.EndAsync(saved);
        return outcome != TakeOutcome.AnotherHasIt;
    }

    /// <summary>What a call's owner has left last; null: nothing that can be read here.</summary>
    private async Task<SavedCall?> ReadAsync(CallId call) =>
        await stores.Owners.FindAsync(call) is { } owner ? await snapshots.ReadAsync(call, owner) : null;

    /// <summary>Those with room that answer, in random order. None where Redis does not answer.</summary>
    private async Task<string[]> NodesAsync()
    {
        try
        {
            string[] nodes = [.. (await stores.Leases.WithRoomAsync())
                .Where(node => node != options.Node.Id && !IsSilent(node))];
            Random.Shared.Shuffle(nodes);
            return nodes;
        }
        catch (Exception e) // Redis: the calls stay.
        {
            LogNowhere(e.Message);
            return [];
        }
    }

    /// <summary>How long the call was between the two nodes; null: it stays.</summary>
    private async Task<TimeSpan?> TryMoveAsync(CallId call, string node, CancellationToken cancellation)
    {
        if (!await IsPreparedAsync(call, node, cancellation))
            return null;
        var began = _clock.Now;
        if (await taker.Calls.HandOverAsync(call) is not { } saved)
            return null;
        var (wasRefused, reason) = (true, "it cannot");
        try
        {
            // With the command comes what it needs: both sides are without audio until it is carried out.
            var command = new NodeCommand.TakeCall(call) { Left = snapshots.HandOver(saved) };
            var reply = await commands.TakeCallAsync(node, command, CancellationToken.None);
            if (reply.Outcome == CommandOutcome.Done)
            {
                var took = _clock.Now - began;
                NodeMetrics.CallMoved(took);
                return took;
            }
            wasRefused = reply.Outcome == CommandOutcome.Refused;
        }
        catch (Exception e) // Redis: nobody has it, or the answer was lost.
        {
            (wasRefused, reason) = (false, e.Message);
        }
        LogNotTaken(call, node, reason);
        NoteBack(call, node);
        await TakeBackAsync(saved, node, wasRefused);
        return null;
    }

    private bool IsDue(CallId call) => !_back.TryGetValue(call, out var back) || _clock.Now >= back.NextAt;

    /// <summary>In turn, but not the node that the call has come back from, where there is another.</summary>
    private string NodeOf(CallId call, string[] nodes, int turn)
    {
        var node = nodes[turn % nodes.Length];
        return _back.TryGetValue(call, out var back) && back.From == node ? nodes[(turn + 1) % nodes.Length] : node;
    }

    private void NoteBack(CallId call, string from)
    {
        var pause = _back.TryGetValue(call, out var before) ? before.Pause * 2 : FirstBackOff;
        _back[call] = new CameBack(from, pause, _clock.Now + pause);
    }

    private bool IsSilent(string node) => _silent.TryGetValue(node, out var until) && _clock.Now < until;

    /// <summary>False: it cannot go on at that node, or that node does not answer, and it stays.</summary>
    private async Task<bool> IsPreparedAsync(CallId call, string node, CancellationToken cancellation)
    {
        try
        {
            if (IsSilent(node))
                return false;
            var reply = await commands.PrepareCallAsync(node, call, cancellation);
            if (reply.Outcome == CommandOutcome.Done)
                return true;
            if (reply.Outcome == CommandOutcome.NodeUnreachable)
                _silent[node] = _clock.Now + Silence;
            else if (_refused.TryAdd((call, node), true))
                LogNotTaken(call, node, "it cannot");
        }
        catch (Exception) // Redis: nobody could take it, and each question waits. Or nobody waits for the answer any more.
        {
            _silent[node] = _clock.Now + Silence;
        }
        return false;
    }

    /// <summary>It goes on here, unless another node has it all the same.</summary>
    private async Task TakeBackAsync(SavedCall saved, string node, bool wasRefused)
    {
        var (call, mine) = (saved.Call.Identity, new CallOwner(options.Node.Id, saved.Call.Identity.OwnerToken));
        // Above every claim that Redis may have run without an answer, or may still run: this node's, or that of the other.
        var anew = mine with { Token = mine.Token + 2 };
        try
        {
            // The node may have failed after its claim. A third one that has the call keeps it.
            var owner = wasRefused && await stores.Owners.FindAsync(call.Id) is { } other && other.Node == node ? other : mine;
            var outcome = await taker.TakeAsync(call.Id, owner, saved);
            if (outcome == TakeOutcome.AnotherHasIt && await stores.Owners.FindAsync(call.Id) is not null)
                return;
            // Nobody has it where Redis has come back empty.
            if (outcome == TakeOutcome.Ended || outcome == TakeOutcome.AnotherHasIt && !taker.TryResume(saved, anew))
                await taker.EndAsync(saved);
        }
        catch (Exception) // Redis.
        {
            taker.TryResume(saved, anew);
        }
    }

    /// <param name="From">The node that did not take it last.</param>
    /// <param name="Pause">After which it is handed over again.</param>
    /// <param name="NextAt">The time of that.</param>
    private sealed record CameBack(string From, TimeSpan Pause, Instant NextAt);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Moved} of {Calls} call(s) were moved to other nodes")]
    private partial void LogMoved(int moved, int calls);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Call {CallId} stays: node {Node} did not take it ({Reason})")]
    private partial void LogNotTaken(CallId callId, string node, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "No call is moved: Redis does not say which nodes have room ({Reason})")]
    private partial void LogNowhere(string reason);
}
