using Media.Protocols.Stun;

namespace Media.Protocols.Ice;

/// <summary>The outcome of a datagram given to an agent; a closed set to count by.</summary>
public enum IceVerdict
{
    /// <summary>Authentic and used.</summary>
    Accepted,

    /// <summary>An indication, which needs no answer (RFC 8445 §11).</summary>
    Keepalive,

    /// <summary>Not a Binding message, or one that breaks the format.</summary>
    Malformed,

    /// <summary>A request without username or integrity; answered 400.</summary>
    Incomplete,

    /// <summary>A request for another username fragment, or whose integrity is wrong; answered 401.</summary>
    Unauthorized,

    /// <summary>An authentic request with attributes that must be comprehended and are not; answered 420.</summary>
    UnknownAttribute,

    /// <summary>An authentic request from a peer that claims our own role and loses; answered 487.</summary>
    RoleConflict,

    /// <summary>A response to no request of ours, or too late.</summary>
    UnknownTransaction,

    /// <summary>A response whose integrity is missing or wrong.</summary>
    Unauthentic,

    /// <summary>An authentic error response.</summary>
    Rejected,

    /// <summary>A response from another address than the request went to (RFC 8445 §7.2.5.2.1).</summary>
    Asymmetric,

    /// <summary>For a local address or a remote one beyond the limits, or after the end.</summary>
    Ignored,
}

/// <summary>Verdicts on requests that were answered with an error.</summary>
internal static class IceVerdicts
{
    public static IceVerdict Of(StunErrorCode refusal) => refusal switch
    {
        StunErrorCode.BadRequest => IceVerdict.Incomplete,
        StunErrorCode.Unauthorized => IceVerdict.Unauthorized,
        StunErrorCode.RoleConflict => IceVerdict.RoleConflict,
        _ => IceVerdict.UnknownAttribute,
    };
}
