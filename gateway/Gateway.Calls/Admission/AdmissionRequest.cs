namespace Gateway.Calls.Admission;

/// <summary>A call that wants to begin, as the books are asked about it.</summary>
/// <param name="Call">The attempt. A repeated request finds the hold that the first one took.</param>
/// <param name="Direction">Who calls whom.</param>
/// <param name="Channel">By which business number.</param>
/// <param name="User">The other side: their number, or the country part of their id, finds the rate.</param>
/// <param name="Node">The node that will carry the call.</param>
/// <param name="NodeStart">That node's start.</param>
/// <param name="At">When the call began; the rate in force then rates it.</param>
/// <param name="FirstHold">The talk time that is paid for in advance.</param>
public sealed record AdmissionRequest(
    CallId Call, CallDirection Direction, ChannelId Channel, WhatsAppUser User, string Node, string NodeStart, DateTimeOffset At, TimeSpan FirstHold);
