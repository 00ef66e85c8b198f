using Media.Protocols.Ice;

namespace Media.Protocols.Sdp;

/// <summary>A phone that speaks WebRTC, as the latest offer and answer have it. Its candidates do not matter to ICE-lite.</summary>
public sealed record PbxWebRtcRemote
{
    public required IceCredentials Ice { get; init; }

    /// <summary>The phone must show a certificate with one of these hashes, all of one kind; see
    /// <see cref="WhatsAppMediaParameters.RemoteFingerprints"/>.</summary>
    public required IReadOnlyList<string> Fingerprints { get; init; }

    /// <summary>True: we send the ClientHello; false: we wait for it.</summary>
    public required bool DtlsClient { get; init; }

    /// <summary>The DTLS association goes on: the same certificate and roles (RFC 8842 §4).</summary>
    public bool IsSameAssociation(PbxWebRtcRemote other) =>
        DtlsClient == other.DtlsClient && Fingerprints.SequenceEqual(other.Fingerprints);
}
