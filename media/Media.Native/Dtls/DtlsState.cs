namespace Media.Native.Dtls;

/// <summary>Who sends the ClientHello: <c>a=setup:active</c> is the client, <c>passive</c> the server (RFC 5763 §5).</summary>
public enum DtlsRole
{
    Client,
    Server,
}

public enum DtlsState
{
    /// <summary>Waiting for the first byte: <see cref="DtlsEndpoint.Start"/> (client) or a ClientHello (server).</summary>
    New,
    Handshaking,

    /// <summary>The peer proved the certificate the SDP announced; SRTP keys can be exported.</summary>
    Connected,

    /// <summary>One side said close_notify after a handshake.</summary>
    Closed,

    /// <summary>No handshake, or no longer one; <see cref="DtlsEndpoint.Failure"/> says why.</summary>
    Failed,
}

/// <summary>Why an endpoint is <see cref="DtlsState.Failed"/>.</summary>
public enum DtlsFailure
{
    None,

    /// <summary>The peer's certificate is not the one its SDP announced.</summary>
    FingerprintMismatch,

    /// <summary>The handshake ended without an SRTP profile both sides know (RFC 5764 §4.1).</summary>
    NoSrtpProfile,

    /// <summary>The peer sent a fatal alert.</summary>
    PeerAlert,

    /// <summary>The peer stayed silent through every retransmission.</summary>
    Timeout,

    /// <summary>The peer broke the protocol, or shares no version, cipher or curve with us.</summary>
    Protocol,
}
