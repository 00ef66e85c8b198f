using Sandbox.Handsets;
using Sandbox.Numbers;
using Sandbox.Users;

namespace Sandbox.Calls;

public enum CallState
{
    /// <summary>Inbound: the connect webhook is out; nobody has answered. Outbound: the handset has the offer, nothing rings yet.</summary>
    Waiting,

    /// <summary>Inbound only: media may come up, the user hears ringing.</summary>
    PreAccepted,

    /// <summary>Outbound only: the user's phone rings.</summary>
    Ringing,

    Active,

    Ended,
}

/// <summary>One entry of a call's timeline.</summary>
/// <param name="At">The time.</param>
/// <param name="Kind">graph, webhook, state, handset or control.</param>
/// <param name="What">The action, event or state.</param>
/// <param name="Detail">Its result.</param>
public sealed record TimelineEntry(DateTimeOffset At, string Kind, string What, string Detail);

/// <summary>
/// One call as WhatsApp's servers see it. Every change holds <see cref="Gate"/>; the timeline has a lock of its own, so that deliveries
/// can be recorded while the call goes on.
/// </summary>
public sealed class SandboxCall(
    string id, BusinessNumber number, SandboxUser user, bool inbound, IHandset handset, string handsetKind, TimeProvider time)
{
    private const int MaxTimeline = 2000;

    private readonly List<TimelineEntry> _timeline = [];

    public string Id { get; } = id;

    public BusinessNumber Number { get; } = number;

    public SandboxUser User { get; } = user;

    /// <summary>True when the WhatsApp user calls.</summary>
    public bool Inbound { get; } = inbound;

    public IHandset Handset { get; } = handset;

    public string HandsetKind { get; } = handsetKind;

    public DateTimeOffset CreatedAt { get; } = time.GetUtcNow();

    public SemaphoreSlim Gate { get; } = new(1, 1);

    public CallState State { get; private set; }

    public DateTimeOffset? StartedAt { get; set; }

    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>COMPLETED or FAILED, once ended.</summary>
    public string? Outcome { get; set; }

    /// <summary>The error code in the terminate webhook, where there is one.</summary>
    public int? ErrorCode { get; set; }

    /// <summary>The offer the business got (inbound) or made (outbound).</summary>
    public string Offer { get; set; } = "";

    /// <summary>The handset's own offer; inbound only.</summary>
    public string HandsetOffer { get; set; } = "";

    /// <summary>The SDP of pre_accept, which accept must repeat.</summary>
    public string? BusinessAnswer { get; set; }

    public string? OpaqueData { get; set; }

    public string? CtaPayload { get; set; }

    public string? DeeplinkPayload { get; set; }

    /// <summary>The timer of the state it is in.</summary>
    public ITimer? Deadline { get; set; }

    /// <summary>The report taken when the call ended, before the handset was disposed.</summary>
    public HandsetReport? LastReport { get; set; }

    /// <summary>A connect webhook held back until terminate, set by a knob.</summary>
    public Action? HeldConnect { get; set; }

    public bool IsLive => State != CallState.Ended;

    public void MoveTo(CallState state)
    {
        Note("state", State.ToString(), state.ToString());
        State = state;
    }

    public void Note(string kind, string what, string detail)
    {
        lock (_timeline)
            if (_timeline.Count < MaxTimeline)
                _timeline.Add(new TimelineEntry(time.GetUtcNow(), kind, what, detail));
    }

    public IReadOnlyList<TimelineEntry> Timeline()
    {
        lock (_timeline)
            return [.. _timeline];
    }
}
