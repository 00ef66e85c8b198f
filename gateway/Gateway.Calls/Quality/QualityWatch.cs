using Media.Protocols.Primitives;
using Media.Protocols.Quality;

namespace Gateway.Calls.Quality;

/// <summary>
/// Watches the samples of one call and finds where a spell of bad quality begins, with the first sample of a leg beyond a limit, and where
/// it is over: after <see cref="GoodSamples"/> in a row that keep all limits with a margin. One-way audio is a spell of its own, which is
/// over when the leg is heard again. Pure.
/// </summary>
public sealed class QualityWatch(QualityOptions limits)
{
    /// <summary>Good samples in a row that end a spell.</summary>
    private const int GoodSamples = 2;

    /// <summary>Fewer packets say nothing of a ratio: half a second of audio.</summary>
    private const int FewPackets = 25;

    /// <summary>The part of a limit that ends a spell.</summary>
    private const double Margin = 0.75;

    /// <summary>The same for the score, which is no measure from zero.</summary>
    private const double ScoreMargin = 0.2;

    private readonly LegSpells _whatsApp = new(CallLeg.WhatsApp), _pbx = new(CallLeg.Pbx);

    /// <summary>Takes a sample. The spells that begin and end with it.</summary>
    public QualityChanges Handle(in MediaSample sample, HostStrain host, Instant now)
    {
        var (begun, over) = (new List<Degradation>(), new List<Recovery>());
        foreach (var (leg, one) in new[] { (_whatsApp, sample.WhatsApp), (_pbx, sample.Pbx) })
        {
            HandleSilence(leg, one, now, begun, over);
            if (one.Received >= FewPackets)
                HandleFault(leg, one, host, now, begun, over);
        }
        return begun.Count + over.Count == 0 ? QualityChanges.None : new QualityChanges(begun, over);
    }

    private static void HandleSilence(LegSpells leg, in LegSample sample, Instant now, List<Degradation> begun, List<Recovery> over)
    {
        if (sample.IsSilent && leg.SilentSince is null)
        {
            leg.SilentSince = now;
            begun.Add(new Degradation(leg.Leg, QualityFault.OneWay, leg.Network, sample));
        }
        else if (!sample.IsSilent && sample.Received > 0 && leg.SilentSince is { } since)
        {
            leg.SilentSince = null;
            over.Add(new Recovery(leg.Leg, QualityFault.OneWay, now - since, sample));
        }
    }

    private void HandleFault(
        LegSpells leg, in LegSample sample, HostStrain host, Instant now, List<Degradation> begun, List<Recovery> over)
    {
        if (FaultOf(sample, 1, 0) is { } fault)
        {
            if (leg.Bad is null)
            {
                leg.Bad = (fault, now);
                begun.Add(new Degradation(leg.Leg, fault, host.IsHeard ? SuspectedCause.ThisHost : leg.Network, sample));
            }
            leg.Good = 0;
        }
        else if (leg.Bad is var (of, since) && FaultOf(sample, Margin, ScoreMargin) is null && ++leg.Good >= GoodSamples)
        {
            (leg.Bad, leg.Good) = (null, 0);
            over.Add(new Recovery(leg.Leg, of, now - since, sample));
        }
    }

    /// <summary>The first limit that the sample is beyond; null: none.</summary>
    private QualityFault? FaultOf(in LegSample sample, double part, double better)
    {
        if (sample.LossRatio > limits.MaxLoss * part || sample.RemoteLossRatio > limits.MaxLoss * part)
            return QualityFault.Loss;
        if (sample.JitterMs > limits.MaxJitter.TotalMilliseconds * part)
            return QualityFault.Jitter;
        if (sample.RoundTripMs > limits.MaxRoundTrip.TotalMilliseconds * part)
            return QualityFault.RoundTrip;
        return sample.Mos < limits.MinMos + better ? QualityFault.Score : null;
    }

    /// <summary>The spells that a leg is in.</summary>
    private sealed class LegSpells(CallLeg leg)
    {
        public CallLeg Leg => leg;

        public SuspectedCause Network => leg == CallLeg.WhatsApp ? SuspectedCause.UserNetwork : SuspectedCause.PbxNetwork;

        /// <summary>Null: it is heard.</summary>
        public Instant? SilentSince { get; set; }

        /// <summary>The limit that it was beyond first; null: it is well.</summary>
        public (QualityFault Fault, Instant Since)? Bad { get; set; }

        /// <summary>Good samples in a row.</summary>
        public int Good { get; set; }
    }
}
