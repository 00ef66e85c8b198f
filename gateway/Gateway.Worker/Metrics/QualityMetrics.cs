using System.Diagnostics.Metrics;
using Gateway.Calls.Quality;
using Media.Protocols.Primitives;
using Media.Protocols.Quality;

namespace Gateway.Worker.Metrics;

/// <summary>The metrics of the quality of conversations: one measurement a sample and leg.</summary>
internal static class QualityMetrics
{
    private static readonly Meter Meter = new("Gateway.Quality");

    private static readonly Histogram<double> Mos = Scale(
        "gateway_quality_mos", "Mean opinion score of a leg over a sample", 1.5, 2, 2.5, 2.8, 3.1, 3.4, 3.6, 3.8, 4, 4.2, 4.4);

    private static readonly Histogram<double> Loss = Ratio(
        "gateway_quality_loss_ratio", "The part of a leg's packets that was not heard: lost, late or discarded");

    private static readonly Histogram<double> Concealed = Ratio(
        "gateway_quality_concealed_ratio", "The part of a leg's frames that the decoder made up");

    private static readonly Histogram<double> Late = Ratio(
        "gateway_quality_late_ratio", "The part of a leg's frames that came too late to be heard");

    private static readonly Histogram<double> RemoteLoss = Ratio(
        "gateway_quality_remote_loss_ratio", "The part of our packets that the peer of a leg says it lost");

    private static readonly Histogram<double> Jitter = Meter.CreateHistogram<double>(
        "gateway_quality_jitter_seconds", "s", "Interarrival jitter of a leg");

    private static readonly Histogram<double> RoundTrip = Meter.CreateHistogram<double>(
        "gateway_quality_round_trip_seconds", "s", "Round trip of a leg");

    private static readonly Counter<long> Degraded = Meter.CreateCounter<long>(
        "gateway_quality_degraded", "{spell}", "Spells of bad quality, by the leg, the limit and the suspected cause");

    /// <param name="sample">Of one conversation.</param>
    /// <param name="begun">The spells of bad quality that begin with it.</param>
    public static void Record(in MediaSample sample, IReadOnlyList<Degradation> begun)
    {
        Record(CallLeg.WhatsApp, sample.WhatsApp);
        Record(CallLeg.Pbx, sample.Pbx);
        foreach (var one in begun)
            Degraded.Add(
                1, new("leg", WireName.Of(one.Leg)), new("fault", WireName.Of(one.Fault)),
                new KeyValuePair<string, object?>("cause", WireName.Of(one.Cause)));
    }

    private static void Record(CallLeg of, in LegSample sample)
    {
        var leg = new KeyValuePair<string, object?>("leg", WireName.Of(of));
        if (sample.Mos is { } mos)
            Mos.Record(mos, leg);
        if (sample.RoundTripMs is { } roundTrip)
            RoundTrip.Record(roundTrip / 1000, leg);
        if (sample.RemoteLossRatio is { } remote)
            RemoteLoss.Record(remote, leg);
        if (sample.LossRatio is not { } loss)
            return;
        Loss.Record(loss, leg);
        Jitter.Record(sample.JitterMs / 1000, leg);
        var expected = Math.Max(1, sample.Received + sample.Playout.Lost);
        Concealed.Record(Math.Min(1, (double)sample.Playout.Concealed / expected), leg);
        Late.Record(Math.Min(1, (double)sample.Playout.Late / expected), leg);
    }

    private static Histogram<double> Ratio(string name, string description) =>
        Scale(name, description, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 1);

    private static Histogram<double> Scale(string name, string description, params double[] bounds) => Meter.CreateHistogram(
        name, null, description, null, new InstrumentAdvice<double> { HistogramBucketBoundaries = bounds });
}
