using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Channels;
using Gateway.Calls.Permissions;
using Gateway.Calls.Quality;
using Gateway.Calls.Records;
using Media.Protocols.Primitives;

namespace Gateway.Storage.Events;

/// <summary>The `data` of `call.started`.</summary>
/// <param name="Direction">inbound: the user called.</param>
/// <param name="User">Phone number in digits, business-scoped id, or `anonymous`.</param>
/// <param name="Node">The node that runs it.</param>
public sealed record CallStartedData(CallDirection Direction, string User, string Node);

/// <summary>The `data` of `call.ringing`.</summary>
/// <param name="Direction">inbound: the user called.</param>
/// <param name="User">Phone number in digits, business-scoped id, or `anonymous`.</param>
/// <param name="Agents">Who are rung from now on; none where it is a PBX's phone, or the user's.</param>
/// <param name="Group">For which group; null: for none.</param>
public sealed record CallRingingData(CallDirection Direction, string User, IReadOnlyList<AgentId> Agents, GroupId? Group);

/// <summary>The `data` of `call.answered`.</summary>
/// <param name="Direction">inbound: the user called.</param>
/// <param name="User">Phone number in digits, business-scoped id, or `anonymous`.</param>
/// <param name="Agent">Who picked up, as the PBX names them; null: nobody is known.</param>
/// <param name="Trunk">The way to the agent; null: the gateway itself answered, or a registered phone.</param>
public sealed record CallAnsweredData(CallDirection Direction, string User, string? Agent, string? Trunk);

/// <summary>The `data` of `call.silent`.</summary>
/// <param name="Leg">The leg from which nothing comes.</param>
/// <param name="Trunk">The trunk to the agent; null: none.</param>
/// <param name="Agent">Who has the call, as the PBX names them.</param>
public sealed record CallSilentData(CallLeg Leg, string? Trunk, string? Agent);

/// <summary>The `data` of `call.quality_degraded`.</summary>
/// <param name="Leg">The leg that is bad.</param>
/// <param name="Fault">What is too bad.</param>
/// <param name="Cause">Where the fault is suspected.</param>
/// <param name="Mos">1 … 4.5; null where no packet came.</param>
/// <param name="LossRatio">0 … 1; null where no packet was expected.</param>
/// <param name="JitterMs">The jitter of what came.</param>
/// <param name="RoundTripMs">Null until the peer's reports gave it.</param>
/// <param name="RemoteLossRatio">0 … 1: what the peer says it lost; null until it says.</param>
/// <param name="Trunk">The trunk to the agent; null: none.</param>
/// <param name="Agent">Who has the call, as the PBX names them.</param>
public sealed record CallQualityDegradedData(
    CallLeg Leg, QualityFault Fault, SuspectedCause Cause, double? Mos, double? LossRatio, double? JitterMs, double? RoundTripMs,
    double? RemoteLossRatio, string? Trunk, string? Agent);

/// <summary>The `data` of `call.quality_recovered`.</summary>
/// <param name="Leg">The leg that was bad.</param>
/// <param name="Fault">Of the spell that is over.</param>
/// <param name="LastedMs">How long that was.</param>
/// <param name="Mos">1 … 4.5; null where no packet came.</param>
/// <param name="Trunk">The trunk to the agent; null: none.</param>
/// <param name="Agent">Who has the call, as the PBX names them.</param>
public sealed record CallQualityRecoveredData(CallLeg Leg, QualityFault Fault, long LastedMs, double? Mos, string? Trunk, string? Agent);

/// <summary>The `data` of `call.ended`, `call.missed` and `call.refused`: the record in short.</summary>
/// <param name="Direction">inbound: the user called.</param>
/// <param name="User">Phone number in digits, business-scoped id, or `anonymous`.</param>
/// <param name="Cause">Why the call ended.</param>
/// <param name="MediaFault">Behind incompatible_media: whose description was refused, and for what.</param>
/// <param name="Trunk">The trunk to the agent; null: none.</param>
/// <param name="Agent">Who had it at its end, as the PBX names them.</param>
/// <param name="AgentSince">From when on the agent had it; null: it was not answered.</param>
/// <param name="AgentId">The agent at /v1/agents who had it last.</param>
/// <param name="Flow">The flow that led it.</param>
/// <param name="Group">The group that it was for, the last one.</param>
/// <param name="WaitedFrom">When it began to wait for an agent; null: it never did.</param>
/// <param name="AgentAnsweredAt">When the first agent of its flow answered.</param>
/// <param name="StartedAt">When the attempt began.</param>
/// <param name="AnsweredAt">The pick-up; null: nobody picked up.</param>
/// <param name="EndedAt">Its end.</param>
/// <param name="Currency">ISO 4217; null: it is not billed.</param>
/// <param name="Price">What it cost; null where it was not answered or is not billed.</param>
public sealed record CallEndedData(
    CallDirection Direction, string User, HangupCause Cause, MediaFault? MediaFault, string? Trunk, string? Agent,
    DateTimeOffset? AgentSince, AgentId? AgentId, FlowId? Flow, GroupId? Group, DateTimeOffset? WaitedFrom,
    DateTimeOffset? AgentAnsweredAt, DateTimeOffset StartedAt, DateTimeOffset? AnsweredAt, DateTimeOffset EndedAt, string? Currency,
    decimal? Price);

/// <summary>The `data` of `call.queued`.</summary>
/// <param name="User">Phone number in digits, business-scoped id, or `anonymous`.</param>
/// <param name="Group">Whose queue.</param>
/// <param name="Flow">The flow that led it there.</param>
/// <param name="Priority">0 to 9; the higher is served first.</param>
public sealed record CallQueuedData(string User, GroupId? Group, FlowId? Flow, int Priority);

/// <summary>The `data` of `call.abandoned`.</summary>
/// <param name="User">Phone number in digits, business-scoped id, or `anonymous`.</param>
/// <param name="Group">The group that it was for, the last one.</param>
/// <param name="Flow">The flow that led it.</param>
/// <param name="WaitedSeconds">From the begin of the wait to the end.</param>
/// <param name="Cause">Why the call ended.</param>
public sealed record CallAbandonedData(string User, GroupId? Group, FlowId? Flow, int WaitedSeconds, HangupCause Cause);

/// <summary>The `data` of `permission.requested`.</summary>
/// <param name="By">Who asked: `agent:200`, `key:ID`.</param>
/// <param name="MessageId">Meta's id of the message.</param>
/// <param name="Agent">Who is rung when the user permits.</param>
public sealed record PermissionRequestedData(string By, string MessageId, string? Agent);

/// <summary>The `data` of `permission.granted`, `permission.declined` and `permission.revoked`.</summary>
/// <param name="By">Who decided.</param>
/// <param name="State">The permission since.</param>
/// <param name="ExpiresAt">Of a temporary permission.</param>
public sealed record PermissionChangedData(PermissionDecider? By, PermissionState State, DateTimeOffset? ExpiresAt);

/// <summary>The `data` of kinds that say everything: no member.</summary>
public sealed record NoData;

/// <summary>The `data` of `window.opened`.</summary>
/// <param name="Until">Until then the user may be written to without a template.</param>
public sealed record WindowOpenedData(DateTimeOffset? Until);

/// <summary>The `data` of `balance.topped_up`.</summary>
/// <param name="Amount">What came.</param>
/// <param name="Balance">The balance after it.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Kind">top_up, or an adjustment upwards.</param>
public sealed record BalanceToppedUpData(decimal Amount, decimal Balance, string Currency, string Kind);

/// <summary>The `data` of `balance.low`.</summary>
/// <param name="Balance">The balance after it.</param>
/// <param name="Minimum">What the balance has come below.</param>
/// <param name="Currency">ISO 4217.</param>
public sealed record BalanceLowData(decimal Balance, decimal Minimum, string Currency);

/// <summary>The `data` of `balance.exhausted`: a call was ended for it.</summary>
/// <param name="Balance">The balance after it.</param>
/// <param name="Currency">ISO 4217.</param>
public sealed record BalanceExhaustedData(decimal Balance, string Currency);

/// <summary>The `data` of `channel.restricted`.</summary>
/// <param name="Type">Meta's word for it.</param>
/// <param name="Reason">Meta's reason; null: none was given.</param>
/// <param name="ExpiresAt">When it ends by itself; null: not known, or never.</param>
public sealed record ChannelRestrictedData(string Type, string? Reason, DateTimeOffset? ExpiresAt);

/// <summary>The `data` of `channel.drifted`.</summary>
/// <param name="Drift">The settings in which Meta differs.</param>
public sealed record ChannelDriftedData(IReadOnlyList<SettingDrift> Drift);

/// <summary>The `data` of `channel.updated`.</summary>
/// <param name="Action">What was done, as in the audit log.</param>
/// <param name="Version">The channel's version since.</param>
public sealed record ChannelUpdatedData(string Action, long Version);

/// <summary>The `data` of `agent.state_changed`; the event's callId is the call that the agent is in.</summary>
/// <param name="Agent">By the id at /v1/agents.</param>
/// <param name="State">The state since.</param>
/// <param name="Before">The state before; left out where none was known.</param>
/// <param name="Reason">The agent's own text; left out where there is none.</param>
public sealed record AgentStateChangedData(AgentId Agent, AgentState State, AgentState? Before = null, string? Reason = null);

/// <summary>The `data` of `voicemail.left`.</summary>
/// <param name="Voicemail">Its id at /v1/voicemails.</param>
/// <param name="User">Phone number in digits, business-scoped id, or `anonymous`.</param>
/// <param name="Group">Whose message it is.</param>
/// <param name="DurationMs">Its length.</param>
public sealed record VoicemailLeftData(string Voicemail, string User, GroupId? Group, int DurationMs);

/// <summary>The `data` of each `parked_call.…`; the event's callId is the placed call. What is not there is left out.</summary>
/// <param name="ParkedCall">Its id at /v1/parked-calls.</param>
/// <param name="Attempts">The calls that were begun for it and reached nobody.</param>
/// <param name="Agent">The agent for whom it is, or who is called.</param>
/// <param name="Group">The group for whose agents it is.</param>
/// <param name="Reference">The operator's own text.</param>
/// <param name="Cause">What hindered it last, or ended it.</param>
/// <param name="Answered">Of one that is done.</param>
public sealed record ParkedCallData(
    string ParkedCall, int Attempts, AgentId? Agent = null, GroupId? Group = null, string? Reference = null, string? Cause = null,
    bool? Answered = null);

/// <summary>The `data` of `webhook.tested`.</summary>
/// <param name="Webhook">The endpoint's id.</param>
public sealed record WebhookTestedData(string Webhook);
