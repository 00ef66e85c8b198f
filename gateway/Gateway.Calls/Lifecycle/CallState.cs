namespace Gateway.Calls.Lifecycle;

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

    /// <summary>The gateway has answered, and the user waits for an agent, hears an announcement, or leaves a message.</summary>
    Waiting,

    ConnectingWhatsApp,
    RingingWhatsApp,
    Live,
    Ending,
    Ended,
}

internal static class CallStates
{
    /// <summary>The cause of a call that has stayed in a state for too long.</summary>
    public static HangupCause CauseOfDeadline(this CallState state) => state switch
    {
        CallState.Admitting or CallState.TakingAnswerLock => HangupCause.StorageUnavailable,
        CallState.Reserving => HangupCause.NoCapacity,
        CallState.PreAccepting or CallState.Accepting or CallState.ConnectingWhatsApp => HangupCause.WhatsAppFailed,
        CallState.RingingPbx or CallState.RingingWhatsApp => HangupCause.NoAnswer,
        CallState.Live => HangupCause.MediaFailed,
        _ => HangupCause.InternalError,
    };
}
