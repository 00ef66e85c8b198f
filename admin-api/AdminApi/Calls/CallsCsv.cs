using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Calls.Records;
using Media.Protocols.Primitives;
using static AdminApi.Platform.CsvFile;

namespace AdminApi.Calls;

/// <summary>Call records as CSV.</summary>
internal static class CallsCsv
{
    private static readonly string[] Columns =
    [
        "id", "whatsapp_call_id", "direction", "channel", "user_phone", "user_id", "user_name", "trunk", "agent", "started_at",
        "ringing_at", "answered_at", "ended_at", "talk_seconds", "cause", "sip_status", "whatsapp_error_code", "whatsapp_error_message",
        "whatsapp_mos", "pbx_mos", "account", "currency", "rate_card", "prefix", "price_per_minute", "pulse_seconds", "pulses", "price",
        "node", "connection_fee", "minimum_seconds",
        "silent_leg", "agent_since", "media_fault", "media_fault_leg", "earlier_agents",
        "agent_id", "flow", "flow_version", "group", "waited_from", "agent_answered_at",
    ];

    public static IResult Of(ICallStore store, CallQuery query, bool hasMark) => new CsvFile<CallRecord>(
        "calls", Columns,
        (last, cancellation) => store.ListAsync(
            last is null ? query : query with { After = new CallPosition(last.StartedAt, last.Id) }, cancellation),
        call => Fields(CallView.Of(call)), hasMark);

    private static string?[] Fields(CallView call) =>
    [
        call.Id, call.WhatsAppCallId, WireName.Of(call.Direction), call.Channel, call.UserPhone, Harmless(call.UserId),
        Harmless(call.UserName), Harmless(call.Trunk), Harmless(call.Agent), Time(call.StartedAt), Time(call.RingingAt),
        Time(call.AnsweredAt), Time(call.EndedAt), Number(call.TalkSeconds),
        WireName.Of(call.Cause), call.SipStatus?.ToString(), call.WhatsAppError?.Code.ToString(),
        Harmless(call.WhatsAppError?.Message), Score(call.WhatsAppQuality), Score(call.PbxQuality), call.Account, call.Charge?.Currency,
        call.Charge?.RateCard, call.Charge?.Prefix, Money(call.Charge?.PricePerMinute), call.Charge?.PulseSeconds.ToString(),
        call.Charge?.Pulses.ToString(), Money(call.Charge?.Amount), call.Node, Money(call.Charge?.ConnectionFee),
        call.Charge?.MinimumSeconds.ToString(), SilentLeg(call),
        Time(call.AgentSince), Name(call.MediaFault?.Reason), Name(call.MediaFault?.Leg),
        Harmless(string.Join(' ', call.EarlierAgents.Select(earlier => earlier.Agent))),
        call.AgentId?.Value, call.Flow?.Value, call.FlowVersion?.ToString(), call.Group?.Value,
        Time(call.WaitedFrom), Time(call.AgentAnsweredAt),
    ];

    private static string? Score(LegQuality? quality) => Number(quality?.Mos, "0.00");

    /// <summary>The silent leg of one-way audio.</summary>
    private static string? SilentLeg(CallView call) =>
        call.WhatsAppQuality?.OneWay == true
            ? WireName.Of(CallLeg.WhatsApp) : call.PbxQuality?.OneWay == true ? WireName.Of(CallLeg.Pbx)
            : null;
}
