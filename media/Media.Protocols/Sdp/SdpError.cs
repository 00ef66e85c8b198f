namespace Media.Protocols.Sdp;

/// <summary>The reason a session description was not accepted. Operators see the names in logs, metrics and records.</summary>
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
    MalformedMedia,

    // Offer/answer on either leg (RFC 3264).
    NoAudio,
    AudioRefused,
    MediaLineMismatch,
    NoOfferMade,
    UnsupportedTransport,
    NoCommonCodec,
    NoConnection,
    UnusableAddress,
    UnresolvedName,
    OtherAddressFamily,

    // The whatsapp leg (RFC 8839, 8122, 5763, 5761).
    NoOpus,
    NoIceCredentials,
    MalformedIceCredentials,
    NoFingerprint,
    UnknownFingerprintHash,
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
