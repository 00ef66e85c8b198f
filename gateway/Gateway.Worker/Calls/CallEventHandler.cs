using System.Threading.Channels;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Storage;
using Gateway.WhatsApp;
using Gateway.WhatsApp.Meta;
using Gateway.WhatsApp.Webhooks;
using Gateway.Worker.LostNodes;
using Gateway.Worker.Metrics;
using Gateway.Worker.Nodes;
using Gateway.Worker.Webhooks;

namespace Gateway.Worker.Calls;

/// <summary>
/// Handles what webhooks report: what begins a call starts it, what concerns one goes to its loop or to the node that has it, and what
/// belongs to no call leaves a tombstone instead of a ghost. A webhook is answered once a store, a disk or another node knows what was in
/// it, so that nothing is lost with this process.
/// </summary>
internal sealed partial class CallEventHandler(
    CallSupervisor calls, CallServices services, NonCallEvents others, OfferClaims claims, LateOffers late, LostCalls lost,
    ILogger<CallEventHandler> logger)
{
    private static readonly Task<bool> IsKept = Task.FromResult(true), IsNotKept = Task.FromResult(false);

    /// <summary>
    /// An offer whose row PostgreSQL has not written by then is answered for all the same: sent again while Redis is away too, it would be
    /// a second call. With the half second that a claim may take it is less than <see cref="WebhookEndpointOptions.KeepTimeout"/>.
    /// </summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(0.7);

    private static readonly TimeSpan RepeatPause = TimeSpan.FromMilliseconds(500);

    /// <summary>No user waits for longer until it rings at the business.</summary>
    private static readonly TimeSpan LongestRing = TimeSpan.FromSeconds(30);

    private readonly WarningLimit _warnings = new(services.Time);

    public async Task ReadWebhooksAsync(ChannelReader<QueuedWebhook> webhooks)
    {
        using var lanes = new CallLanes();
        await foreach (var webhook in webhooks.ReadAllAsync())
        {
            var kept = new List<Task<bool>>();
            foreach (var happened in webhook.Batch.Events)
            {
                Task<Handled> Handle() => HandleAsync(new ForwardedEvent(happened, 0), webhook);
                kept.Add(KeptAsync(WebhookMapping.CallOf(happened) is { } call ? await lanes.BeginAsync(call, Handle) : Handle()));
            }
            _ = AnswerAsync(webhook, kept);
        }
        await lanes.Idle;
    }

    /// <summary>
    /// Takes an event that another node received: of a call of this one, or one that this one is to begin. Never throws. The inner task
    /// completes when the event outlives this process, or its call waits for a store no longer.
    /// </summary>
    public async Task<Task> HandleForwardedAsync(ForwardedEvent forwarded)
    {
        var kept = (await HandleAsync(forwarded)).Kept;
        return forwarded.Event is WebhookEvent.CallConnect ? UntilKeptAsync(forwarded, kept) : kept;
    }

    /// <summary>
    /// Handles an offer again that a store kept this node from taking: Meta has its answer, and does not send it again.
    /// </summary>
    private async Task UntilKeptAsync(ForwardedEvent offer, Task<bool> kept)
    {
        for (var until = services.Clock.Now + LongestRing; !await kept && services.Clock.Now < until;)
        {
            await Task.Delay(RepeatPause, services.Time);
            kept = (await HandleAsync(offer)).Kept;
        }
    }

    private static async Task<bool> KeptAsync(Task<Handled> handling) => await (await handling).Kept;

    private static async Task AnswerAsync(QueuedWebhook webhook, IReadOnlyList<Task<bool>> kept) =>
        webhook.Answer((await Task.WhenAll(kept)).All(isKept => isKept));

    /// <param name="forwarded">The event.</param>
    /// <param name="webhook">Its own; null: another node received it.</param>
    private async Task<Handled> HandleAsync(ForwardedEvent forwarded, QueuedWebhook? webhook = null)
    {
        var happened = forwarded.Event;
        try
        {
            if (!WebhookMapping.TryMap(happened, out var id, out var input))
                return new Handled("", others.AddAsync(happened)); // which counts it
            var handled = (happened, input) switch
            {
                (WebhookEvent.CallConnect connect, CallInput.WhatsAppOffered offer) => await StartAsync(forwarded, connect, offer, webhook),
                (WebhookEvent.CallTerminate terminate, _) => await TerminateAsync(forwarded, id, terminate, input),
                (WebhookEvent.CallConnect connect, _) => await ForwardAsync(forwarded, id, connect.OpaqueData, input),
                (WebhookEvent.CallStatus status, _) => await ForwardAsync(forwarded, id, status.OpaqueData, input),
                _ => new Handled("not_a_call", IsKept),
            };
            CallMetrics.Webhook(handled.Outcome);
            return handled;
        }
        catch (Exception e) // The edge of one event: a store that fails must not stop the events after it.
        {
            CallMetrics.Webhook("failed");
            LogFailure(e, happened.GetType().Name);
            return new Handled("failed", IsKept); // sent again it would fail again
        }
    }

    private async Task<Handled> StartAsync(
        ForwardedEvent forwarded, WebhookEvent.CallConnect connect, CallInput.WhatsAppOffered offer, QueuedWebhook? webhook)
    {
        var whatsAppId = offer.Id;
        if (calls.FindAny(whatsAppId) is { } known)
            return new Handled("duplicate", KeptAsync(known));
        var channel = new ChannelId(connect.Number.PhoneNumberId ?? "");
        if (!calls.Serves(channel))
        {
            if (_warnings.TryPass(channel.Value, out var leftOut))
                LogUnknownNumber(channel, leftOut);
            return new Handled("unknown_number", IsKept);
        }

        var identity = calls.Identify(CallDirection.Inbound, channel, connect.User);
        var isLate = late.IsLate(connect);
        if (!isLate && !calls.HasRoom)
        {
            var outcome = await services.Nodes.HandOverAsync(forwarded);
            if (outcome == ForwardOutcome.Forwarded)
                return new Handled("handed_over", services.Nodes.IsClaimedAsync(whatsAppId, LongestWait)); // else Meta sends it again
            if (outcome == ForwardOutcome.Unavailable) // it may be another's, and this node could only refuse it
                return new Handled("no_room", IsNotKept);
        }
        var (claim, holder) = await claims.ClaimAsync(whatsAppId, identity.Id);
        if (claim == ClaimResult.Duplicate)
            return await RepeatedAsync(forwarded, holder);
        // Meta sends it again, to any node, and no registry would tell that one of this call: it would begin, and be recorded, twice.
        if (claim == ClaimResult.Assumed && webhook is { IsAbandoned: true })
            return new Handled("abandoned", IsNotKept);
        if (isLate)
            return new Handled(await late.TakeAsync(identity, whatsAppId, connect), IsKept);
        if (claim == ClaimResult.Tombstoned)
            return new Handled(
                await late.TryTakeEndedAsync(identity, whatsAppId, connect) ? "ended_before_offer"
                    : await ToHolderOfEndAsync(forwarded, whatsAppId) ? "forwarded" : "tombstoned",
                IsKept);
        late.Rings(whatsAppId);
        var details = new InboundDetails(whatsAppId, connect.CtaPayload, connect.DeeplinkPayload);
        var loop = calls.Begin(identity, details, offer with { MayBeAnothers = claim == ClaimResult.Assumed });
        return new Handled("started", KeptAsync(loop));
    }

    /// <summary>
    /// Meta repeats an offer that was not answered for. A node that has started since its claim is asked: it alone can tell a call that it
    /// begins from one that ended with its process.
    /// </summary>
    /// <param name="offer">The offer.</param>
    /// <param name="holder">Who has claimed the call; null: that cannot be said now.</param>
    private async Task<Handled> RepeatedAsync(ForwardedEvent offer, ClaimHolder? holder)
    {
        if (holder is null)
            return new Handled("duplicate", IsNotKept);
        var isForwarded = holder is { IsTombstone: false } && holder.Node != calls.Node
            && await services.Nodes.SendAsync(offer, holder.Node) == ForwardOutcome.Forwarded;
        return new Handled(isForwarded ? "forwarded" : "duplicate", IsKept);
    }

    private async Task<Handled> ForwardAsync(ForwardedEvent forwarded, WhatsAppCallId id, string? opaque, CallInput input)
    {
        if (calls.Find(id, opaque) is { } loop)
            return new Handled(Deliver(loop, id, input), IsKept);
        if (calls.Unnamed.TryTake(opaque, out var ended))
        {
            lost.End(ended.Id, ended.Channel, id);
            return new Handled("too_late", IsKept);
        }
        calls.Early.Keep(id, input);
        if (calls.FindAny(id) is { } late)
        {
            foreach (var early in calls.Early.Take(id)) // it became known meanwhile
                late.Post(early);
            return new Handled("delivered", IsKept);
        }
        var outcome = await services.Nodes.ForwardAsync(forwarded, id, opaque);
        return new Handled(outcome == ForwardOutcome.Forwarded ? "forwarded" : "unknown_call", KeptBy(outcome));
    }

    private string Deliver(CallLoop loop, WhatsAppCallId id, CallInput input)
    {
        if (loop.BoundTo is null)
        {
            // It overtook the answer to connect, which may even be lost: then this is the only report of Meta's id.
            loop.Post(new CallInput.Connected(id, null));
            calls.Bind(loop, id);
        }
        return loop.Post(input) ? "delivered" : "too_late";
    }

    private async Task<Handled> TerminateAsync(
        ForwardedEvent forwarded, WhatsAppCallId id, WebhookEvent.CallTerminate terminate, CallInput input)
    {
        if (calls.Find(id, terminate.OpaqueData) is { } loop)
        {
            var delivered = Deliver(loop, id, input);
            await services.Registry.SetTombstoneAsync(id, CancellationToken.None); // where this node dies now, no other goes on with it
            return new Handled(delivered, IsKept);
        }
        lost.NoteEnd(id, terminate);
        var outcome = await services.Nodes.ForwardAsync(
            forwarded, id, terminate.OpaqueData, () => services.Registry.SetTombstoneAsync(id, CancellationToken.None));
        if (outcome is ForwardOutcome.Forwarded or ForwardOutcome.Full)
            return new Handled("forwarded", KeptBy(outcome));
        if (outcome == ForwardOutcome.Unavailable)
        {
            services.Registry.NoteEnd(id); // the tombstone waits: it would hide the owner from this event
            return new Handled("tombstone_left", KeptBy(outcome));
        }
        var before = await services.Registry.SetTombstoneAsync(id, CancellationToken.None);
        if (before is null)
            late.Ended(id, terminate);
        else if (before.Node is { Length: > 0 } node && node != calls.Node && ConcernsHolder(forwarded, before, terminate)
            && await services.Nodes.SendAsync(forwarded, node) == ForwardOutcome.Forwarded)
            return new Handled("forwarded", IsKept);
        return new Handled("tombstone_left", NoteTalkAsync(id, terminate));
    }

    /// <summary>
    /// A call that no node has may be one of a node that died before it told anybody of the pick-up. Where Meta gives our own id back, its
    /// row is told. False: it could not be.
    /// </summary>
    private async Task<bool> NoteTalkAsync(WhatsAppCallId id, WebhookEvent.CallTerminate end)
    {
        if (end.OpaqueData is not { } call || ReportedEnds.PickUpOf(end) is not { } pickUp)
            return true;
        try
        {
            await services.Time.WithinAsync(
                LongestWait, timeout => services.Store.TalkedAsync(new CallId(call), id, pickUp, timeout));
            return true;
        }
        catch (Exception) // PostgreSQL: Meta sends it again.
        {
            return false;
        }
    }

    /// <summary>
    /// True where another node has claimed the call just now, and where one that ended it for a lost node is to hear that it was answered.
    /// </summary>
    private static bool ConcernsHolder(ForwardedEvent forwarded, ClaimHolder holder, WebhookEvent.CallTerminate end) =>
        !holder.IsTombstone || (forwarded.Hops == 0 && ReportedEnds.PickUpOf(end) is not null);

    /// <summary>Hands an offer to the node that has heard of its call's end, which records it as missed.</summary>
    private async Task<bool> ToHolderOfEndAsync(ForwardedEvent forwarded, WhatsAppCallId id) =>
        forwarded.Hops == 0 && !late.Knows(id)
        && await services.Registry.FindHolderAsync(id, null, CancellationToken.None) is { IsTombstone: true, Node: { Length: > 0 } node }
        && node != calls.Node && await services.Nodes.SendAsync(forwarded, node) == ForwardOutcome.Forwarded;

    private async Task<bool> KeptAsync(CallLoop call)
    {
        await Task.WhenAny(call.Kept, Task.Delay(LongestWait, services.Time));
        return true;
    }

    /// <summary>
    /// What no node took is tried again from memory for a while. It is sent again too, but for what may be about a call of nobody here: a
    /// store knows no more of it then.
    /// </summary>
    private static Task<bool> KeptBy(ForwardOutcome outcome) =>
        outcome is ForwardOutcome.Unavailable or ForwardOutcome.Full ? IsNotKept : IsKept;

    [LoggerMessage(Level = LogLevel.Warning, Message = "A user called phone number id {Channel}, which is no channel of this node: check " +
        "channels[].phoneNumberId, "
        + "or which node the app's webhooks go to; {LeftOut} more since the last line")]
    private partial void LogUnknownNumber(ChannelId channel, int leftOut);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A webhook event ({Kind}) could not be handled")]
    private partial void LogFailure(Exception e, string kind);

    /// <summary>An event that was handled.</summary>
    /// <param name="Outcome">For the count of webhooks.</param>
    /// <param name="Kept">Completes when it outlives this process, or its call waits for a store no longer; false: nothing took it.</param>
    private readonly record struct Handled(string Outcome, Task<bool> Kept);
}
