namespace Media.Protocols.Stun;

/// <summary>The error codes an ICE agent sends or understands (RFC 5389 §15.6, RFC 8445 §7.3.1.1). Zero: no error.</summary>
public enum StunErrorCode
{
    None = 0,
    BadRequest = 400,
    Unauthorized = 401,
    UnknownAttribute = 420,
    RoleConflict = 487,
    ServerError = 500,
}
