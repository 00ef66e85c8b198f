namespace Media.Protocols.Sdp;

/// <summary><c>a=setup</c> (RFC 8842 §5): the side that begins the DTLS handshake.</summary>
public enum DtlsSetup
{
    /// <summary>Absent, or not a value at all.</summary>
    None,

    /// <summary>Offer only: the answerer chooses.</summary>
    ActPass,

    /// <summary>Begins the handshake: the DTLS client.</summary>
    Active,

    /// <summary>Waits for it: the DTLS server.</summary>
    Passive,

    /// <summary>RFC 4145 §4: no connection for the time being.</summary>
    HoldConn,
}
