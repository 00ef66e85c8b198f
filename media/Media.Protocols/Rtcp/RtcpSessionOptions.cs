using Media.Protocols.Primitives;

namespace Media.Protocols.Rtcp;

/// <summary>The settings of one leg's <see cref="RtcpSession"/>.</summary>
public sealed record RtcpSessionOptions
{
    /// <summary>Of the stream we send, whether or not it has begun.</summary>
    public required Ssrc Local { get; init; }

    /// <summary>Canonical name, random per call (RFC 7022): at most 255 bytes of UTF-8.</summary>
    public required string Cname { get; init; }

    /// <summary>Units per second of the media clock: 48000 for Opus, 8000 for G.711 and (RFC 3551 §4.5.2) G.722.</summary>
    public required int ClockRate { get; init; }
}
