namespace Gateway.WhatsApp.Webhooks;

/// <summary>The settings of the webhook endpoint. A class, not a record: its members are secrets and must not print themselves.</summary>
public sealed class WebhookEndpointOptions
{
    public string Path { get; init; } = "/webhooks/whatsapp";

    /// <summary>App secrets, newest first; more than one during a rotation, or for several apps.</summary>
    public required IReadOnlyList<string> AppSecrets { get; init; }

    /// <summary>The token typed into Meta's webhook form.</summary>
    public required string VerifyToken { get; init; }

    /// <summary>Timeout for a whole body to arrive. Meta's arrive in milliseconds.</summary>
    public TimeSpan BodyTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The time within which a store has to know what is in a webhook; then Meta is asked to send it again. Far above what stores take,
    /// and below what senders wait.
    /// </summary>
    public TimeSpan KeepTimeout { get; init; } = TimeSpan.FromSeconds(1.5);

    /// <summary>Bytes; larger bodies get 413.</summary>
    public int MaxBodyLength { get; init; } = WebhookReader.MaxBodyLength;
}
