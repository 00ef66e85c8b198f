namespace Media.Protocols.Ice;

/// <summary>The events that an <see cref="IceAgent"/> waits for.</summary>
public enum IceDeadline
{
    /// <summary>Something is to be sent at once: an answer, or the first check.</summary>
    Transmit,

    /// <summary>The next connectivity check, new or repeated.</summary>
    Check,

    /// <summary>Better pairs had their time: the best that works is nominated.</summary>
    Settle,

    /// <summary>No pair came to be.</summary>
    Failure,

    /// <summary>The peer is asked whether it still wants our traffic (RFC 7675).</summary>
    ConsentCheck,

    /// <summary>The selected path counts as dead: the one that the peer checks from is tried.</summary>
    DeadPath,

    ConsentExpiry,
}
