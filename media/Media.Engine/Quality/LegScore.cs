using Media.Protocols.Jitter;
using Media.Protocols.Sdp;

namespace Media.Engine.Quality;

/// <summary>A leg's mean opinion score from what its statistics say.</summary>
internal static class LegScore
{
    /// <summary>A packet's worth of audio at the sender, and sound card and codec at both ends: what no packet statistics show.</summary>
    private const double FixedDelayMs = 60;

    /// <param name="codec">Of what was received.</param>
    /// <param name="received">Packets.</param>
    /// <param name="lost">Packets that never came.</param>
    /// <param name="playout">What was heard in place of packets, and what came too late to be heard: it counts as lost.</param>
    /// <param name="playoutMs">What is held back against jitter: here, or, twice the jitter, in the listener's buffer.</param>
    /// <param name="roundTripMs">Null where it is not known.</param>
    /// <returns>Null: nothing was received, so there is nothing to judge.</returns>
    public static double? Of(AudioCodec? codec, long received, long lost, PlayoutCounts playout, double playoutMs, double? roundTripMs)
    {
        if (received == 0)
            return null;
        var impairment = codec switch
        {
            AudioCodec.Opus => CodecImpairment.Opus,
            AudioCodec.G722 => CodecImpairment.G722,
            _ => CodecImpairment.G711,
        };
        var missed = Math.Max(lost + playout.Late, playout.Concealed + playout.Recovered) + playout.Discarded;
        var loss = received + lost > 0 ? (double)missed / (received + lost) : 0;
        return EModel.MeanOpinionScore(impairment, loss, (roundTripMs ?? 0) / 2 + playoutMs + FixedDelayMs);
    }
}
