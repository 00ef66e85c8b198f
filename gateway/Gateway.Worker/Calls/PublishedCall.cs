using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Sip.Dialogs;
using Gateway.Worker.Legs;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Calls;

/// <summary>
/// One call as the registry has it while it lives: what other nodes and the admin API see of it, and the dialogs that end its phones when
/// this process dies.
/// </summary>
/// <param name="call">Read by the call's own loop alone.</param>
/// <param name="registry">Where it is published.</param>
/// <param name="operations">What the call does there, one after the other.</param>
/// <param name="snapshots">The dialogs; none where nothing is to be ended.</param>
/// <param name="onLost">Another node has taken the call over.</param>
internal sealed class PublishedCall(
    Call call, ICallRegistry registry, OperationQueue operations, Func<Task<IReadOnlyList<SipDialogSnapshot>>> snapshots,
    Action onLost)
{
    /// <summary>What is published of a dead node's calls expires, and a restarted Redis fills again.</summary>
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(10);

    /// <summary>A state that waits for a store or for Meta is published where it lasts so long: mostly the next one comes first.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(50);

    private LiveCall? _view; // still to be published
    private bool _keepsDialogs;
    private LiveQuality? _quality;

    public Instant NextDeadline { get; private set; } = Instant.Never;

    /// <summary>The call's state or agent has changed.</summary>
    public void Note(Instant now)
    {
        if (IsShownAtOnce(call.State))
            HandleDeadline(now);
        else
            NextDeadline = Instant.Min(NextDeadline, now + Soon);
    }

    /// <summary>
    /// A phone rings, whose dialog nobody else knows yet: it is published as soon as the call has nothing else to do. Where this process
    /// dies before, the phone is told by nobody that it rings in vain.
    /// </summary>
    public void NoteRinging(Instant now) => NextDeadline = Instant.Min(NextDeadline, now);

    public void HandleDeadline(Instant now)
    {
        NextDeadline = now + Again;
        Volatile.Write(ref _keepsDialogs, true);
        Publish();
    }

    /// <summary>Shows a sample of the call's quality with it.</summary>
    public void Show(LiveQuality quality)
    {
        _quality = quality;
        Publish();
    }

    private void Publish()
    {
        if (Interlocked.Exchange(ref _view, View()) is null)
            operations.Add(PublishAsync);
    }

    /// <summary>
    /// Publishes the latest view: what changed while Redis was waited for is published once. The dialogs come with it: requests since
    /// then have moved them on, or a transfer has put others in their place.
    /// </summary>
    private async Task PublishAsync()
    {
        IReadOnlyList<SipDialogSnapshot> dialogs = Interlocked.Exchange(ref _keepsDialogs, false) ? await snapshots() : [];
        var published = registry.PublishAsync(Interlocked.Exchange(ref _view, null)!, CancellationToken.None);
        if (StoredDialogs.Write(dialogs) is { } text)
            await registry.KeepDialogAsync(call.Identity.Id, call.Identity.OwnerToken, text, CancellationToken.None);
        if (!await published)
            onLost();
    }

    private LiveCall View()
    {
        var identity = call.Identity;
        return new LiveCall(
            identity.Id, call.WhatsAppId, identity.Direction, identity.Channel, identity.User.ToString(), call.Trunk, call.Agent,
            call.State, call.TimeOf(call.StartedAt), call.AnsweredAt is { } answered ? call.TimeOf(answered) : null, identity.Node)
        {
            AgentSince = call.AgentSince is { } since ? call.TimeOf(since) : null,
            Consultation = call.Consultation,
            OwnerToken = identity.OwnerToken,
            Quality = _quality,
        };
    }

    /// <summary>States that last, and the one in which Meta's webhooks may name the call by our id to any node.</summary>
    private static bool IsShownAtOnce(CallState state) => state is CallState.RingingPbx or CallState.ConnectingWhatsApp
        or CallState.RingingWhatsApp or CallState.Waiting or CallState.Live;
}
