using Gateway.Calls;
using Media.Protocols.Primitives;

namespace Gateway.Storage.Events;

/// <summary>
/// The kinds of events: a closed set, the same in the timeline, on the stream and in webhooks, where a dot follows the first word:
/// <see cref="BalanceToppedUp"/> is `balance.topped_up`. A parked call is two words, and the rest of each kind is its state.
/// </summary>
public enum EventKind
{
    /// <summary>A user calls, or is to be called; it may be refused yet.</summary>
    CallStarted,

    /// <summary>Agents are rung for a call, a PBX rings for it, or the user's phone.</summary>
    CallRinging,
    CallAnswered,

    /// <summary>No packet came from one leg of an answered call for the configured time.</summary>
    CallSilent,

    /// <summary>A leg of a live call has become too bad to hear: once a spell.</summary>
    CallQualityDegraded,

    /// <summary>Such a spell is over.</summary>
    CallQualityRecovered,

    CallMissed,
    CallEnded,
    CallRefused,

    /// <summary>A user's call began to wait for an agent of a group.</summary>
    CallQueued,

    /// <summary>A user's call waited for an agent and ended without one; it is missed too.</summary>
    CallAbandoned,
    PermissionRequested,
    PermissionGranted,
    PermissionDeclined,
    PermissionExpired,
    PermissionRevoked,
    WindowOpened,
    BalanceToppedUp,
    BalanceLow,
    BalanceExhausted,
    ChannelRestricted,
    ChannelDrifted,
    ChannelUpdated,

    /// <summary>An agent is available, away, busy … from now on.</summary>
    AgentStateChanged,

    /// <summary>A caller left a message.</summary>
    VoicemailLeft,

    /// <summary>A parked call has come to this state, as below; the first is that in which it was made.</summary>
    ParkedCallWaitingPermission,
    ParkedCallWaitingAgent,
    ParkedCallPlaced,
    ParkedCallDone,
    ParkedCallCancelled,
    ParkedCallExpired,
    ParkedCallRefused,

    /// <summary>Sent to one webhook endpoint when an admin tests it; never part of the timeline.</summary>
    WebhookTested,
}

/// <summary>The spelling of <see cref="EventKind"/> outside the code.</summary>
public static class EventKinds
{
    private const string ParkedCall = "parked_call";

    /// <summary>
    /// Samples of live calls' quality: on the stream alone, for those who name them; never stored, and no webhook gets them.
    /// </summary>
    public const string Quality = "call.quality";

    public static readonly IReadOnlyList<string> Names = [.. Enum.GetValues<EventKind>().Select(NameOf)];

    public static string NameOf(EventKind kind)
    {
        var name = WireName.Of(kind);
        var end = name.StartsWith(ParkedCall, StringComparison.Ordinal) ? ParkedCall.Length : name.IndexOf('_', StringComparison.Ordinal);
        return $"{name[..end]}.{name[(end + 1)..]}";
    }
}
