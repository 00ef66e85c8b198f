namespace Media.Native.Dtls;

/// <summary>The state of an endpoint; it only moves downwards in this list.</summary>
public enum DtlsState
{
    /// <summary>Waiting for the first byte: <see cref="DtlsEndpoint.Start"/> (client) or a ClientHello (server).</summary>
    New,
    Handshaking,

    /// <summary>The peer proved the certificate the SDP announced; SRTP keys can be exported.</summary>
    Connected,

    /// <summary>One side sent close_notify after a handshake.</summary>
    Closed,

    /// <summary>No handshake, or no longer one; <see cref="DtlsEndpoint.Failure"/> is the reason.</summary>
    Failed,
}
