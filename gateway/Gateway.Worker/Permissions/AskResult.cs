using Gateway.Calls;
using Gateway.Calls.Permissions;

namespace Gateway.Worker.Permissions;

/// <summary>The outcome of a request to ask a user: sent where both others are null.</summary>
/// <param name="Verdict">The rule that forbids it.</param>
/// <param name="Error">Meta's refusal.</param>
internal sealed record AskResult(RequestVerdict? Verdict = null, WhatsAppError? Error = null)
{
    public bool IsSent => Verdict is null && Error is null;
}
