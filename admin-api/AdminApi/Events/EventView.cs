using System.Text.Json;
using Gateway.Storage.Events;

namespace AdminApi.Events;

/// <summary>An event as the timeline, the stream and webhooks show it.</summary>
/// <param name="Id">The same everywhere: identifies repetitions.</param>
/// <param name="Kind">The kind, such as `call.missed`.</param>
/// <param name="Contact">The WhatsApp user, by the id of the contact.</param>
/// <param name="Data">Further data; its members depend on the kind: see the document's `webhooks`.</param>
public sealed record EventView(
    long Id, string Kind, DateTimeOffset At, string? Channel, long? Contact, string? CallId, string? Account, JsonElement Data)
{
    public static EventView Of(EventRow row) => new(
        row.Id, row.Kind, row.At, row.Channel, row.Contact, row.CallId, row.Account, JsonSerializer.Deserialize<JsonElement>(row.Data));
}
