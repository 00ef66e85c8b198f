using Gateway.Sip.Messages;
using Gateway.Sip.Transactions;
using Gateway.Sip.Trunks;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Subscriptions;

/// <summary>
/// All subscriptions of one user agent, without I/O: NOTIFYs and deadlines in, <see cref="TryPollChange"/> and the transaction layer's
/// messages out. SUBSCRIBEs leave one at a time at a steady pace, so that no PBX meets a thousand at once.
/// </summary>
/// <param name="agent">What the subscriptions have in common with everything else that is sent.</param>
/// <param name="trunks">Those that may notify.</param>
/// <param name="most">More are not taken.</param>
/// <param name="perSecond">SUBSCRIBEs a second to all trunks together.</param>
public sealed class SubscriptionSet(
    UserAgentCore agent, TrunkSet trunks, int most = SubscriptionSet.Most, int perSecond = SubscriptionSet.PerSecond)
    : ISubscriptionOwner
{
    public const int Most = 5000;

    /// <summary>Five thousand that are refreshed every four minutes are 21 a second.</summary>
    public const int PerSecond = 40;

    private readonly Dictionary<string, Subscription> _byCallId = [];
    private readonly DeadlineQueue<Subscription> _deadlines = new();
    private readonly Dictionary<Subscription, ExtensionState> _reported = [];
    private readonly Queue<ExtensionChange> _changes = new();
    private readonly SipCapabilities _capabilities =
        new([SipMethod.Notify], agent.Capabilities.Extensions, [DialogInfoReader.ContentType]);

    private Instant _nextSlot;

    public int Count => _byCallId.Count;

    /// <summary>Not before the next SUBSCRIBE may leave; deadlines of other kinds wait for that moment too.</summary>
    public Instant NextDeadline => _deadlines.NextDeadline > _nextSlot ? _deadlines.NextDeadline : _nextSlot;

    /// <summary>Null: there are too many already.</summary>
    public Subscription? TryAdd(Trunk trunk, string extension, Instant now)
    {
        if (_byCallId.Count >= most)
            return null;
        var subscription = new Subscription(this, agent, trunk, extension, now);
        _byCallId.Add(subscription.CallId, subscription);
        _reported.Add(subscription, ExtensionState.Unknown);
        _deadlines.Schedule(subscription);
        return subscription;
    }

    /// <summary>Unsubscribes all at once: the endpoint stops, and whatever the PBX misses runs out by itself.</summary>
    public void Stop(Instant now)
    {
        foreach (var subscription in _byCallId.Values.ToArray())
            subscription.Stop(now);
    }

    /// <summary>Answers a NOTIFY of the dialog package from a trunk. False: the message is another.</summary>
    public bool TryHandle(SipMessage message, SipFlow flow, Instant now)
    {
        if (message is not SipRequest { Method: var method } notify || method != SipMethod.Notify
            || !MediaType.Essence(notify.Headers["Event"] ?? "").Equals(DialogInfoReader.Package, StringComparison.OrdinalIgnoreCase)
            || trunks.OfAny(flow) is not { } trunk)
            return false;
        trunk.AskForResponsePort(notify, flow.Remote);
        notify.Headers.ReplaceFirst("Via", notify.TopVia.StampSource(flow.Remote).ToString());
        agent.Layer.Servers.Answer(notify, Answer(notify, flow, now), flow);
        return true;
    }

    public void HandleDeadline(Instant now)
    {
        while (now >= _nextSlot && _deadlines.TryTakeDue(now, out var subscription))
        {
            if (subscription.HandleDeadline(now))
                _nextSlot = now + TimeSpan.FromSeconds(1) / perSecond;
            ((ISubscriptionOwner)this).Update(subscription);
        }
    }

    public bool TryPollChange(out ExtensionChange change) => _changes.TryDequeue(out change);

    void ISubscriptionOwner.Update(Subscription subscription)
    {
        if (subscription.IsOver)
        {
            _byCallId.Remove(subscription.CallId);
            _reported.Remove(subscription);
            return;
        }
        _deadlines.Schedule(subscription);
        if (!_reported.TryGetValue(subscription, out var last) || last == subscription.State)
            return;
        _reported[subscription] = subscription.State;
        _changes.Enqueue(new ExtensionChange(subscription, subscription.State));
    }

    /// <summary>Several trunks may lead to one PBX, and it notifies from any of its addresses.</summary>
    private SipResponse Answer(SipRequest notify, SipFlow flow, Instant now)
    {
        if (RequestValidator.Validate(notify, _capabilities) is { } refusal)
            return refusal.CreateResponse(notify, agent.Layer.Context.NewTag());
        return _byCallId.TryGetValue(notify.CallId, out var subscription) && subscription.Trunk.MatchSource(flow) > 0
            ? subscription.Answer(notify, flow, now)
            : agent.CreateResponse(notify, 481, agent.Layer.Context.NewTag());
    }
}

/// <summary>The new state of a watched extension.</summary>
public readonly record struct ExtensionChange(Subscription Subscription, ExtensionState State);
