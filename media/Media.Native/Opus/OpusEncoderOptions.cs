namespace Media.Native.Opus;

/// <summary>The encoder settings of a telephone call. The defaults are those a WhatsApp leg requests: 20 kbit/s with in-band FEC.</summary>
public sealed record OpusEncoderOptions
{
    /// <summary>8000, 16000 or 48000 Hz.</summary>
    public int SampleRate { get; init; } = 8000;

    /// <summary>Bits per second, 6000 … 128000.</summary>
    public int Bitrate { get; init; } = 20_000;

    /// <summary>0 (cheapest) … 10.</summary>
    public int Complexity { get; init; } = 5;

    /// <summary>Each packet also carries a coarse copy of the one before it (RFC 6716 §2.1.7).</summary>
    public bool InbandFec { get; init; } = true;

    /// <summary>0 … 100 %; libopus spends bits on FEC only when some loss is expected.</summary>
    public int ExpectedLossPercent { get; init; } = 10;

    /// <summary>
    /// True to send almost nothing in silence. Off, so that a peer that counts packets does not mistake a pause for a dead call.
    /// </summary>
    public bool Dtx { get; init; }

    public OpusBandwidth MaxBandwidth { get; init; } = OpusBandwidth.Wideband;
}
