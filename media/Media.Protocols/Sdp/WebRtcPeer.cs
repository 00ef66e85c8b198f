using Media.Protocols.Ice;

namespace Media.Protocols.Sdp;

/// <summary>What an audio section has to say of ICE and DTLS, on either leg. Everything is checked before anything is answered.</summary>
internal static class WebRtcPeer
{
    /// <summary>RTP under DTLS-SRTP (RFC 5764 §8), with or without feedback.</summary>
    public static bool IsSpokenBy(MediaDescription media) => media.Protocol.ToUpperInvariant() is "UDP/TLS/RTP/SAVPF" or "UDP/TLS/RTP/SAVP";

    /// <param name="attributes">Of the section.</param>
    /// <param name="ice">Usable when the result is <see cref="SdpError.None"/>.</param>
    /// <param name="fingerprints">At least one then.</param>
    public static SdpError Read(MediaAttributes attributes, out IceCredentials ice, out IReadOnlyList<Fingerprint> fingerprints)
    {
        ice = null!;
        fingerprints = attributes.UsableFingerprints;
        if (fingerprints.Count == 0)
            return FaultOf(attributes.Fingerprints);
        if (attributes.IceUfrag is not { } ufrag || attributes.IcePassword is not { } password)
            return SdpError.NoIceCredentials;
        ice = new IceCredentials(ufrag, password);
        return ice.IsUsable ? SdpError.None : SdpError.MalformedIceCredentials;
    }

    /// <summary>
    /// True when the handshake is ours to begin. The offerer of <c>actpass</c> may get any answer; <c>actpass</c> in an answer, against RFC
    /// 8842 §5.3, comes from peers that copy the offer and wait for the ClientHello. Nothing said means what RFC 4145 §4 has for it, and
    /// RFC 8842 §5 leaves: an offerer is active, an answerer passive. An offer of <c>holdconn</c> (RFC 4145 §4: no connection for now) has
    /// no meaning in a call that rings; its sender waits, so we begin. In an answer it refuses the connection.
    /// </summary>
    public static bool IsOurs(DtlsSetup theirs, bool weOffered) => theirs switch
    {
        DtlsSetup.Active => false,
        DtlsSetup.None => weOffered,
        _ => true,
    };

    private static SdpError FaultOf(IReadOnlyList<Fingerprint> all) =>
        all.Count == 0 ? SdpError.NoFingerprint
        : all.All(fingerprint => fingerprint != default && fingerprint.Strength == 0) ? SdpError.UnknownFingerprintHash
        : SdpError.MalformedFingerprint;
}
