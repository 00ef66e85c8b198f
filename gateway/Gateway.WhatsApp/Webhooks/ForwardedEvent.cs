using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Gateway.WhatsApp.Webhooks;

/// <summary>An event of a call on its way from the node that received its webhook to the one that has the call.</summary>
/// <param name="Event">The event.</param>
/// <param name="Hops">The number of nodes that have handed it on.</param>
public sealed record ForwardedEvent(WebhookEvent Event, int Hops)
{
    /// <summary>A call may change hands while its event is on the way, but not without end.</summary>
    public const int MaxHops = 3;

    public string ToJson() => JsonSerializer.Serialize(this, JsonSerializerOptions.Web);

    /// <summary>False for what another version of the gateway wrote and this one does not know.</summary>
    public static bool TryRead(string json, [NotNullWhen(true)] out ForwardedEvent? forwarded)
    {
        try
        {
            forwarded = JsonSerializer.Deserialize<ForwardedEvent>(json, JsonSerializerOptions.Web);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            forwarded = null;
        }
        return forwarded is { Event: not null };
    }
}
