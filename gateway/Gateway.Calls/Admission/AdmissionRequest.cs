using Gateway.Calls.Lifecycle;

namespace Gateway.Calls.Admission;

/// <summary>The request to admit a call, as the store receives it.</summary>
/// <param name="Call">The attempt. A repeated request finds the hold that the first one placed.</param>
/// <param name="Direction">The calling side.</param>
/// <param name="Channel">The business number.</param>
/// <param name="User">The user: the number, or the country part of the id, selects the rate.</param>
/// <param name="Node">The node that will carry the call.</param>
/// <param name="NodeStart">The start of that node.</param>
/// <param name="At">The time at which the call began; the rate in force at that time applies.</param>
/// <param name="FirstHold">The talk time for which money is held in advance.</param>
public sealed record AdmissionRequest(
    CallId Call, CallDirection Direction, ChannelId Channel, WhatsAppUser User, string Node, string NodeStart, DateTimeOffset At,
    TimeSpan FirstHold)
{
    /// <summary>True where the call begins with it: its row is written, and the window opened that a call of the user opens.</summary>
    public bool IsBegin { get; init; }

    /// <summary>Meta's id of a call that a user makes: its offer begins one call, of the node that asks first. Null: it has none.</summary>
    public WhatsAppCallId? Offer { get; init; }
}
