namespace Media.Native.Dtls;

/// <summary>Where an endpoint stands; it only moves downwards here.</summary>
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
