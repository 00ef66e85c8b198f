namespace Media.Protocols.Stun;

/// <summary>The class bits of a message type (RFC 5389 §6), as encoded in the 16-bit type field of a Binding message.</summary>
public enum StunClass
{
    Request = 0x0000,
    Indication = 0x0010,
    Success = 0x0100,
    Error = 0x0110,
}
