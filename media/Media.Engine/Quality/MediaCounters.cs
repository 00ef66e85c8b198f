namespace Media.Engine.Quality;

/// <summary>The reason why a datagram went no further. A closed set: the `reason` of `gateway_media_drops`.</summary>
public enum DropReason
{
    /// <summary>Neither STUN, DTLS, RTP nor RTCP, or one that breaks its format.</summary>
    Malformed,

    /// <summary>STUN for a username fragment or a transaction that no call has.</summary>
    UnknownStun,

    /// <summary>STUN that a call's ICE agent refused.</summary>
    RefusedStun,

    /// <summary>From an address that no call's ICE has validated.</summary>
    Unvalidated,

    /// <summary>SRTP or SRTCP that is not authentic, replayed, or came before the keys.</summary>
    Srtp,

    /// <summary>To a PBX port from an address that is not the PBX's.</summary>
    UnexpectedSource,

    /// <summary>A payload type that was not agreed.</summary>
    PayloadType,

    /// <summary>Late, duplicate or beyond the reorder buffer's limits.</summary>
    Late,

    /// <summary>The kernel did not take what we sent.</summary>
    SendFailed,
}

/// <summary>
/// The counters of one loop and of its sessions. Written by its thread alone; read by the meter, for which a value a moment old is good
/// enough.
/// </summary>
internal sealed class MediaCounters
{
    private static readonly int Reasons = Enum.GetValues<DropReason>().Length;
    private static readonly int Failures = Enum.GetValues<WebRtcFailure>().Length;

    private static readonly int Outcomes = Enum.GetValues<PlayoutOutcome>().Length;

    private readonly long[] _drops = new long[Reasons];
    private readonly long[] _whatsAppFailures = new long[Failures];

    /// <summary>RTP packets, by leg.</summary>
    public readonly long[] Received = new long[2], Sent = new long[2];

    /// <summary>Silences that were reported, by leg.</summary>
    public readonly long[] Timeouts = new long[2];

    /// <summary>Packets by leg and <see cref="PlayoutOutcome"/>.</summary>
    public readonly long[][] Playout = [new long[Outcomes], new long[Outcomes]];

    /// <summary>Packets a codec did not understand.</summary>
    public long DecodeErrors;

    /// <summary>Calls that ended by a failure inside the engine.</summary>
    public long CallFailures;

    /// <summary>Events that found their channel full.</summary>
    public long LostEvents;

    public void Drop(DropReason reason) => _drops[(int)reason]++;

    public void Fail(WebRtcFailure reason) => _whatsAppFailures[(int)reason]++;

    public long Drops(DropReason reason) => _drops[(int)reason];

    public long WhatsAppFailures(WebRtcFailure reason) => _whatsAppFailures[(int)reason];
}
