namespace Gateway.Calls;

/// <summary>Where a call stands. The states in the order in which an answered call passes them; a direction skips what is not its own.</summary>
public enum CallState
{
    New,
    Admitting,
    Reserving,
    PreAccepting,
    RingingPbx,
    TakingAnswerLock,
    Accepting,
    ConnectingWhatsApp,
    RingingWhatsApp,
    Live,
    Ending,
    Ended,
}
