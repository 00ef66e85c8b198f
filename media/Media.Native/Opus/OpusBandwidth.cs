namespace Media.Native.Opus;

/// <summary>The widest audio band an encoder may use (RFC 6716 §2, table 1).</summary>
public enum OpusBandwidth
{
    /// <summary>4 kHz.</summary>
    Narrowband = 1101,

    /// <summary>6 kHz.</summary>
    Mediumband = 1102,

    /// <summary>8 kHz.</summary>
    Wideband = 1103,

    /// <summary>12 kHz.</summary>
    Superwideband = 1104,

    /// <summary>20 kHz.</summary>
    Fullband = 1105,
}
