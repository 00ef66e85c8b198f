namespace Media.Engine.Codecs;

/// <summary>
/// The work that goes into a frame of Opus: as configured, or less where a loop is short of time. In parentheses the processor time of
/// encoding a second of 8 kHz speech that complexity 5 with error correction takes 5.1 ms for.
/// </summary>
internal enum OpusEffort
{
    /// <summary>As configured.</summary>
    Full,

    /// <summary>A complexity of 3 at most (4.0 ms).</summary>
    Reduced,

    /// <summary>2 at most, and no copy of the frame before (RFC 6716 §2.1.7): a lost packet is concealed (2.5 ms).</summary>
    WithoutFec,

    /// <summary>0, at which libopus makes no copies either (1.8 ms).</summary>
    Least,
}

/// <summary>The effort that all encoders of one loop's live audio make. They look at it before each frame.</summary>
internal sealed class LoopEffort(OpusOptions options)
{
    public OpusEffort Level { get; set; }

    public int Complexity => Level switch
    {
        OpusEffort.Full => options.Complexity,
        OpusEffort.Reduced => Math.Min(3, options.Complexity),
        OpusEffort.WithoutFec => Math.Min(2, options.Complexity),
        _ => 0,
    };

    public bool Fec => options.Fec && Level < OpusEffort.WithoutFec;
}
