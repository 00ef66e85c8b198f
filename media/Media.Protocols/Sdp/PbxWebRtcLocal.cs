using Media.Protocols.Ice;

namespace Media.Protocols.Sdp;

/// <summary>
/// Our end of a pbx leg towards a phone that speaks WebRTC (RFC 8829): ICE-lite (RFC 8445 §2.5), DTLS-SRTP (RFC 5763), RTP and RTCP on one
/// port.
/// </summary>
public sealed record PbxWebRtcLocal
{
    /// <summary>Others after each ICE restart of the phone's (RFC 8839 §4.4.1.1.1).</summary>
    public required IceCredentials Ice { get; init; }

    /// <summary>All that there are: none follow.</summary>
    public required IReadOnlyList<IceCandidate> Candidates { get; init; }

    /// <summary>Of our certificate, SHA-256: pairs of hexadecimal digits joined by colons.</summary>
    public required string Fingerprint { get; init; }
}
