namespace Media.Protocols.Sdp;

/// <summary>Why a session description was not taken. The names are what an operator sees in logs, metrics and records.</summary>
public enum SdpError
{
    None = 0,

    // The text itself (RFC 8866 §5).
    Empty,
    TooLong,
    TooManyLines,
    TooManyMedia,
    MalformedLine,
    MalformedVersion,
    MalformedOrigin,
    MalformedConnection,
    MalformedMedia,

    // Offer/answer on either leg (RFC 3264).
    NoAudio,
    SeveralAudio,
    AudioRefused,
    MediaLineMismatch,
    NoOfferMade,
    UnsupportedTransport,
    NoCommonCodec,
    UnusableAddress,

    // The whatsapp leg (RFC 8839, 8122, 5763, 5761).
    NoOpus,
    NoIceCredentials,
    MalformedIceCredentials,
    NoFingerprint,
    SeveralFingerprints,
    FingerprintNotSha256,
    MalformedFingerprint,
    InvalidSetup,
    NoRtcpMux,
    SdesUnsupported,

    // The pbx leg's encryption (RFC 4568).
    SrtpRequired,
    SrtpForbidden,
    NoUsableCrypto,
    CryptoMismatch,
}
