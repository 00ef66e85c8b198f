namespace Gateway.Sip.Dialogs;

/// <summary>An event of a call; null is a new incoming call, or that a call is settled.</summary>
public readonly record struct UserAgentEvent(InviteSession Session, SipCallEvent? Event)
{
    /// <summary>The last: see <see cref="InviteSession.IsSettled"/>.</summary>
    public bool IsSettled { get; init; }
}
