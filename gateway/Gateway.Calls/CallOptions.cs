namespace Gateway.Calls;

/// <summary>How long a call may stay in each waiting state. Whatever runs out ends the call with the state's own cause.</summary>
public sealed record CallOptions
{
    /// <summary>For admission and media reservation, each.</summary>
    public TimeSpan Preparation { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>For each Graph action until its answer.</summary>
    public TimeSpan GraphAnswer { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>From the first INVITE to the PBX's answer. Meta closes the accept window after "30–60 seconds" from the webhook
    /// (Calling API, "User-initiated calls"), so 55 s is the longest that can ever be accepted.</summary>
    public TimeSpan PbxAnswer { get; init; } = TimeSpan.FromSeconds(50);

    /// <summary>From the connect action to the user's pick-up. Meta documents no ring timeout of its own.</summary>
    public TimeSpan WhatsAppAnswer { get; init; } = TimeSpan.FromSeconds(75);

    /// <summary>From pick-up to ICE and DTLS being up. Meta's client gives up after 20 s without media (138021).</summary>
    public TimeSpan MediaConnect { get; init; } = TimeSpan.FromSeconds(18);

    /// <summary>From WhatsApp closing its media to the webhook that says why; then the call is ended as hung up by the user.</summary>
    public TimeSpan HangUpNotice { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Between two tries to release the whatsapp leg when Graph fails in passing; doubled at each try.</summary>
    public TimeSpan ReleaseRetry { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>For everything after the end was decided; then the record is written with what is known.</summary>
    public TimeSpan Ending { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A funded call holds the money of about so much talk time ahead; when half of it is left, it asks for more.</summary>
    public TimeSpan HoldSlice { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Between two tries to hold more while the store does not answer.</summary>
    public TimeSpan HoldRetry { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The agent is warned so long before the money is over.</summary>
    public TimeSpan BalanceWarning { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What becomes of new calls while PostgreSQL does not answer. Live ones go on in any case.</summary>
    public AwayPolicy WhenStoreIsAway { get; init; } = AwayPolicy.Refuse;

    /// <summary>Under <see cref="AwayPolicy.Admit"/>: so much of an account's money may new calls hold in one outage, on each node.</summary>
    public decimal AwayCap { get; init; } = 10m;

    /// <summary>How often the whatsapp leg's release is tried.</summary>
    public int ReleaseTries { get; init; } = 4;
}

/// <summary>What becomes of new calls while the books cannot be asked.</summary>
public enum AwayPolicy
{
    /// <summary>None begins.</summary>
    Refuse,

    /// <summary>They begin by what was last known of channel, account and rate, as far as the last known balance and a cap allow.</summary>
    Admit,
}
