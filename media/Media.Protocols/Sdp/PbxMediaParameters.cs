using Media.Protocols.Primitives;

namespace Media.Protocols.Sdp;

/// <summary>The result of the latest offer and answer on a pbx leg; replaced whole by every renegotiation.</summary>
public sealed record PbxMediaParameters
{
    /// <summary>
    /// The address to send RTP to; <see cref="TransportAddress.IsNone"/> while the peer gives no address (an old style hold).
    /// </summary>
    public required TransportAddress RemoteRtp { get; init; }

    /// <summary>The address to send RTCP to: RTP's own address when shared, the one of <c>a=rtcp</c>, else the next port.</summary>
    public required TransportAddress RemoteRtcp { get; init; }

    /// <summary>RTCP shares RTP's port in both directions.</summary>
    public required bool RtcpMux { get; init; }

    /// <summary>All codecs that may be received, the one to send first; never empty.</summary>
    public required IReadOnlyList<AgreedCodec> Codecs { get; init; }

    /// <summary>
    /// The meaning of every payload type that either side named in this session, chosen or not: a peer may send any of them (RFC 3264
    /// §6.1), and a number keeps its meaning (§8.3.2).
    /// </summary>
    public IReadOnlyList<RtpMap> Receivable
    {
        get;
        init => field = value ?? []; // a generated JSON reader passes null where the text has none
    } = [];

    /// <summary>Null when the peer does not take telephone-events.</summary>
    public required AgreedTelephoneEvent? TelephoneEvent { get; init; }

    /// <summary>The parameters that the peer's Opus decoder requests; meaningful only if Opus was agreed.</summary>
    public required OpusFormat Opus { get; init; }

    /// <summary>Milliseconds of audio per packet that we send: 10, 20, 30, 40 or 60.</summary>
    public required int PacketTime { get; init; }

    /// <summary>As we see it.</summary>
    public required MediaDirection Direction { get; init; }

    /// <summary>
    /// The phone speaks WebRTC: ICE finds its address and DTLS the keys, and <see cref="RemoteRtp"/> and <see cref="Srtp"/> mean nothing.
    /// Null: it does not.
    /// </summary>
    public PbxWebRtcRemote? WebRtc { get; init; }

    /// <summary>Null for plain RTP, and for keys of DTLS.</summary>
    public required SdesKeys? Srtp { get; init; }

    /// <summary>The peer asks for VoIP metrics in RTCP (RFC 3611 §5).</summary>
    public bool VoipMetrics { get; init; }

    public AgreedCodec Codec => Codecs[0];

    /// <summary>
    /// The peer stopped listening, talking or both: <c>sendonly</c>, <c>recvonly</c>, <c>inactive</c>, address zero or port zero.
    /// </summary>
    public bool Held => Direction != MediaDirection.SendRecv || (RemoteRtp.IsNone && WebRtc is null);
}
