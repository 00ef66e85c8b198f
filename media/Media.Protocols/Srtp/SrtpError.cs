namespace Media.Protocols.Srtp;

/// <summary>The reason a packet was not protected or not unprotected.</summary>
public enum SrtpError
{
    None,
    /// <summary>Not an RTP or RTCP packet, or too short to carry its tag.</summary>
    Malformed,
    /// <summary>The buffer has no room for tag and index.</summary>
    BufferTooSmall,
    /// <summary>Seen before, or older than the replay window (RFC 3711 §3.3.2). When protecting: the index was used already.</summary>
    Replayed,
    /// <summary>The tag does not match.</summary>
    NotAuthentic,
    /// <summary>An RTCP packet sent in clear although that was not agreed.</summary>
    NotEncrypted,
    /// <summary>The key has protected as many packets as it may (RFC 3711 §9.2).</summary>
    KeyExhausted,
}
