namespace Media.Protocols.Ice;

/// <summary>The agent's role: the controlling one nominates (RFC 8445 §4).</summary>
public enum IceRole
{
    Controlling,
    Controlled,
}

/// <summary>The initial role and the timers of an <see cref="IceAgent"/>. The defaults are the RFCs' own.</summary>
public sealed record IceAgentOptions
{
    /// <summary>The role to start in; a conflict (487) or an ICE-lite peer may change it.</summary>
    public required IceRole Role { get; init; }

    /// <summary>Only answer checks (RFC 8445 §2.5). A lite agent is always controlled.</summary>
    public bool Lite { get; init; }

    /// <summary>
    /// How often the session went on from another address, for an agent that goes on with it; 0 for one that begins it. Such an agent
    /// controls, whatever the one before it was (its tie-breaker is the greatest, and a full peer concedes); each of its checks nominates;
    /// and they outrank those from the addresses before.
    /// </summary>
    public int Moves { get; init; }

    public required IceCredentials Local { get; init; }

    /// <summary>Ta, the distance between new checks: RFC 8445 §14.2 recommends 50 ms and forbids less than 5 ms.</summary>
    public TimeSpan Pacing { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The time that a controlling agent with a working pair waits for a better one before it nominates.</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromMilliseconds(150);

    /// <summary>The time after <see cref="IceAgent.SetRemote"/> within which a pair must have been nominated.</summary>
    public TimeSpan FailAfter { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Mean distance of consent checks; each is randomised by ±20 % (RFC 7675 §5.1).</summary>
    public TimeSpan ConsentInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Consent ends this long after the last proof that the peer still wants our traffic (RFC 7675 §5.1).</summary>
    public TimeSpan ConsentLifetime { get; init; } = TimeSpan.FromSeconds(30);
}
