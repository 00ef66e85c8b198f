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

    /// <summary>The state may last no longer.</summary>
    State,
}
