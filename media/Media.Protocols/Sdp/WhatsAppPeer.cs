using Media.Protocols.Ice;
using Media.Protocols.Primitives;

namespace Media.Protocols.Sdp;

/// <summary>
/// The one audio section of WhatsApp's offer or answer. Everything that a secure transport needs is checked before anything is
/// answered.
/// </summary>
internal sealed record WhatsAppPeer(
    MediaDescription Media, MediaAttributes Attributes, IceCredentials Ice, IReadOnlyList<IceCandidate> Candidates,
    IReadOnlyList<Fingerprint> Fingerprints)
{
    /// <summary>Far more than a relay or a browser gives; the rest is not read.</summary>
    private const int MaxCandidates = 32;

    public static SdpError Read(SessionDescription sdp, bool isOffer, out WhatsAppPeer peer)
    {
        peer = null!;
        var audio = sdp.Media.Where(media => media.IsAudio).ToList();
        if (audio.Count == 0)
            return SdpError.NoAudio;
        var media = audio.Find(media => media.Port != 0) ?? audio[0];
        if (media.IsMalformed)
            return SdpError.MalformedMedia;
        if (media.Port == 0)
            return isOffer ? SdpError.NoAudio : SdpError.AudioRefused;
        var attributes = sdp.AttributesOf(media);
        if (CheckTransport(media, attributes, isOffer) is var transport and not SdpError.None)
            return transport;
        if (WebRtcPeer.Read(attributes, out var ice, out var fingerprints) is var insecure and not SdpError.None)
            return insecure;
        if (isOffer && !attributes.RtpMaps.Any(map => map.Codec == AudioCodec.Opus))
            return SdpError.NoOpus;
        peer = new WhatsAppPeer(media, attributes, ice, ReadCandidates(attributes), fingerprints);
        return SdpError.None;
    }

    private static SdpError CheckTransport(MediaDescription media, MediaAttributes attributes, bool isOffer)
    {
        // The number is set to SDES: keys in the text, no ICE, no DTLS. Recognised, so that the error names the setting to change.
        if (attributes.HasCrypto && attributes.Fingerprints.Count == 0)
            return SdpError.SdesUnsupported;
        if (!media.Protocol.ToUpperInvariant().Contains("RTP/SAVP", StringComparison.Ordinal))
            return SdpError.UnsupportedTransport;
        if (!attributes.RtcpMux)
            return SdpError.NoRtcpMux;
        return attributes.Setup == DtlsSetup.HoldConn && !isOffer ? SdpError.InvalidSetup : SdpError.None;
    }

    private static List<IceCandidate> ReadCandidates(MediaAttributes attributes)
    {
        var candidates = new List<IceCandidate>();
        foreach (var value in attributes.Candidates)
        {
            // Names, TCP, component 2, groups and nonsense are skipped: ICE works with whatever remains (RFC 8839 §5.1).
            if (candidates.Count < MaxCandidates && IceCandidate.TryParse(value, out var candidate, out _)
                && candidate.Component == 1 && candidate.Address.Port != 0 && IsOneHost(candidate.Address))
                candidates.Add(candidate);
        }
        return candidates;
    }

    private static bool IsOneHost(TransportAddress address)
    {
        var connection = SdpConnection.From(address.ToIPAddress());
        return !connection.IsUnspecified && connection.TryGetAddress(out _);
    }
}
