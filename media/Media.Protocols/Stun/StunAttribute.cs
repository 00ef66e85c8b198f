namespace Media.Protocols.Stun;

/// <summary>The attribute types that ICE uses (RFC 5389 §18.2, RFC 8445 §16.1). Types below 0x8000 must be comprehended.</summary>
public enum StunAttribute
{
    MappedAddress = 0x0001,
    Username = 0x0006,
    MessageIntegrity = 0x0008,
    ErrorCode = 0x0009,
    UnknownAttributes = 0x000A,
    Realm = 0x0014,
    Nonce = 0x0015,
    XorMappedAddress = 0x0020,
    Priority = 0x0024,
    UseCandidate = 0x0025,
    Software = 0x8022,
    Fingerprint = 0x8028,
    IceControlled = 0x8029,
    IceControlling = 0x802A,

    /// <summary>draft-thatcher-ice-renomination-01: of nominations, the highest number wins; libwebrtc knows it.</summary>
    Nomination = 0xC001,
}
