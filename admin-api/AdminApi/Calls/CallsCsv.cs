using System.Globalization;
using System.Text;
using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Calls.Records;
using Gateway.Storage;
using Media.Protocols.Primitives;

namespace AdminApi.Calls;

/// <summary>
/// Call records as CSV (RFC 4180), fetched and written page by page, so that any period costs the same memory. An error after the first
/// page aborts the connection: an incomplete file never ends like a complete one.
/// </summary>
internal sealed class CallsCsv(ICallStore store, CallQuery query, bool hasMark) : IResult
{
    /// <summary>The rows of one page.</summary>
    public const int Rows = 1000;

    private static readonly string[] Columns =
    [
        "id", "whatsapp_call_id", "direction", "channel", "user_phone", "user_id", "user_name", "trunk", "agent", "started_at",
        "ringing_at", "answered_at", "ended_at", "talk_seconds", "cause", "sip_status", "whatsapp_error_code", "whatsapp_error_message",
        "whatsapp_mos", "pbx_mos", "account", "currency", "rate_card", "prefix", "price_per_minute", "pulse_seconds", "pulses", "price",
        "node", "connection_fee", "minimum_seconds",
        "silent_leg", "agent_since", "media_fault", "media_fault_leg", "earlier_agents",
        "agent_id", "flow", "flow_version", "group", "waited_from", "agent_answered_at",
    ];

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var cancellation = httpContext.RequestAborted;
        var page = await store.ListAsync(query, cancellation);
        httpContext.Response.ContentType = "text/csv; charset=utf-8";
        httpContext.Response.Headers.ContentDisposition = "attachment; filename=calls.csv";
        try
        {
            await httpContext.Response.Body.WriteAsync(ByteOrderMark.Encode(string.Join(',', Columns) + "\r\n", hasMark), cancellation);
            while (page.Count > 0)
            {
                await WriteAsync(httpContext.Response, Lines(page), cancellation);
                if (page.Count < Rows)
                    return;
                page = await store.ListAsync(query with { After = new CallPosition(page[^1].StartedAt, page[^1].Id) }, cancellation);
            }
        }
        catch
        {
            httpContext.Abort();
            throw;
        }
    }

    private static Task WriteAsync(HttpResponse response, string text, CancellationToken cancellation) =>
        response.Body.WriteAsync(Encoding.UTF8.GetBytes(text), cancellation).AsTask();

    private static string Lines(IReadOnlyList<CallRecord> calls)
    {
        var text = new StringBuilder();
        foreach (var call in calls)
            text.AppendJoin(',', Fields(CallView.Of(call)).Select(Quoted)).Append("\r\n");
        return text.ToString();
    }

    private static string?[] Fields(CallView call) =>
    [
        call.Id, call.WhatsAppCallId, WireName.Of(call.Direction), call.Channel, call.UserPhone, Harmless(call.UserId),
        Harmless(call.UserName), Harmless(call.Trunk), Harmless(call.Agent), Time(call.StartedAt), Time(call.RingingAt),
        Time(call.AnsweredAt), Time(call.EndedAt), call.TalkSeconds.ToString("0.###", CultureInfo.InvariantCulture),
        WireName.Of(call.Cause), call.SipStatus?.ToString(), call.WhatsAppError?.Code.ToString(),
        Harmless(call.WhatsAppError?.Message), Score(call.WhatsAppQuality), Score(call.PbxQuality), call.Account, call.Charge?.Currency,
        call.Charge?.RateCard, call.Charge?.Prefix, Money(call.Charge?.PricePerMinute), call.Charge?.PulseSeconds.ToString(),
        call.Charge?.Pulses.ToString(), Money(call.Charge?.Amount), call.Node, Money(call.Charge?.ConnectionFee),
        call.Charge?.MinimumSeconds.ToString(), SilentLeg(call),
        Time(call.AgentSince), Name(call.MediaFault?.Reason), Name(call.MediaFault?.Leg),
        Harmless(string.Join(' ', call.EarlierAgents.Select(earlier => earlier.Agent))),
        call.AgentId?.Value, call.Flow?.Value, call.FlowVersion?.ToString(CultureInfo.InvariantCulture), call.Group?.Value,
        Time(call.WaitedFrom), Time(call.AgentAnsweredAt),
    ];

    private static string? Name<T>(T? value) where T : struct, Enum => value is { } member ? WireName.Of(member) : null;

    private static string? Time(DateTimeOffset? time) =>
        time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static string? Score(LegQuality? quality) => quality?.Mos?.ToString("0.00", CultureInfo.InvariantCulture);

    /// <summary>The silent leg of one-way audio.</summary>
    private static string? SilentLeg(CallView call) =>
        call.WhatsAppQuality?.OneWay == true
            ? WireName.Of(CallLeg.WhatsApp) : call.PbxQuality?.OneWay == true ? WireName.Of(CallLeg.Pbx)
            : null;

    private static string? Money(decimal? amount) => amount is { } value ? JsonText.Money(value) : null;

    /// <summary>Escapes names chosen by others, which must not become formulas in a spreadsheet.</summary>
    private static string? Harmless(string? text) => text is ['=' or '+' or '-' or '@' or '\t' or '\r', ..] ? "'" + text : text;

    private static string Quoted(string? text) =>
        text is null ? "" : text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
