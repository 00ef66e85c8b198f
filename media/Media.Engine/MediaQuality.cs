using Media.Protocols.Jitter;

namespace Media.Engine;

/// <summary>The quality of one leg's audio, as seen from here, now.</summary>
/// <param name="Codec">The agreed codec's SDP name, or null before one is agreed.</param>
/// <param name="PacketsSent">RTP packets sent to the peer.</param>
/// <param name="PacketsReceived">RTP packets received, authenticated and in time for use or not.</param>
/// <param name="PacketsLost">Expected and never received (RFC 3550 appendix A.3).</param>
/// <param name="JitterMs">Interarrival jitter, milliseconds (RFC 3550 §6.4.1).</param>
/// <param name="RoundTripMs">From the peer's receiver reports, milliseconds; null until one came.</param>
/// <param name="RemotePacketsLost">What the peer says it lost of ours; null until it says.</param>
/// <param name="Playout">What became of this peer's packets that did not come in order and in time.</param>
/// <param name="Mos">1 … 4.5: what a listener to this leg's audio would say by the E-model (ITU-T G.107); null where no packet
/// came.</param>
/// <param name="Timeouts">How often nothing came for <see cref="MediaEngineOptions.MediaTimeout"/>, as
/// <see cref="MediaEvent.MediaTimeout"/> reported.</param>
/// <param name="IsOneWay">This leg was silent, never heard or for <see cref="MediaEngineOptions.MediaTimeout"/>, while the other one was
/// heard.</param>
public readonly record struct LegReport(
    string? Codec,
    long PacketsSent,
    long PacketsReceived,
    long PacketsLost,
    double JitterMs,
    double? RoundTripMs,
    long? RemotePacketsLost,
    PlayoutCounts Playout,
    double? Mos,
    int Timeouts,
    bool IsOneWay);

/// <summary>Both legs of one call.</summary>
public readonly record struct MediaQuality(LegReport WhatsApp, LegReport Pbx)
{
    /// <summary>The same, where a leg of a conversation that was never heard is one-way because the other was.</summary>
    public MediaQuality NoteOneWay() => new(
        WhatsApp with { IsOneWay = WhatsApp.IsOneWay || (WhatsApp.PacketsReceived == 0 && Pbx.PacketsReceived > 0) },
        Pbx with { IsOneWay = Pbx.IsOneWay || (Pbx.PacketsReceived == 0 && WhatsApp.PacketsReceived > 0) });
}
