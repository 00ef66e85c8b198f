using Media.Protocols.Jitter;

namespace Media.Protocols.Quality;

/// <summary>The quality of one leg's audio from one sample to the next: what was received of its peer, and what the peer reports.</summary>
/// <param name="Codec">The SDP name of the codec that is sent; null before one is agreed.</param>
/// <param name="Received">RTP packets that came.</param>
/// <param name="LossRatio">0 … 1: of the packets that the peer sent, those that were not heard, because they were lost, came late or were
/// discarded; null where none was expected.</param>
/// <param name="BurstRatio">The mean length of a run of losses over that of random loss at the same ratio: 1 and more (ITU-T G.107
/// §7.5).</param>
/// <param name="JitterMs">Interarrival jitter, milliseconds (RFC 3550 §6.4.1).</param>
/// <param name="RoundTripMs">Milliseconds; null until the peer's reports gave it.</param>
/// <param name="DelayMs">One way, milliseconds: half the round trip, what is held back against jitter, a packet's worth of audio, and
/// devices.</param>
/// <param name="Playout">What became of packets that did not come in order and in time.</param>
/// <param name="Mos">1 … 4.5 by the E-model (ITU-T G.107); null where no packet came.</param>
/// <param name="RemoteLossRatio">0 … 1: what the peer says it lost of ours; null until it says.</param>
/// <param name="RemoteMos">What the peer says that its listener hears of us (RFC 3611 §4.7.5); null where it does not say.</param>
/// <param name="IsSilent">Nothing came while the other leg was heard: one-way audio.</param>
public readonly record struct LegSample(
    string? Codec, long Received, double? LossRatio, double BurstRatio, double JitterMs, double? RoundTripMs, double DelayMs,
    PlayoutCounts Playout, double? Mos, double? RemoteLossRatio, double? RemoteMos, bool IsSilent);

/// <summary>Both legs of one call over the same time.</summary>
public readonly record struct MediaSample(LegSample WhatsApp, LegSample Pbx);
