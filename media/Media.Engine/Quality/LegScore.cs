using Media.Protocols.Jitter;
using Media.Protocols.Sdp;

namespace Media.Engine.Quality;

/// <summary>The counts of a leg's audio over some time, of which a score is made.</summary>
/// <param name="Codec">Of what was received.</param>
/// <param name="Received">Packets.</param>
/// <param name="Lost">Packets that never came.</param>
/// <param name="Runs">Losses, where those in a row count as one.</param>
/// <param name="RunLost">The losses that <paramref name="Runs"/> were counted of.</param>
/// <param name="Playout">What was heard in place of packets, and what came too late to be heard: it counts as lost.</param>
internal readonly record struct LegCounts(AudioCodec? Codec, long Received, long Lost, long Runs, long RunLost, PlayoutCounts Playout)
{
    /// <summary>0 … 1: packets that were not heard, of those that were sent; null: none was expected.</summary>
    public double? LossRatio
    {
        get
        {
            var expected = Received + Math.Max(0, Lost);
            var missed = Math.Max(Lost + Playout.Late, Playout.Concealed + Playout.Recovered) + Playout.Discarded;
            return expected > 0 ? Math.Clamp((double)missed / expected, 0, 1) : null;
        }
    }

    /// <summary>BurstR (ITU-T G.107 §7.5): random loss at a ratio p comes in runs of 1 / (1 − p) packets on average.</summary>
    public double BurstRatio => Runs > 0 ? Math.Max(1, (double)RunLost / Runs * (1 - (LossRatio ?? 0))) : 1;

    public LegCounts Since(in LegCounts before) => new(
        Codec, Received - before.Received, Lost - before.Lost, Runs - before.Runs, RunLost - before.RunLost,
        new PlayoutCounts(
            Playout.Lost - before.Playout.Lost, Playout.Late - before.Playout.Late, Playout.Concealed - before.Playout.Concealed,
            Playout.Recovered - before.Playout.Recovered, Playout.Discarded - before.Playout.Discarded));
}

/// <summary>A leg's mean opinion score from what its statistics say.</summary>
internal static class LegScore
{
    /// <summary>Sound card and codec at both ends: what no packet statistics show.</summary>
    private const double DevicesMs = 40;

    /// <summary>The delay from mouth to ear, as far as one leg shows it.</summary>
    /// <param name="roundTripMs">Null where it is not known.</param>
    /// <param name="playoutMs">What is held back against jitter: here, or, twice the jitter, in the listener's buffer.</param>
    /// <param name="packetMs">Of audio in a packet: the first of it waits for the last.</param>
    public static double DelayMs(double? roundTripMs, double playoutMs, int packetMs) =>
        (roundTripMs ?? 0) / 2 + playoutMs + packetMs + DevicesMs;

    /// <summary>R of the E-model; null: nothing was received, so there is nothing to judge.</summary>
    public static double? Rating(in LegCounts counts, double delayMs)
    {
        if (counts.Received <= 0)
            return null;
        var impairment = counts.Codec switch
        {
            AudioCodec.Opus => CodecImpairment.Opus,
            AudioCodec.G722 => CodecImpairment.G722,
            _ => CodecImpairment.G711,
        };
        return EModel.Rating(impairment, counts.LossRatio ?? 0, delayMs, counts.BurstRatio);
    }

    /// <summary>1 … 4.5; null: nothing was received.</summary>
    public static double? Of(in LegCounts counts, double delayMs) =>
        Rating(counts, delayMs) is { } rating ? EModel.ToScore(rating) : null;
}
