namespace Gateway.Calls.Lifecycle;

/// <summary>The details that only Meta's offer reports.</summary>
public sealed record InboundDetails(WhatsAppCallId WhatsAppId, string? CtaPayload, string? DeeplinkPayload)
{
    /// <summary>What the call button or link carried.</summary>
    public IReadOnlyList<string> Payloads => [.. new[] { CtaPayload, DeeplinkPayload }.OfType<string>()];
}
