namespace Gateway.Calls;

/// <summary>The state of a call, in the order in which an answered call passes them;
/// a direction skips those that are not its own.</summary>
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
