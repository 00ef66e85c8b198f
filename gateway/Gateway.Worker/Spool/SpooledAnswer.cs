using Gateway.Calls;
using Gateway.Calls.Lifecycle;

namespace Gateway.Worker.Spool;

/// <summary>A pick-up that is not in PostgreSQL yet, with all that its row needs where
/// not even the beginning of the call was written.</summary>
/// <param name="Call">The call.</param>
/// <param name="StartedAt">The start of the call.</param>
/// <param name="AnsweredAt">The time of the pick-up.</param>
/// <param name="Agent">The agent at the PBX.</param>
/// <param name="Trunk">The trunk.</param>
/// <param name="WhatsAppId">Meta's id of the call.</param>
internal sealed record SpooledAnswer(
    CallIdentity Call, DateTimeOffset StartedAt, DateTimeOffset AnsweredAt, string? Agent, string? Trunk, WhatsAppCallId? WhatsAppId);
