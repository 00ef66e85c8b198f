using Media.Native.Dtls;
using Media.Protocols.Primitives;
using Media.Protocols.Srtp;

namespace Media.Engine.Session;

/// <summary>The certificate that one session shows, and the handshakes made with it.</summary>
internal interface IDtlsIdentity
{
    /// <summary>SHA-256, as SDP writes it (RFC 8122 §5).</summary>
    string Fingerprint { get; }

    /// <param name="asClient">We begin.</param>
    /// <param name="peer">Fingerprints of which the peer's certificate must have one.</param>
    IDtlsHandshake Begin(bool asClient, IReadOnlyList<string> peer);
}

/// <summary>
/// A DTLS-SRTP association (RFC 5764) as a session drives it: after every call drain <see cref="TryPollTransmit"/> and look at
/// <see cref="State"/>. Whose clock its retransmissions run on is the implementation's own matter; the session learns when to come back.
/// </summary>
internal interface IDtlsHandshake : IDisposable
{
    DtlsState State { get; }

    /// <summary>The reason why <see cref="State"/> is <see cref="DtlsState.Failed"/>.</summary>
    DtlsFailure Failure { get; }

    /// <summary>The time at which to call <see cref="HandleDeadline"/>, as of the last call.</summary>
    Instant NextDeadline { get; }

    /// <summary>There is a path to the peer: a client sends its first flight. Does nothing when already started.</summary>
    void Start(Instant now);

    void HandleDatagram(ReadOnlySpan<byte> datagram, Instant now);

    /// <summary>Sends the last flight again.</summary>
    void HandleDeadline(Instant now);

    /// <summary>Takes the next datagram to send.</summary>
    /// <param name="buffer">At least 2048 bytes.</param>
    /// <param name="length">The datagram's length.</param>
    bool TryPollTransmit(Span<byte> buffer, out int length);

    /// <summary>
    /// Reads the keys that the finished handshake agreed; false until <see cref="State"/> is <see cref="DtlsState.Connected"/>.
    /// </summary>
    bool TryGetKeys(out HandshakeKeys keys);

    /// <summary>Says close_notify if there is a connection to close; drain <see cref="TryPollTransmit"/> once more.</summary>
    void Shutdown();
}

/// <summary>SRTP's keys from a handshake (RFC 5764 §4.2). Secret.</summary>
/// <param name="Profile">As negotiated.</param>
/// <param name="Local">What we protect with.</param>
/// <param name="Remote">What the peer protects with.</param>
internal readonly record struct HandshakeKeys(SrtpProfile Profile, SrtpKeys Local, SrtpKeys Remote);
