using Media.Protocols.Primitives;
using Media.Protocols.Srtp;

namespace Media.Protocols.Sdp;

/// <summary>The policy for SDES-SRTP (RFC 4568) towards a PBX.</summary>
public enum SrtpPolicy
{
    /// <summary>RTP/AVP only; an RTP/SAVP offer is refused.</summary>
    None,

    /// <summary>Accepted when the PBX offers it; our offers are plain RTP/AVP.</summary>
    Optional,

    /// <summary>Also requested: our offers are RTP/AVP with <c>a=crypto</c>, which a PBX may ignore.</summary>
    BestEffort,

    /// <summary>Our offers are RTP/SAVP; anything unencrypted is refused.</summary>
    Required,
}

/// <summary>Our end of a pbx leg for one offer or answer.</summary>
public sealed record PbxLocalMedia
{
    /// <summary>The advertised address for RTP. RTCP is on the next port unless both share one.</summary>
    public required TransportAddress Rtp { get; init; }

    /// <summary>In order of preference; at least one.</summary>
    public IReadOnlyList<AudioCodec> Codecs { get; init; } = [AudioCodec.Pcmu, AudioCodec.Pcma, AudioCodec.G722];

    /// <summary>
    /// True when an answer takes the first of <see cref="Codecs"/> that was offered, not the first offered that is among them.
    /// </summary>
    public bool PreferOwnCodecOrder { get; init; }

    public bool TelephoneEvents { get; init; } = true;

    /// <summary>Milliseconds of audio per packet that we request, and send when the peer requests none.</summary>
    public int PacketTime { get; init; } = 20;

    /// <summary>The direction we want; an answer is narrowed by the offer.</summary>
    public MediaDirection Direction { get; init; } = MediaDirection.SendRecv;

    public SrtpPolicy Srtp { get; init; } = SrtpPolicy.Optional;

    /// <summary>Profiles offered and accepted, best first.</summary>
    public IReadOnlyList<SrtpProfile> SrtpProfiles { get; init; } =
        [SrtpProfile.AesCm128HmacSha1_80, SrtpProfile.AesCm128HmacSha1_32, SrtpProfile.AeadAes128Gcm];

    /// <summary>Offer RTP and RTCP on one port (RFC 5761); always accepted when the peer offers it.</summary>
    public bool OfferRtcpMux { get; init; }

    /// <summary>Our end of WebRTC, which is then offered, and without which none is taken; null: RTP or SDES-SRTP.</summary>
    public PbxWebRtcLocal? WebRtc { get; init; }

    /// <summary>
    /// Ask for VoIP metrics (RFC 3611 §5.1): in each offer, and in answers to peers that know extended reports. Whoever asks for them gets
    /// them.
    /// </summary>
    public bool VoipMetrics { get; init; }
}
