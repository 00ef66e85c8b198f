namespace Media.Protocols.Datagrams;

/// <summary>
/// The protocol that a datagram on a shared WebRTC port claims, judged by its first byte (RFC 7983 §7) and, for RTCP, its second.
/// </summary>
public enum DatagramKind
{
    /// <summary>Empty, or in a range that nothing here handles (ZRTP, TURN channels, QUIC, unassigned): drop and count.</summary>
    Unknown,
    Stun,
    Dtls,

    /// <summary>RTP or SRTP.</summary>
    Rtp,

    /// <summary>RTCP or SRTCP.</summary>
    Rtcp,
}

/// <summary>Demultiplexes datagrams. The result is a claim only: each protocol's reader checks the rest.</summary>
public static class DatagramKinds
{
    /// <summary>
    /// <code>
    ///              +----------------+
    ///              |        [0..3] -+--> STUN
    ///              |      [16..19] -+--> ZRTP          (unknown here)
    ///  first byte -+      [20..63] -+--> DTLS
    ///              |      [64..79] -+--> TURN channel  (unknown here)
    ///              |    [128..191] -+--> RTP, or RTCP when the second byte is 192..223 (RFC 5761 §4)
    ///              +----------------+
    /// </code>
    /// </summary>
    public static DatagramKind Classify(ReadOnlySpan<byte> datagram)
    {
        if (datagram.IsEmpty)
            return DatagramKind.Unknown;
        return datagram[0] switch
        {
            <= 3 => DatagramKind.Stun,
            >= 20 and <= 63 => DatagramKind.Dtls,
            >= 128 and <= 191 => datagram.Length > 1 && datagram[1] is >= 192 and <= 223 ? DatagramKind.Rtcp : DatagramKind.Rtp,
            _ => DatagramKind.Unknown,
        };
    }
}
