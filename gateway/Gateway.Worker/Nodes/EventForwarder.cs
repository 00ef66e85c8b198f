using System.Collections.Concurrent;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Storage.Nodes;
using Gateway.WhatsApp.Webhooks;
using Gateway.Worker.Configuration;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Nodes;

/// <summary>
/// Hands events of calls to the nodes that have them. What finds no owner or no room is tried again for a while: Meta's webhooks may
/// overtake its answer to connect, and until that has come only the node that asked knows the call. Thread-safe.
/// </summary>
internal sealed class EventForwarder(GatewayOptions options, NodeInbox inbox, NodeLeases leases, ICallRegistry registry, TimeProvider time)
{
    private const int MaxWaiting = 1000;

    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(100), Timeout = TimeSpan.FromMilliseconds(500),
        ClaimPoll = TimeSpan.FromMilliseconds(20);

    /// <summary>Longer than an answer to connect is waited for.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(15);

    private readonly InstantClock _clock = new(time);
    private readonly ConcurrentQueue<Waiting> _waiting = new();
    private int _isRetrying;

    /// <summary>Hands an event to the node that has its call, now or, where that is not known yet, soon.</summary>
    /// <param name="forwarded">The event.</param>
    /// <param name="id">Meta's id of the call.</param>
    /// <param name="opaque">Our own id, as Meta gave it back.</param>
    /// <param name="onNobody">
    /// For the end of a call: what is done where the event is tried again and no other node turns out to have the call.
    /// Null: the call may be one that nobody has claimed yet, which is waited for.
    /// </param>
    /// <returns>The outcome of the first try.</returns>
    public async Task<ForwardOutcome> ForwardAsync(
        ForwardedEvent forwarded, WhatsAppCallId id, string? opaque, Func<Task>? onNobody = null)
    {
        var waiting = new Waiting(forwarded, id, opaque, time.GetUtcNow(), _clock.Now + Lifetime, onNobody);
        var outcome = await TryAsync(waiting);
        if (IsFinal(waiting, outcome))
            NodeMetrics.Forwarded(outcome);
        else if (_waiting.Count < MaxWaiting)
            RetryLater(waiting);
        else
            await EndAsync(waiting, outcome);
        return outcome;
    }

    /// <summary>Hands an event to a node; the one that has its call is known, or it has none yet.</summary>
    public Task<ForwardOutcome> SendAsync(ForwardedEvent forwarded, string node) => SendAsync(forwarded, node, time.GetUtcNow());

    /// <summary>
    /// Hands a new call to a node that has room for it. <see cref="ForwardOutcome.Full"/>: none has.
    /// <see cref="ForwardOutcome.TooManyHops"/>: it was handed over often enough, for a node may fill up, or begin to drain, while a call
    /// is on its way there.
    /// </summary>
    public async Task<ForwardOutcome> HandOverAsync(ForwardedEvent offer)
    {
        var outcome = ForwardOutcome.Full;
        try
        {
            var nodes = (await leases.WithRoomAsync().WaitAsync(Timeout, time)).Where(node => node != options.Node.Id).ToArray();
            Random.Shared.Shuffle(nodes);
            for (var i = 0; i < nodes.Length && outcome is ForwardOutcome.Full; i++)
                outcome = await SendAsync(offer, nodes[i]);
        }
        catch (Exception) // Redis does not answer.
        {
            outcome = ForwardOutcome.Unavailable;
        }
        if (outcome == ForwardOutcome.Forwarded)
            NodeMetrics.Forwarded(outcome);
        return outcome;
    }

    /// <summary>
    /// True once another node has claimed a call that was handed over, or it is over. Until then the offer is in Redis alone, which may
    /// lose it, and perhaps in the inbox of a node that Redis does not reach.
    /// </summary>
    /// <param name="id">Meta's id of the call.</param>
    /// <param name="patience">The time that the other node has.</param>
    public async Task<bool> IsClaimedAsync(WhatsAppCallId id, TimeSpan patience)
    {
        for (var until = _clock.Now + patience; _clock.Now < until;)
        {
            if (await registry.FindHolderAsync(id, null, CancellationToken.None) is { } holder && holder != ClaimHolder.Unknown
                && (holder.IsTombstone || holder.Node != options.Node.Id))
                return true;
            await Task.Delay(ClaimPoll, time);
        }
        return false;
    }

    private async Task<ForwardOutcome> SendAsync(ForwardedEvent forwarded, string node, DateTimeOffset since)
    {
        if (forwarded.Hops >= ForwardedEvent.MaxHops)
            return ForwardOutcome.TooManyHops;
        try
        {
            var text = (forwarded with { Hops = forwarded.Hops + 1 }).ToJson();
            return await inbox.TryAddAsync(node, text, since).WaitAsync(Timeout, time)
                ? ForwardOutcome.Forwarded : ForwardOutcome.Full;
        }
        catch (Exception) // Whatever keeps Redis from taking it; it is tried again and counted.
        {
            return ForwardOutcome.Unavailable;
        }
    }

    private async Task<ForwardOutcome> TryAsync(Waiting waiting)
    {
        var call = waiting.Opaque is { } opaque ? new CallId(opaque) : (CallId?)null;
        var holder = await registry.FindHolderAsync(waiting.Id, call, CancellationToken.None);
        if (holder is null)
            return ForwardOutcome.Unowned;
        if (holder == ClaimHolder.Unknown)
            return ForwardOutcome.Unavailable;
        return holder.IsTombstone || holder.Node == options.Node.Id
            ? ForwardOutcome.Own : await SendAsync(waiting.Event, holder.Node, waiting.Since);
    }

    private void RetryLater(Waiting waiting)
    {
        _waiting.Enqueue(waiting);
        if (Interlocked.Exchange(ref _isRetrying, 1) == 0)
            _ = RetryAsync();
    }

    private static bool IsFinal(Waiting waiting, ForwardOutcome outcome) =>
        outcome is ForwardOutcome.Forwarded or ForwardOutcome.Own or ForwardOutcome.TooManyHops
        || (outcome == ForwardOutcome.Unowned && waiting.OnNobody is not null);

    /// <summary>Tries all that wait, in order, until each has found its owner or nobody has claimed its call for long enough.</summary>
    private async Task RetryAsync()
    {
        while (!_waiting.IsEmpty)
        {
            await Task.Delay(Retry, time);
            for (var left = _waiting.Count; left > 0 && _waiting.TryDequeue(out var waiting); left--)
            {
                var outcome = await TryAsync(waiting);
                if (!IsFinal(waiting, outcome) && waiting.Until >= _clock.Now)
                {
                    _waiting.Enqueue(waiting);
                    continue;
                }
                await EndAsync(waiting, outcome);
            }
        }
        Volatile.Write(ref _isRetrying, 0);
        if (!_waiting.IsEmpty && Interlocked.Exchange(ref _isRetrying, 1) == 0)
            _ = RetryAsync();
    }

    /// <summary>It is not tried again.</summary>
    private static async Task EndAsync(Waiting waiting, ForwardOutcome outcome)
    {
        NodeMetrics.Forwarded(outcome);
        if (outcome is not ForwardOutcome.Forwarded && waiting.OnNobody is { } onNobody)
            await onNobody();
    }

    private sealed record Waiting(
        ForwardedEvent Event, WhatsAppCallId Id, string? Opaque, DateTimeOffset Since, Instant Until, Func<Task>? OnNobody);
}
