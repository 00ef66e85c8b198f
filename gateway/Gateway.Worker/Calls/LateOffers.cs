using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Records;
using Gateway.Calls.Rules;
using Gateway.WhatsApp.Meta;
using Gateway.WhatsApp.Webhooks;
using Gateway.Worker.Configuration;
using Gateway.Worker.Metrics;
using Gateway.Worker.Spool;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Calls;

/// <summary>
/// Calls of users that could not be rung any more when Meta's offer came: the gateway was down, the webhook was late, or its end overtook
/// it. Each leaves one missed call with its true time, which also opens the user's window.
/// </summary>
internal sealed partial class LateOffers(
    LiveOptions live, RecordSpool spool, ICallRegistry registry, NodeStart start, MetaClock meta, TimeProvider time,
    ILogger<LateOffers> logger)
{
    private const int MaxEnds = 1000;

    private readonly WarningLimit _warnings = new(time);

    /// <summary>Calls that this node has rung or recorded: what Meta repeats of them is no news.</summary>
    private readonly Tombstones _known = new();

    /// <summary>Ends of calls whose offer has not come.</summary>
    private readonly ConcurrentDictionary<WhatsAppCallId, WebhookEvent.CallTerminate> _ends = new();

    /// <summary>The oldest first: those whose offer never comes, such as another gateway's, make room for others.</summary>
    private readonly ConcurrentQueue<WhatsAppCallId> _endsInOrder = new();

    /// <summary>The user has given up by now, judged by Meta's clock and not by the host's.</summary>
    public bool IsLate(WebhookEvent.CallConnect offer) => offer.Timestamp is { } sent && meta.Now - sent > live.Options.WhatsApp.StaleOffer;

    /// <summary>This call is rung.</summary>
    public void Rings(WhatsAppCallId id) => _known.Add(id);

    /// <summary>This node has rung or recorded the call.</summary>
    public bool Knows(WhatsAppCallId id) => _known.Holds(id);

    /// <summary>A call that nobody owned has ended: perhaps its offer comes after it. One that was picked up was another node's.</summary>
    public void Ended(WhatsAppCallId id, WebhookEvent.CallTerminate end)
    {
        if (end.Direction == CallDirection.Outbound || end.Duration is not null || end.StartedAt is not null)
            return;
        if (_ends.TryAdd(id, end))
            _endsInOrder.Enqueue(id);
        if (_endsInOrder.Count > MaxEnds && _endsInOrder.TryDequeue(out var oldest))
            _ends.TryRemove(oldest, out _);
    }

    /// <summary>Records a late offer, which no other call claims, once. The outcome for the count of webhooks.</summary>
    public async Task<string> TakeAsync(CallIdentity identity, WhatsAppCallId id, WebhookEvent.CallConnect offer)
    {
        if (_known.Holds(id))
            return "tombstoned";
        await registry.SetTombstoneAsync(id, CancellationToken.None);
        _ends.TryRemove(id, out var end);
        await MissAsync(identity, id, offer, end, HangupCause.OfferedTooLate);
        if (_warnings.TryPass(identity.Channel.Value, out var leftOut))
            LogLate(identity.Channel, meta.Now - offer.Timestamp!.Value, leftOut);
        return "stale_offer";
    }

    /// <summary>Records an offer that its own end overtook. False where that end is not known here.</summary>
    public async Task<bool> TryTakeEndedAsync(CallIdentity identity, WhatsAppCallId id, WebhookEvent.CallConnect offer)
    {
        if (!_ends.TryRemove(id, out var end) || _known.Holds(id))
            return false;
        var cause = end.Errors.Count > 0 ? CauseTable.OfWhatsAppError(end.Errors[0]).Cause : HangupCause.CallerGaveUp;
        await MissAsync(identity, id, offer, end, cause);
        return true;
    }

    private Task MissAsync(
        CallIdentity identity, WhatsAppCallId id, WebhookEvent.CallConnect offer, WebhookEvent.CallTerminate? end, HangupCause cause)
    {
        _known.Add(id);
        var startedAt = offer.Timestamp ?? meta.Now;
        var endedAt = end?.EndedAt ?? end?.Timestamp ?? startedAt;
        var record = new CallRecord
        {
            Id = IdOf(id),
            WhatsAppId = id,
            Direction = identity.Direction,
            Channel = identity.Channel,
            User = identity.User,
            StartedAt = startedAt,
            EndedAt = endedAt > startedAt ? endedAt : startedAt,
            Cause = cause,
            WhatsAppError = end?.Errors.Count > 0 ? end.Errors[0] : null,
            Node = identity.Node,
            NodeStart = start.Value,
        };
        LogMissed(record.Id, identity.Channel, identity.User, cause);
        CallMetrics.Ended(record);
        return spool.AddAsync(record);
    }

    /// <summary>Always the same for one call: Meta repeats webhooks for days and to any node, and the first record stays.</summary>
    private static CallId IdOf(WhatsAppCallId id) =>
        new(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id.Value)).AsSpan(0, 16)));

    [LoggerMessage(Level = LogLevel.Information, Message = "Call {CallId} on {Channel} with {User} was missed: {Cause}")]
    private partial void LogMissed(CallId callId, ChannelId channel, WhatsAppUser user, WireText<HangupCause> cause);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A call to channel {Channel} was offered {Age} late and is recorded as missed: " +
        "check that webhooks "
        + "reach the gateway at once (proxy, network, another URL in Meta's form) and that it was up; {LeftOut} more since the last line")]
    private partial void LogLate(ChannelId channel, TimeSpan age, int leftOut);
}
