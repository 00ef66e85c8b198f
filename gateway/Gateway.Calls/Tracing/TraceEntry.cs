namespace Gateway.Calls.Tracing;

/// <summary>The part of the gateway that an entry of a trace comes from.</summary>
public enum TraceKind
{
    /// <summary>A webhook of Meta's.</summary>
    Webhook,

    /// <summary>The decision whether the call may begin, and its routes.</summary>
    Admission,

    /// <summary>The call's state has changed, or somebody asked for something.</summary>
    State,

    /// <summary>A SIP message, or the failure to send one.</summary>
    Sip,

    /// <summary>An action at Meta with its outcome.</summary>
    Graph,

    /// <summary>The candidate pair of the whatsapp leg.</summary>
    Ice,

    /// <summary>The keys of the whatsapp leg.</summary>
    Dtls,

    /// <summary>Packets of a leg, or the lack of them.</summary>
    Media,

    /// <summary>The PBX holds the call, or takes it back.</summary>
    Hold,

    /// <summary>A sample of a leg's quality.</summary>
    Quality,

    /// <summary>Money held, or charged.</summary>
    Ledger,

    /// <summary>The condition of a trunk, where it explains the call's end.</summary>
    Trunk,
}

/// <summary>The side that an entry concerns.</summary>
public enum TracePeer
{
    /// <summary>The gateway alone.</summary>
    None,

    WhatsApp,

    Pbx,
}

/// <summary>The direction of a message, seen from the gateway.</summary>
public enum TraceDirection
{
    None,
    In,
    Out,
}

/// <summary>One thing that happened to a call. No text holds a secret or the user's number (<see cref="TraceRedaction"/>).</summary>
/// <param name="At">When.</param>
/// <param name="Kind">Where it comes from.</param>
/// <param name="Summary">One line.</param>
public sealed record TraceEntry(DateTimeOffset At, TraceKind Kind, string Summary)
{
    public TracePeer Peer { get; init; }

    public TraceDirection Direction { get; init; }

    /// <summary>The trunk, of an entry of the pbx side; null where none is known.</summary>
    public string? Trunk { get; init; }

    /// <summary>The rest of it: a SIP message, whole but for what is redacted; null: the summary says all.</summary>
    public string? Details { get; init; }

    /// <summary>The codecs of a description in it, as the description names them; null: there is none.</summary>
    public string? Codecs { get; init; }

    /// <summary>How long it took, in milliseconds; null: it is a moment.</summary>
    public double? DurationMs { get; init; }

    /// <summary>True where it may be why the call failed.</summary>
    public bool IsFailure { get; init; }
}
