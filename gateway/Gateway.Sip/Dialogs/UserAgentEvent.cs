namespace Gateway.Sip.Dialogs;

/// <summary>An event of a call; null is a new incoming call.</summary>
public readonly record struct UserAgentEvent(InviteSession Session, SipCallEvent? Event);
