namespace Gateway.Calls.Lifecycle;

/// <summary>The events that a call waits for, each until a time of its own. Those due together are handled in this order.</summary>
public enum CallDeadline
{
    /// <summary>The next try to release the whatsapp leg, after Graph failed in passing.</summary>
    ReleaseRetry,

    /// <summary>The webhook that says why WhatsApp has closed its media.</summary>
    HangUpWebhook,

    /// <summary>More of the account's money is to be held.</summary>
    HoldExtension,

    /// <summary>The agent is to hear that the money is nearly over.</summary>
    BalanceWarning,

    /// <summary>The money is over.</summary>
    BalanceEnd,

    /// <summary>The agent is to hear that the call is nearly as long as it may be.</summary>
    LengthWarning,

    /// <summary>The call may last no longer.</summary>
    MaxLength,

    /// <summary>The agents who ring have rung for long enough.</summary>
    Ringing,

    /// <summary>Agents are to be looked for again.</summary>
    Seeking,

    /// <summary>The next key has not come, or the next announcement is due.</summary>
    Prompt,

    /// <summary>The step of the flow may last no longer.</summary>
    Step,

    /// <summary>The state may last no longer.</summary>
    State,
}
