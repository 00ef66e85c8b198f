using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;

namespace Gateway.Worker.Calls;

/// <summary>
/// The registry as calls see it: when Redis is unavailable or slow, calls go on with what this node knows by itself. A claim then counts as
/// won unless this node has set the call's tombstone, an answer lock too, and what cannot be shown is not shown. Each such answer is
/// counted; when Redis is back, the ends of calls are reported to it, and the live ones are claimed and shown again, for it may have come
/// back empty, or without the latest of what it was told.
/// </summary>
internal sealed class ResilientRegistry(ICallRegistry registry, TimeProvider time) : ICallRegistry
{
    /// <summary>Far above what Redis takes, far below what a caller notices.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// After one operation was waited for in vain, the next ones are not even tried for so long: no queue of calls waits for each.
    /// </summary>
    private static readonly TimeSpan BackOff = TimeSpan.FromSeconds(1);

    private static readonly Meter Meter = new("Gateway.Registry");

    private static readonly Counter<long> Failures = Meter.CreateCounter<long>(
        "gateway_registry_failures", "{operation}", "Registry operations that Redis did not answer in time, by operation");

    /// <summary>
    /// The most reports still to be made to Redis once it answers again; beyond this, other nodes learn of them by expiry.
    /// </summary>
    private const int MaxPendingRetries = 20_000;

    /// <summary>A primary that Sentinel promotes may not have been told of them: more than a failover takes.</summary>
    private static readonly TimeSpan LatestEnds = TimeSpan.FromMinutes(1);

    private readonly Tombstones _tombstones = new();
    private readonly ConcurrentDictionary<CallId, (LiveCall Call, string? Dialog)> _shown = new();
    private readonly ConcurrentDictionary<CallId, bool> _unshown = new(), _unclaimed = new();
    private readonly ConcurrentQueue<Func<Task>> _pendingRetries = new();
    private readonly ConcurrentQueue<(CallId Call, long Token, long At)> _ended = new();
    private long _tryAgainAt = long.MinValue;
    private int _isRetrying;

    public async Task<ClaimResult> ClaimAsync(WhatsAppCallId whatsAppId, CallId callId, CancellationToken cancellation)
    {
        if (_tombstones.Holds(whatsAppId)) // also when Redis has been restarted empty since
            return ClaimResult.Tombstoned;
        var (done, result) = await AskAsync(
            "claim", () => registry.ClaimAsync(whatsAppId, callId, cancellation), ClaimResult.Assumed);
        if (!done && _unclaimed.Count < MaxPendingRetries) // some never become calls
            _unclaimed[callId] = true;
        return result;
    }

    public async Task<bool> ReclaimAsync(WhatsAppCallId whatsAppId, CallId from, CallId callId, CancellationToken cancellation) =>
        (await AskAsync("reclaim", () => registry.ReclaimAsync(whatsAppId, from, callId, cancellation), false)).Value;

    public void NoteEnd(WhatsAppCallId whatsAppId) => _tombstones.Add(whatsAppId);

    public async Task<ClaimHolder?> SetTombstoneAsync(WhatsAppCallId whatsAppId, CancellationToken cancellation)
    {
        _tombstones.Add(whatsAppId);
        var (done, before) = await AskAsync("tombstone", () => registry.SetTombstoneAsync(whatsAppId, cancellation), ClaimHolder.Unknown);
        if (!done)
            RetryLater(() => SetTombstoneAsync(whatsAppId, cancellation));
        return before;
    }

    public async Task<ClaimHolder?> FindHolderAsync(WhatsAppCallId whatsAppId, CallId? call, CancellationToken cancellation) =>
        (await AskAsync("find_holder", () => registry.FindHolderAsync(whatsAppId, call, cancellation), ClaimHolder.Unknown)).Value;

    public Task<bool> PublishAsync(LiveCall call, CancellationToken cancellation)
    {
        _shown.AddOrUpdate(call.Id, _ => (call, null), (_, before) => (call, before.Dialog));
        if (_unclaimed.TryRemove(call.Id, out _))
            ShowLater(call.Id);
        return ShowAsync(call, cancellation);
    }

    public async Task<bool> RemoveAsync(CallId callId, long token, CancellationToken cancellation)
    {
        LetGo(callId);
        _ended.Enqueue((callId, token, time.GetTimestamp()));
        while (_ended.TryPeek(out var oldest) && time.GetElapsedTime(oldest.At) > LatestEnds)
            _ended.TryDequeue(out _);
        return await TakeOutAsync(callId, token, cancellation);
    }

    private async Task<bool> TakeOutAsync(CallId callId, long token, CancellationToken cancellation)
    {
        var (done, removed) = await AskAsync("remove", () => registry.RemoveAsync(callId, token, cancellation), true);
        if (!done)
            RetryLater(() => TakeOutAsync(callId, token, cancellation));
        return removed;
    }

    public Task KeepDialogAsync(CallId callId, long token, string dialog, CancellationToken cancellation)
    {
        if (_shown.TryGetValue(callId, out var before))
            _shown.TryUpdate(callId, before with { Dialog = dialog }, before);
        return KeepAsync(callId, token, dialog, cancellation);
    }

    /// <summary>Another node has the call: it is not shown by this one again.</summary>
    public void LetGo(CallId callId)
    {
        _shown.TryRemove(callId, out _);
        _unclaimed.TryRemove(callId, out _);
    }

    public async Task<TakenDialog> TakeDialogAsync(CallId callId, CancellationToken cancellation) =>
        (await AskAsync("take_dialog", () => registry.TakeDialogAsync(callId, cancellation), TakenDialog.Unknown)).Value;

    public async Task ForgetDialogAsync(CallId callId, CancellationToken cancellation)
    {
        if (!(await AskAsync("forget_dialog", () => Done(registry.ForgetDialogAsync(callId, cancellation)), true)).Done)
            RetryLater(() => ForgetDialogAsync(callId, cancellation));
    }

    public async Task<bool?> GoesOnAsync(CallId callId, long token, CancellationToken cancellation) =>
        (await AskAsync("goes_on", () => registry.GoesOnAsync(callId, token, cancellation), null)).Value;

    public async Task<bool?> WasEndedAsync(CallId callId, CancellationToken cancellation) =>
        (await AskAsync("was_ended", () => registry.WasEndedAsync(callId, cancellation), null)).Value;

    public async Task<bool> TakeAnswerLockAsync(WhatsAppCallId whatsAppId, CallId callId, CancellationToken cancellation) =>
        (await AskAsync("answer_lock", () => registry.TakeAnswerLockAsync(whatsAppId, callId, cancellation), true)).Value;

    public Task<IReadOnlyList<LiveCall>> ListAsync(CancellationToken cancellation) => registry.ListAsync(cancellation);

    /// <summary>
    /// Redis is back, perhaps empty: it is shown at once what this node shows, and what of it this node claimed, so that another that hears
    /// of a call's end knows whose it is; and what ended in the last minute is removed once more, for a primary that was promoted may have
    /// been behind. Never throws.
    /// </summary>
    public async Task ShowAgainAsync(CancellationToken cancellation)
    {
        Volatile.Write(ref _tryAgainAt, long.MinValue);
        foreach (var id in _shown.Keys)
            await ShowAgainAsync(id, cancellation);
        foreach (var (call, token, _) in _ended)
            await TakeOutAsync(call, token, cancellation);
    }

    private async Task ShowAgainAsync(CallId id, CancellationToken cancellation)
    {
        if (!_shown.TryGetValue(id, out var shown))
            return;
        var (call, dialog) = shown;
        if (call is { Direction: CallDirection.Inbound, WhatsAppId: { } whatsAppId })
            await ClaimAsync(whatsAppId, id, cancellation);
        await ShowAsync(call, cancellation);
        if (dialog is not null)
            await KeepAsync(id, call.OwnerToken, dialog, cancellation);
        if (!_shown.ContainsKey(id))
            await TakeOutAsync(id, call.OwnerToken, cancellation); // it ended meanwhile
    }

    private async Task<bool> ShowAsync(LiveCall call, CancellationToken cancellation)
    {
        var (done, isOurs) = await AskAsync("publish", () => registry.PublishAsync(call, cancellation), true);
        if (!done)
            ShowLater(call.Id);
        else if (!isOurs)
            LetGo(call.Id);
        return isOurs;
    }

    private async Task KeepAsync(CallId callId, long token, string dialog, CancellationToken cancellation)
    {
        if (!(await AskAsync("keep_dialog", () => Done(registry.KeepDialogAsync(callId, token, dialog, cancellation)), true)).Done)
            ShowLater(callId);
    }

    /// <summary>
    /// As soon as Redis answers, the latest of a call: one that is not shown there nobody takes over, or ends, where this node dies, and
    /// of one that is not claimed there this node does not hear what Meta reports to another.
    /// </summary>
    private void ShowLater(CallId call)
    {
        if (_unshown.TryAdd(call, true))
            RetryLater(() =>
            {
                _unshown.TryRemove(call, out _);
                return ShowAgainAsync(call, CancellationToken.None);
            });
    }

    private static async Task<bool> Done(Task operation)
    {
        await operation;
        return true;
    }

    private void RetryLater(Func<Task> operation)
    {
        if (_pendingRetries.Count < MaxPendingRetries)
            _pendingRetries.Enqueue(operation);
        if (Interlocked.Exchange(ref _isRetrying, 1) == 0)
            _ = RetryAsync();
    }

    /// <summary>Tries again what has failed, one after the other; what fails again is tried again.</summary>
    private async Task RetryAsync()
    {
        while (!_pendingRetries.IsEmpty)
        {
            await Task.Delay(BackOff, time);
            for (var left = _pendingRetries.Count; left > 0 && !IsResting && _pendingRetries.TryDequeue(out var operation); left--)
                await operation();
        }
        Volatile.Write(ref _isRetrying, 0);
        if (!_pendingRetries.IsEmpty && Interlocked.Exchange(ref _isRetrying, 1) == 0)
            _ = RetryAsync();
    }

    private bool IsResting => time.GetTimestamp() < Volatile.Read(ref _tryAgainAt);

    /// <summary>Never throws.</summary>
    private async Task<(bool Done, T Value)> AskAsync<T>(string name, Func<Task<T>> operation, T otherwise)
    {
        try
        {
            if (!IsResting)
                return (true, await operation().WaitAsync(Timeout, time));
        }
        catch (TimeoutException)
        {
            Volatile.Write(ref _tryAgainAt, time.GetTimestamp() + (long)(BackOff.TotalSeconds * time.TimestampFrequency));
        }
        catch (Exception) // Whatever keeps Redis from answering, the call goes on.
        {
            // counted below
        }
        Failures.Add(1, new KeyValuePair<string, object?>("operation", name));
        return (false, otherwise);
    }
}
