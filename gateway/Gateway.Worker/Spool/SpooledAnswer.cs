using Gateway.Calls;

namespace Gateway.Worker.Spool;

/// <summary>A pick-up that PostgreSQL has not been given yet, with all that its row needs where not even the beginning of the call was written.</summary>
/// <param name="Call">Whose.</param>
/// <param name="StartedAt">When the call began.</param>
/// <param name="AnsweredAt">When it was picked up.</param>
/// <param name="Agent">Who has it at the PBX.</param>
/// <param name="Trunk">By which trunk.</param>
/// <param name="WhatsAppId">Meta's name of the call.</param>
internal sealed record SpooledAnswer(
    CallIdentity Call, DateTimeOffset StartedAt, DateTimeOffset AnsweredAt, string? Agent, string? Trunk, WhatsAppCallId? WhatsAppId);
