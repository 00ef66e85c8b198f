using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Calls;
using Gateway.Calls.Tracing;
using Media.Protocols.Primitives;

namespace Gateway.Storage.Tracing;

/// <summary>A trace as a table row.</summary>
internal sealed record CallTraceRow
{
    public const string Columns =
        """
        call_id AS CallId, owner_token AS OwnerToken, node, direction, channel, whatsapp_call_id AS WhatsAppCallId, started_at AS StartedAt,
        ended_at AS EndedAt, cause, summary, left_out AS LeftOut, entries::text AS Entries
        """;

    private static readonly JsonSerializerOptions Format =
        new(JsonText.Options) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault };

    public string CallId { get; init; } = "";
    public long OwnerToken { get; init; }
    public string Node { get; init; } = "";
    public string Direction { get; init; } = "";
    public string Channel { get; init; } = "";
    public string? WhatsAppCallId { get; init; }
    public DateTime StartedAt { get; init; }
    public DateTime EndedAt { get; init; }
    public string? Cause { get; init; }
    public string Summary { get; init; } = "";
    public int LeftOut { get; init; }

    [JsonConverter(typeof(StoredRows.Raw))]
    public string Entries { get; init; } = "[]";

    public static CallTraceRow Of(CallTrace trace) => new()
    {
        CallId = trace.Call.Value,
        OwnerToken = trace.OwnerToken,
        Node = trace.Node,
        Direction = WireName.Of(trace.Direction),
        Channel = trace.Channel.Value,
        WhatsAppCallId = trace.WhatsAppId?.Value,
        StartedAt = trace.StartedAt.UtcDateTime,
        EndedAt = trace.EndedAt.UtcDateTime,
        Cause = trace.Cause is { } cause ? WireName.Of(cause) : null,
        Summary = trace.Summary,
        LeftOut = trace.LeftOut,
        Entries = JsonSerializer.Serialize(trace.Entries, Format),
    };

    public CallTrace ToTrace() => new(
        new CallId(CallId), OwnerToken, Node, StartedAt, EndedAt, Cause is null ? null : WireName.Parse<HangupCause>(Cause), Summary,
        JsonSerializer.Deserialize<TraceEntry[]>(Entries, Format)!)
    {
        Direction = WireName.Parse<CallDirection>(Direction),
        Channel = new ChannelId(Channel),
        WhatsAppId = WhatsAppCallId is null ? null : new WhatsAppCallId(WhatsAppCallId),
        LeftOut = LeftOut,
    };
}
