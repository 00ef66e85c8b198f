using Gateway.Calls;
using Gateway.Calls.Records;

namespace AdminApi.Calls;

/// <summary>An ended call attempt as the API shows it.</summary>
/// <param name="Agent">Who had it at its end.</param>
/// <param name="AgentSince">From when on the agent had the call: the pick-up, or a later naming by the PBX; null: not answered.</param>
/// <param name="EarlierAgents">Who had the answered call before, in order: it was transferred or picked up, or the PBX named
/// another.</param>
/// <param name="TalkSeconds">From the pick-up to the end; 0 where nobody picked up.</param>
/// <param name="MediaFault">Behind incompatible_media: whose description we refused, and for what; null: the other side refused.</param>
/// <param name="Charge">What it cost; null where it was not answered or is not billed.</param>
/// <param name="AgentId">The agent at /v1/agents who had it last; null: none of them.</param>
/// <param name="Flow">The flow that led it; null: the channel's own routes.</param>
/// <param name="Group">The group that it was for, the last one.</param>
/// <param name="WaitedFrom">When it began to wait for an agent; null: it never did.</param>
/// <param name="AgentAnsweredAt">When the first agent answered; null in a call that only the gateway answered, or without a flow.</param>
public sealed record CallView(
    string Id, string? WhatsAppCallId, CallDirection Direction, string Channel, string? UserPhone, string? UserId, string? UserName,
    string? Trunk, string? Agent, DateTimeOffset? AgentSince, IReadOnlyList<EarlierAgent> EarlierAgents, DateTimeOffset StartedAt,
    DateTimeOffset? RingingAt, DateTimeOffset? AnsweredAt, DateTimeOffset EndedAt, double TalkSeconds, HangupCause Cause,
    MediaFault? MediaFault, int? SipStatus, WhatsAppError? WhatsAppError, LegQuality? WhatsAppQuality, LegQuality? PbxQuality,
    string? Account, ChargeView? Charge, string Node, AgentId? AgentId, FlowId? Flow, long? FlowVersion, GroupId? Group,
    DateTimeOffset? WaitedFrom, DateTimeOffset? AgentAnsweredAt)
{
    public static CallView Of(CallRecord call) => new(
        call.Id.Value, call.WhatsAppId?.Value, call.Direction, call.Channel.Value, call.User.Phone, call.User.UserId, call.User.Name,
        call.Trunk, call.Agent, call.AgentSince, call.EarlierAgents, call.StartedAt, call.RingingAt, call.AnsweredAt, call.EndedAt,
        call.AnsweredAt is { } answered ? (call.EndedAt - answered).TotalSeconds : 0,
        call.Cause, call.MediaFault, call.SipStatus, call.WhatsAppError, call.WhatsAppQuality, call.PbxQuality,
        call.Funding?.Account, ChargeView.Of(call), call.Node, call.AgentId, call.Flow, call.FlowVersion, call.Group, call.WaitedFrom,
        call.AgentAnsweredAt);
}

/// <summary>The charge of an answered call, and its calculation.</summary>
/// <param name="RateId">The rate in force when it began.</param>
/// <param name="PulseSeconds">The length of a pulse.</param>
/// <param name="Pulses">The number of pulses charged.</param>
/// <param name="PricePerMinute">The price that applied, volume tier included.</param>
/// <param name="MinimumSeconds">The minimum time billed.</param>
public sealed record ChargeView(
    decimal Amount, string Currency, string RateCard, long RateId, string Prefix, int PulseSeconds, int Pulses, decimal PricePerMinute,
    decimal ConnectionFee,
    int MinimumSeconds)
{
    public static ChargeView? Of(CallRecord call) => call is { Funding: { } funding, Price: { } price }
        ? new ChargeView(
            price.Amount, funding.Currency, funding.Rate.Card, funding.Rate.Id, funding.Rate.Prefix, (int)funding.Rate.Pulse.TotalSeconds,
            price.Pulses, price.PricePerMinute, funding.Rate.ConnectionFee, (int)funding.Rate.Minimum.TotalSeconds)
        : null;
}
