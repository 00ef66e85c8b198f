using Media.Protocols.Sdp;

namespace Media.Engine.Metrics;

/// <summary>A leg's mean opinion score from what its statistics say.</summary>
internal static class LegScore
{
    /// <summary>A packet's worth of audio at the sender, and sound card and codec at both ends: what no packet statistics show.</summary>
    private const double FixedDelayMs = 60;

    public static double Of(AudioCodec? codec, long received, long lost, double jitterMs, double? roundTripMs)
    {
        var impairment = codec switch
        {
            AudioCodec.Opus => CodecImpairment.Opus,
            AudioCodec.G722 => CodecImpairment.G722,
            _ => CodecImpairment.G711,
        };
        var loss = received + lost > 0 ? (double)lost / (received + lost) : 0;
        return EModel.MeanOpinionScore(impairment, loss, (roundTripMs ?? 0) / 2 + 2 * jitterMs + FixedDelayMs);
    }
}
