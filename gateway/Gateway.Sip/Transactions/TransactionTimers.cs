namespace Gateway.Sip.Transactions;

/// <summary>The timer values of RFC 3261 table 4, as data.</summary>
public sealed record TransactionTimers
{
    public static readonly TransactionTimers Default = new();

    /// <summary>Round-trip estimate (T1).</summary>
    public TimeSpan T1 { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Longest interval between retransmissions of non-INVITE requests and INVITE responses (T2).</summary>
    public TimeSpan T2 { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>The time for which a message may stay in the network (T4).</summary>
    public TimeSpan T4 { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Wait for a first response to a request: timers B and F. 64·T1, or shorter so that a dead server is left for the next one.
    /// </summary>
    public TimeSpan? RequestTimeout { get; init; }

    /// <summary>64·T1, 32 s: timers B, D, F, H, J, L and M.</summary>
    public TimeSpan TransactionTimeout => T1 * 64;
}
