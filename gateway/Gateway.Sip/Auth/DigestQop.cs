namespace Gateway.Sip.Auth;

/// <summary>The part of a message that a proof protects, weakest first (RFC 7616 §3.3 "qop").</summary>
public enum DigestQop
{
    /// <summary>No qop at all: RFC 2069, without client nonce and count.</summary>
    None,
    Auth,
    /// <summary>The body too.</summary>
    AuthInt,
}
