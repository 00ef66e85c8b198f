using Media.Protocols.Ice;
using Media.Protocols.Primitives;

namespace Media.Protocols.Sdp;

/// <summary>
/// Our end of one whatsapp leg, as its description states it. The same values serve the offer and the reading of its answer.
/// </summary>
public sealed record WhatsAppLocalMedia
{
    public required IceCredentials Ice { get; init; }

    /// <summary>
    /// The addresses at which we can be reached; may be empty, since WhatsApp accepts checks from addresses not announced. The first one
    /// is written in <c>m=</c> and <c>c=</c>.
    /// </summary>
    public required IReadOnlyList<IceCandidate> Candidates { get; init; }

    /// <summary>SHA-256 of our certificate as <c>AB:CD:…</c>.</summary>
    public required string Fingerprint { get; init; }

    public required Ssrc Ssrc { get; init; }

    /// <summary>A number for <c>o=</c>, below 2^63 as JSEP asks (RFC 8829 §5.2.1); also names the stream.</summary>
    public required ulong SessionId { get; init; }

    /// <summary>RTCP's name for us (RFC 7022); without blanks.</summary>
    public required string Cname { get; init; }

    /// <summary>
    /// Codecs we agree to, in order of preference. <see cref="AudioCodec.Opus"/> must be among them, since WhatsApp always uses it;
    /// PCMU and PCMA count only for numbers whose <c>audio.additional_codecs</c> setting names them.
    /// </summary>
    public IReadOnlyList<AudioCodec> Codecs { get; init; } = [AudioCodec.Opus];

    /// <summary>
    /// Our offer's <c>a=setup</c>: <see cref="DtlsSetup.ActPass"/> lets WhatsApp choose, <see cref="DtlsSetup.Active"/> insists on being
    /// the DTLS client.
    /// </summary>
    public DtlsSetup OfferSetup { get; init; } = DtlsSetup.ActPass;
}
