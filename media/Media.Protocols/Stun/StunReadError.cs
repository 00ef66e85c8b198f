namespace Media.Protocols.Stun;

/// <summary>The reason bytes are not a STUN message that this project reads.</summary>
public enum StunReadError
{
    None,
    TooShort,
    TooLong,
    NotStun,
    NotBinding,
    BadLength,
    TruncatedAttribute,
    BadAttribute,
    TooManyAttributes,
    FingerprintNotLast,
    BadFingerprint,
}
