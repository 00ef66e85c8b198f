namespace Media.Native.Dtls;

/// <summary>The reason an endpoint is <see cref="DtlsState.Failed"/>.</summary>
public enum DtlsFailure
{
    None,

    /// <summary>The peer's certificate is not the one its SDP announced.</summary>
    FingerprintMismatch,

    /// <summary>The handshake ended without an SRTP profile that both sides support (RFC 5764 §4.1).</summary>
    NoSrtpProfile,

    /// <summary>The peer sent a fatal alert.</summary>
    PeerAlert,

    /// <summary>The peer stayed silent through every retransmission.</summary>
    Timeout,

    /// <summary>The peer broke the protocol, or shares no version, cipher or curve with us.</summary>
    Protocol,
}
