using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Storage;
using Gateway.Storage.Nodes;
using Gateway.Worker.Configuration;
using Gateway.Worker.Legs;
using Gateway.Worker.LostNodes;

namespace Gateway.Worker.Nodes;

/// <summary>Takes calls of other nodes, each by its owner's token, and goes on with them.</summary>
internal sealed partial class CallTaker(
    GatewayOptions options, NodeStart start, OwnershipStores stores, LostCalls lost, LostCallEnds ends, TimeProvider time,
    ILogger<CallTaker> logger)
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    /// <summary>One after the other: many connections at once would take processors from calls that nobody hears yet.</summary>
    private readonly OperationQueue _rows = new(_ => { });

    /// <summary>Those of this node. Set before the first is taken.</summary>
    public IOwnedCalls Calls { get; set; } = null!;

    /// <summary>The call runs here.</summary>
    public bool Has(CallId call) => Calls.Owned.Any(one => one.Call == call);

    /// <summary>Throws what Redis throws.</summary>
    /// <param name="call">The call.</param>
    /// <param name="from">Its owner, as it was read.</param>
    /// <param name="saved">What an owner has left of it; null: nothing, so it cannot be continued.</param>
    public async Task<TakeOutcome> TakeAsync(CallId call, CallOwner from, SavedCall? saved)
    {
        var isLive = saved is null ? Task.FromResult(false) : IsLiveAsync(saved); // meanwhile: people wait
        if (await stores.Owners.ClaimAsync(call, from, options.Node.Id) is not { } mine)
            return TakeOutcome.AnotherHasIt;
        return saved is not null && await isLive && TryResume(saved, mine) ? TakeOutcome.Continued : TakeOutcome.Ended;
    }

    /// <summary>Goes on with a call under the token that this node shows. False: it cannot be continued here.</summary>
    public bool TryResume(SavedCall saved, CallOwner mine)
    {
        var before = saved.Call.Identity;
        var identity = before with { Node = mine.Node, NodeStart = start.Value, OwnerToken = mine.Token };
        var takeovers = (int)Math.Max(1, mine.Token - before.OwnerToken);
        if (!Calls.TryResume(saved with { Call = saved.Call with { Identity = identity } }, takeovers))
            return false;
        _rows.Add(() => TakeRowAsync(identity, saved.Call.Times.StartedAt));
        _ = WatchAsync(saved);
        return true;
    }

    /// <summary>
    /// Ends a call that cannot be continued. The owner's key stays until it expires: the node that had the call may only have stood still,
    /// and is to find that it has lost it, and that it is to hang up the phones that only it knows.
    /// </summary>
    public async Task EndAsync(LiveCall call)
    {
        await ends.EndAsync(call);
        await stores.Owners.EndAsync(call.Id, options.Node.Id);
    }

    /// <summary>The same of a call that its node has given away, with its phone.</summary>
    public Task EndAsync(SavedCall saved) => ends.EndAsync(saved.Call.Identity, saved.Call.WhatsAppId);

    /// <summary>False: Meta has reported its end.</summary>
    private async Task<bool> IsLiveAsync(SavedCall saved)
    {
        if (lost.IsOver(saved.Call.WhatsAppId))
            return false;
        var holder = await stores.Registry.FindHolderAsync(saved.Call.WhatsAppId, null, CancellationToken.None);
        return holder is not { IsTombstone: true } || holder == ClaimHolder.Unknown;
    }

    /// <summary>An end that reached a node between the look and the claim has left a tombstone since. Never throws.</summary>
    private async Task WatchAsync(SavedCall saved)
    {
        try
        {
            await Task.Delay(Retry, time);
            if (!await IsLiveAsync(saved))
                Calls.NoteEnd(saved.Call.Identity.Id);
        }
        catch (Exception e) // Redis: Meta ends its side by itself, and the media's end is noticed.
        {
            LogRowNotTaken(saved.Call.Identity.Id, e.Message);
        }
    }

    /// <summary>Before PostgreSQL takes the row's node for lost: as often as it takes. Never throws.</summary>
    private async Task TakeRowAsync(CallIdentity call, DateTimeOffset startedAt)
    {
        for (var isTaken = false; !isTaken;)
        {
            try
            {
                await time.WithinAsync(
                    Retry, timeout => stores.Rows.TakeOverAsync(call.Id, startedAt, (call.Node, call.NodeStart), call.OwnerToken, timeout));
                isTaken = true;
            }
            catch (Exception e) // PostgreSQL: the call goes on meanwhile.
            {
                LogRowNotTaken(call.Id, e.Message);
                await Task.Delay(Retry, time);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Call {CallId} goes on here, but a store does not know it yet: {Reason}")]
    private partial void LogRowNotTaken(CallId callId, string reason);
}

/// <summary>What became of a call that was to be taken.</summary>
internal enum TakeOutcome
{
    /// <summary>Another node was first, or the owner has changed.</summary>
    AnotherHasIt,

    /// <summary>It is this node's, and goes on.</summary>
    Continued,

    /// <summary>It is this node's, and cannot be continued: it is to be ended.</summary>
    Ended,
}
