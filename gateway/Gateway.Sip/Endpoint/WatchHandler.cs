using Gateway.Sip.Messages;
using Gateway.Sip.Subscriptions;
using Gateway.Sip.Transactions;
using Gateway.Sip.Trunks;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Endpoint;

/// <summary>The watched extensions of an endpoint: subscriptions with the handles of their owners. Belongs to its loop.</summary>
internal sealed class WatchHandler(SubscriptionSet subscriptions)
{
    private readonly Dictionary<Subscription, ExtensionWatch> _watches = [];

    public Instant NextDeadline => subscriptions.NextDeadline;

    public void Begin(Trunk trunk, ExtensionWatch watch, Instant now)
    {
        if (watch.States.Completion.IsCompleted)
            return;
        if (subscriptions.TryAdd(trunk, watch.Extension, now) is { } subscription)
            _watches.Add(subscription, watch);
        else
            watch.Complete();
    }

    public void End(ExtensionWatch watch, Instant now)
    {
        if (_watches.FirstOrDefault(entry => entry.Value == watch).Key is not { } subscription)
            return;
        _watches.Remove(subscription);
        subscription.Stop(now);
    }

    /// <summary>Ends those of trunks that are not among these.</summary>
    public void EndReplaced(IReadOnlyList<Trunk> trunks, Instant now)
    {
        foreach (var (subscription, watch) in _watches.Where(entry => !trunks.Contains(entry.Key.Trunk)).ToArray())
        {
            _watches.Remove(subscription);
            watch.Complete();
            subscription.Stop(now);
        }
    }

    /// <summary>Ends all of them.</summary>
    public void Stop(Instant now)
    {
        foreach (var watch in _watches.Values)
            watch.Complete();
        _watches.Clear();
        subscriptions.Stop(now);
    }

    /// <summary>False: the message is none of theirs.</summary>
    public bool TryHandle(SipMessage message, SipFlow flow, Instant now) => subscriptions.TryHandle(message, flow, now);

    public void HandleDeadline(Instant now) => subscriptions.HandleDeadline(now);

    /// <summary>Hands what has changed to the owners.</summary>
    public void Deliver()
    {
        while (subscriptions.TryPollChange(out var change))
        {
            if (_watches.TryGetValue(change.Subscription, out var watch))
                watch.Deliver(change.State);
        }
    }
}
