using Media.Protocols.Primitives;
using Media.Protocols.Quality;

namespace Gateway.Calls.Quality;

/// <summary>
/// Watches the samples of one call and finds where a spell of bad quality begins: with the first sample of a leg beyond a limit. It is over
/// after <see cref="GoodSamples"/> in a row that keep all limits with a margin. One-way audio is a spell of its own, which is over when the
/// leg is heard again. Pure.
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

    private Spell _whatsApp, _pbx;

    /// <summary>Takes a sample. The spells that begin with it, at most two a leg.</summary>
    public IReadOnlyList<Degradation> Handle(in MediaSample sample, HostStrain host)
    {
        List<Degradation>? begun = null;
        Handle(ref _whatsApp, CallLeg.WhatsApp, sample.WhatsApp, host, ref begun);
        Handle(ref _pbx, CallLeg.Pbx, sample.Pbx, host, ref begun);
        return begun ?? (IReadOnlyList<Degradation>)[];
    }

    private void Handle(ref Spell spell, CallLeg leg, in LegSample sample, HostStrain host, ref List<Degradation>? begun)
    {
        if (sample.IsSilent && !spell.IsOneWay)
            (begun ??= []).Add(new Degradation(leg, QualityFault.OneWay, NetworkOf(leg), sample));
        spell.IsOneWay = sample.IsSilent || (spell.IsOneWay && sample.Received == 0);
        if (sample.Received < FewPackets)
            return;
        if (FaultOf(sample, 1, 0) is { } fault)
        {
            if (!spell.IsBad)
                (begun ??= []).Add(new Degradation(leg, fault, host.IsHeard ? SuspectedCause.ThisHost : NetworkOf(leg), sample));
            (spell.IsBad, spell.Good) = (true, 0);
        }
        else if (spell.IsBad && FaultOf(sample, Margin, ScoreMargin) is null && ++spell.Good >= GoodSamples)
        {
            (spell.IsBad, spell.Good) = (false, 0);
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

    private static SuspectedCause NetworkOf(CallLeg leg) =>
        leg == CallLeg.WhatsApp ? SuspectedCause.UserNetwork : SuspectedCause.PbxNetwork;

    private struct Spell
    {
        public bool IsBad, IsOneWay;
        public int Good;
    }
}
