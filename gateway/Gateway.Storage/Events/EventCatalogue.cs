namespace Gateway.Storage.Events;

/// <summary>A kind of event, for those who receive it.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Data">The type whose JSON its `data` is.</param>
/// <param name="Summary">When it is published.</param>
public sealed record CataloguedEvent(EventKind Kind, Type Data, string Summary);

/// <summary>All kinds of events with the types of their data.</summary>
public static class EventCatalogue
{
    public static IReadOnlyList<CataloguedEvent> All { get; } =
    [
        Of<CallStartedData>(EventKind.CallStarted, "A user calls, or is to be called; it may be refused yet"),
        Of<CallRingingData>(EventKind.CallRinging, "Agents are rung for a call, a PBX rings for it, or the user's phone"),
        Of<CallAnsweredData>(EventKind.CallAnswered, "A call was answered, if only by a queue"),
        Of<CallSilentData>(EventKind.CallSilent, "No packet has come from one leg of an answered call for the configured time"),
        Of<CallQualityDegradedData>(EventKind.CallQualityDegraded, "A leg of a live call has become too bad to hear: once a spell"),
        Of<CallQualityRecoveredData>(EventKind.CallQualityRecovered, "A spell of bad quality is over"),
        Of<CallEndedData>(EventKind.CallMissed, "A user's call has ended, and nobody answered it"),
        Of<CallEndedData>(EventKind.CallEnded, "A call has ended"),
        Of<CallEndedData>(EventKind.CallRefused, "A call was not allowed to begin"),
        Of<CallQueuedData>(EventKind.CallQueued, "A user's call began to wait for an agent of a group"),
        Of<CallAbandonedData>(EventKind.CallAbandoned, "A user's call waited for an agent and ended without one; beside call.missed"),
        Of<PermissionRequestedData>(EventKind.PermissionRequested, "A user was asked for the permission to call"),
        Of<PermissionChangedData>(EventKind.PermissionGranted, "A user permits calls from now on"),
        Of<PermissionChangedData>(EventKind.PermissionDeclined, "A user refused a request"),
        Of<NoData>(EventKind.PermissionExpired, "A temporary permission is over"),
        Of<PermissionChangedData>(EventKind.PermissionRevoked, "A user permits calls no longer"),
        Of<WindowOpenedData>(EventKind.WindowOpened, "A user may be written to without a template for a while"),
        Of<BalanceToppedUpData>(EventKind.BalanceToppedUp, "Money came to an account"),
        Of<BalanceLowData>(EventKind.BalanceLow, "A charge took a balance below its warning"),
        Of<BalanceExhaustedData>(EventKind.BalanceExhausted, "A call was ended because its account had no more money"),
        Of<ChannelRestrictedData>(EventKind.ChannelRestricted, "Meta restricts a business number"),
        Of<ChannelDriftedData>(EventKind.ChannelDrifted, "Meta's settings of a business number are not ours"),
        Of<ChannelUpdatedData>(EventKind.ChannelUpdated, "A business number's settings were changed here"),
        Of<AgentStateChangedData>(EventKind.AgentStateChanged, "An agent is available, away, busy … from now on"),
        Of<VoicemailLeftData>(EventKind.VoicemailLeft, "A caller left a message"),
        Of<ParkedCallData>(EventKind.ParkedCallWaitingPermission, "A parked call waits for the user's permission"),
        Of<ParkedCallData>(EventKind.ParkedCallWaitingAgent, "A parked call waits for an agent"),
        Of<ParkedCallData>(EventKind.ParkedCallPlaced, "A parked call's agent is rung"),
        Of<ParkedCallData>(EventKind.ParkedCallDone, "A parked call's agent picked up, and it has ended"),
        Of<ParkedCallData>(EventKind.ParkedCallCancelled, "A parked call was cancelled"),
        Of<ParkedCallData>(EventKind.ParkedCallExpired, "A parked call was not placed in time"),
        Of<ParkedCallData>(EventKind.ParkedCallRefused, "A parked call's user does not permit it"),
        Of<WebhookTestedData>(EventKind.WebhookTested, "An admin tests the endpoint; never part of the timeline"),
    ];

    private static CataloguedEvent Of<T>(EventKind kind, string summary) => new(kind, typeof(T), summary);
}
