namespace Media.Protocols.Sdp;

/// <summary>The codecs that either leg can agree on.</summary>
public enum AudioCodec
{
    /// <summary>G.711 µ-law, static payload type 0 (RFC 3551 §6).</summary>
    Pcmu,

    /// <summary>G.711 A-law, static payload type 8.</summary>
    Pcma,

    /// <summary>G.722, static payload type 9; samples at 16000 Hz, RTP clock 8000 Hz by a historical error (RFC 3551 §4.5.2).</summary>
    G722,

    /// <summary>RFC 7587; RTP clock 48000 Hz whatever the audio's bandwidth, always written with two channels.</summary>
    Opus,
}

public static class AudioCodecExtensions
{
    /// <summary>RTP timestamp units a second.</summary>
    public static int ClockRate(this AudioCodec codec) => codec == AudioCodec.Opus ? 48000 : 8000;

    /// <summary>The payload type of a static codec, and the one we choose for Opus in our own offers.</summary>
    internal static byte DefaultPayloadType(this AudioCodec codec) => codec switch
    {
        AudioCodec.Pcmu => 0,
        AudioCodec.Pcma => 8,
        AudioCodec.G722 => 9,
        _ => 111,
    };
}
