namespace Gateway.WhatsApp.Webhooks;

/// <summary>What the webhook endpoint needs to know. A class, not a record: its members are secrets and must not print themselves.</summary>
public sealed class WebhookEndpointOptions
{
    public string Path { get; init; } = "/webhooks/whatsapp";

    /// <summary>App secrets, newest first; more than one while one is being rotated, or for several apps.</summary>
    public required IReadOnlyList<string> AppSecrets { get; init; }

    /// <summary>The token typed into Meta's webhook form.</summary>
    public required string VerifyToken { get; init; }

    /// <summary>For all of a body to arrive. Meta's arrive in milliseconds.</summary>
    public TimeSpan BodyTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Bytes; larger bodies get 413.</summary>
    public int MaxBodyLength { get; init; } = WebhookReader.MaxBodyLength;
}
