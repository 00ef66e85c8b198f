namespace Media.Engine;

/// <summary>What one leg's audio is like, as seen from here, now.</summary>
/// <param name="Codec">The agreed codec's SDP name, or null before one is agreed.</param>
/// <param name="PacketsSent">RTP packets sent to the peer.</param>
/// <param name="PacketsReceived">RTP packets received, authenticated and in time for use or not.</param>
/// <param name="PacketsLost">Expected and never received (RFC 3550 appendix A.3).</param>
/// <param name="JitterMs">Interarrival jitter, milliseconds (RFC 3550 §6.4.1).</param>
/// <param name="RoundTripMs">From the peer's receiver reports, milliseconds; null until one came.</param>
/// <param name="RemotePacketsLost">What the peer says it lost of ours; null until it says.</param>
/// <param name="Mos">1 … 4.5: what a listener to this leg's audio would say by the E-model (ITU-T G.107).</param>
public readonly record struct LegQuality(
    string? Codec,
    long PacketsSent,
    long PacketsReceived,
    long PacketsLost,
    double JitterMs,
    double? RoundTripMs,
    long? RemotePacketsLost,
    double Mos);

/// <summary>Both legs of one call.</summary>
public readonly record struct MediaQuality(LegQuality WhatsApp, LegQuality Pbx);
