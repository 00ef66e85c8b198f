using Gateway.Calls;
using Gateway.Storage.Nodes;
using Gateway.Worker.Configuration;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Nodes;

/// <summary>
/// What this node leaves of its live calls for others, encrypted: whatever has changed at once, and once a second how far the media has
/// come. Without `node.clusterKeys` nothing is left, and calls of a lost node are ended.
/// </summary>
internal sealed partial class CallSnapshots(
    GatewayOptions options, CallSnapshotStore store, NodeLease lease, TimeProvider time, ILogger<CallSnapshots> logger)
{
    /// <summary>
    /// Calls take turns, so that none of the loops has to do it all at once. What has changed waits for the next turn of any, a tenth of a
    /// second.
    /// </summary>
    private const int Turns = 10;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1), Timeout = TimeSpan.FromSeconds(1);

    private readonly ClusterKeys? _keys = ClusterKeys.Of(options.Node.ClusterKeys);
    private readonly InstantClock _clock = new(time);
    private readonly Lock _gate = new();
    private readonly HashSet<(CallId Call, long Token)> _handedOver = [];
    private readonly UnheardCalls[] _unheard = [.. Enumerable.Range(0, Turns).Select(_ => new UnheardCalls())];

    /// <summary>What was left, by the token of this node.</summary>
    private readonly HashSet<(CallId Call, long Token)> _left = [];

    /// <summary>False: calls can neither be taken over nor moved.</summary>
    public bool IsOn => _keys is not null;

    /// <summary>Until it is cancelled. Never throws.</summary>
    public async Task RunAsync(IOwnedCalls calls, CancellationToken cancellation)
    {
        if (!IsOn)
            return;
        using var timer = new PeriodicTimer(Interval / Turns, time);
        try
        {
            for (var turn = 0; await timer.WaitForNextTickAsync(cancellation); turn = (turn + 1) % Turns)
            {
                var saved = await calls.SaveAsync(call => TurnOf(call) == turn);
                var heard = saved.Select(Heard).Where(one => TurnOf(one.Call) == turn);
                foreach (var call in _unheard[turn].Find(heard, lease.IsCutOff, _clock.Now))
                {
                    LogUnheard(call);
                    calls.EndQuietly(call);
                }
                if (!lease.IsCutOff) // or Redis would be waited for
                    await LeaveAsync(turn, saved);
            }
        }
        catch (OperationCanceledException)
        {
            // the node stops
        }
    }

    /// <summary>
    /// What an owner has left of a call; where it died before it left anything, what the one before it has. Null: nothing that can be read
    /// here.
    /// </summary>
    public async Task<SavedCall?> ReadAsync(CallId call, CallOwner owner)
    {
        if (_keys is null)
            return null;
        var token = owner.Token;
        var text = await store.ReadAsync(call, token);
        if (text is null && token > 1)
            text = await store.ReadAsync(call, --token);
        return text is null ? null : Read(new CallSnapshotEntry(call, token, text));
    }

    /// <summary>What an owner has left of a call; null: it cannot be read here.</summary>
    public SavedCall? Read(CallSnapshotEntry left)
    {
        if (_keys is not null && _keys.TryDecrypt(left.Text, ContextOf(left.Call, left.Token), out var json)
            && SavedCall.Read(json) is { } saved)
            return saved;
        LogUnreadable(left.Call);
        return null;
    }

    /// <summary>
    /// Leaves a call that is handed over: nothing replaces or removes that. It goes to Redis, too, for whoever is to take it when the next
    /// owner dies before it has left anything itself.
    /// </summary>
    public CallSnapshotEntry HandOver(SavedCall saved)
    {
        var entry = EntryOf(saved);
        lock (_gate)
        {
            _handedOver.Add((entry.Call, entry.Token));
            _ = WriteAsync(entry); // begun within, or an older one could follow
        }
        return entry;
    }

    /// <summary>Never throws.</summary>
    private async Task WriteAsync(CallSnapshotEntry entry)
    {
        try
        {
            await store.WriteAsync([entry]).WaitAsync(Timeout, time);
        }
        catch (Exception e) // Redis: the next owner leaves its own soon.
        {
            LogNotLeft(e.Message);
        }
    }

    private static int TurnOf(CallId call) => (int)((uint)call.GetHashCode() % Turns);

    private async Task LeaveAsync(int turn, IReadOnlyList<SavedCall> saved)
    {
        try
        {
            var entries = saved.Select(EntryOf).ToArray();
            HashSet<(CallId Call, long Token)> now, gone;
            Task written;
            lock (_gate)
            {
                now = [.. entries.Select(entry => (entry.Call, entry.Token)).Except(_handedOver)];
                gone = [.. _left.Where(one => TurnOf(one.Call) == turn).Except(now).Except(_handedOver)];
                written = store.WriteAsync(entries.Where(entry => now.Contains((entry.Call, entry.Token))));
            }
            gone.UnionWith(now.Except(_left).Where(first => first.Token > 1).Select(first => (first.Call, first.Token - 1)));
            await written.WaitAsync(Timeout, time);
            await Task.WhenAll(gone.Select(old => store.RemoveAsync(old.Call, old.Token))).WaitAsync(Timeout, time);
            _left.ExceptWith(gone);
            _left.UnionWith(now);
        }
        catch (Exception e) // Redis: the next turn leaves all of it again.
        {
            LogNotLeft(e.Message);
        }
    }

    private static (CallId Call, long Packets) Heard(SavedCall saved) => (
        saved.Call.Identity.Id, saved.Media.Counters.WhatsApp.PacketsReceived + saved.Media.Counters.Pbx.PacketsReceived);

    private CallSnapshotEntry EntryOf(SavedCall saved)
    {
        var (id, token) = (saved.Call.Identity.Id, saved.Call.Identity.OwnerToken);
        return new CallSnapshotEntry(id, token, _keys!.Encrypt(saved.ToJson(), ContextOf(id, token)));
    }

    private static string ContextOf(CallId call, long token) => $"call {call} {token}";

    [LoggerMessage(Level = LogLevel.Warning, Message = "Call {CallId}: what another node left of it cannot be read: " +
        "node.clusterKeys must be the same at all nodes, and so must be the version")]
    private partial void LogUnreadable(CallId callId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Call {CallId}: neither side is heard and no store answers: another node has it")]
    private partial void LogUnheard(CallId callId);

    [LoggerMessage(Level = LogLevel.Debug, Message = "What other nodes need of live calls was not written: {Reason}")]
    private partial void LogNotLeft(string reason);
}
