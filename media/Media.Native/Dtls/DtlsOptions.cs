namespace Media.Native.Dtls;

/// <summary>The settings of handshakes under one certificate.</summary>
public sealed record DtlsOptions
{
    /// <summary>SRTP profiles in order of preference; the server's order decides.</summary>
    public IReadOnlyList<DtlsSrtpProfile> SrtpProfiles { get; init; } = DtlsSrtpProfiles.Default;

    /// <summary>
    /// Wait before the first retransmission; it doubles each time up to <see cref="MaxRetransmit"/>. RFC 6347 §4.2.4.1 suggests 1 s but
    /// lets time-critical applications choose less, and a lost hello must not cost a caller a second of silence.
    /// </summary>
    public TimeSpan FirstRetransmit { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest wait; after 12 waits without an answer the handshake has failed (OpenSSL's limit): about 28 s.</summary>
    public TimeSpan MaxRetransmit { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>No datagram sent is longer, in bytes of UDP payload; 1200 passes every path that carries WebRTC.</summary>
    public int MaxDatagramSize { get; init; } = 1200;

    /// <summary>OpenSSL makes no datagram shorter than this.</summary>
    private const int SmallestDatagram = 256;

    internal void ThrowIfInvalid()
    {
        if (SrtpProfiles.Count == 0)
            throw new ArgumentException("At least one SRTP profile is needed.");
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxDatagramSize, SmallestDatagram);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxDatagramSize, ushort.MaxValue);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(FirstRetransmit, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxRetransmit, FirstRetransmit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxRetransmit, TimeSpan.FromSeconds(60)); // RFC 6347 §4.2.4.1
    }
}
