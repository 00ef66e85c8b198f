namespace Gateway.Calls.Lifecycle;

/// <summary>The timeouts of the waiting states and the retry policy of a call. A
/// timeout ends the call with the cause of its state.</summary>
public sealed record CallOptions
{
    /// <summary>Timeout of admission and of media reservation, each.</summary>
    public TimeSpan Preparation { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Timeout of each Graph action.</summary>
    public TimeSpan GraphAnswer { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>From the first INVITE to the PBX's answer. Meta closes the accept window after "30–60 seconds" from the webhook
    /// (Calling API, "User-initiated calls"), so 55 s is the longest that can ever be accepted.</summary>
    public TimeSpan PbxAnswer { get; init; } = TimeSpan.FromSeconds(50);

    /// <summary>From the connect action to the user's pick-up. Meta documents no ring timeout of its own.</summary>
    public TimeSpan WhatsAppAnswer { get; init; } = TimeSpan.FromSeconds(75);

    /// <summary>From pick-up to ICE and DTLS being up. Meta's client gives up after 20 s without media (138021).</summary>
    public TimeSpan MediaConnect { get; init; } = TimeSpan.FromSeconds(18);

    /// <summary>
    /// From WhatsApp closing its media, or ending a call that was not answered as far as is known, to the webhook that gives the reason;
    /// then the call is ended as hung up by the user, or recorded as it is known.
    /// </summary>
    public TimeSpan HangUpNotice { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>From a lost answer to connect to the webhook that names the call; then it is over. A later one ends it at Meta.</summary>
    public TimeSpan ConnectNotice { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Between two tries to release the whatsapp leg when Graph fails in passing; doubled at each try.</summary>
    public TimeSpan ReleaseRetry { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>For everything after the end was decided; then the record is written with what is known.</summary>
    public TimeSpan Ending { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The talk time for which a funded call holds money ahead; it extends the hold when half of it is left.</summary>
    public TimeSpan HoldSlice { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Back-off between two tries to extend the hold while the store is unavailable.</summary>
    public TimeSpan HoldRetry { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The agent is warned this long before the money is used up.</summary>
    public TimeSpan BalanceWarning { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The policy for new calls while PostgreSQL is unavailable. Calls in progress always go on.</summary>
    public OutagePolicy WhenStoreIsUnavailable { get; init; } = OutagePolicy.Refuse;

    /// <summary>Under <see cref="OutagePolicy.Admit"/>: the part of an account's money that
    /// new calls of one node may hold in one outage.</summary>
    public decimal OutageCap { get; init; } = 10m;

    /// <summary>The number of tries to release the whatsapp leg.</summary>
    public int ReleaseTries { get; init; } = 4;
}

/// <summary>The policy for new calls while the store is unavailable.</summary>
public enum OutagePolicy
{
    /// <summary>New calls are refused.</summary>
    Refuse,

    /// <summary>New calls are admitted by the last known channel, account and rate, within the last known balance and a cap.</summary>
    Admit,
}
