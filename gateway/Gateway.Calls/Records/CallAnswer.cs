namespace Gateway.Calls.Records;

/// <summary>A pick-up, with all that the call's row needs where not even its beginning was written.</summary>
/// <param name="Call">The call.</param>
/// <param name="StartedAt">The start of the call.</param>
/// <param name="AnsweredAt">The time of the pick-up.</param>
/// <param name="Agent">The agent at the PBX.</param>
/// <param name="Trunk">The trunk.</param>
/// <param name="WhatsAppId">Meta's id of the call.</param>
public sealed record CallAnswer(
    CallIdentity Call, DateTimeOffset StartedAt, DateTimeOffset AnsweredAt, string? Agent, string? Trunk, WhatsAppCallId? WhatsAppId)
{
    /// <summary>The dialogs of its phones, as the node writes them; null: none.</summary>
    public string? Dialogs { get; init; }
}
