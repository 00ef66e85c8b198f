using Gateway.Calls.Lifecycle;
using Media.Protocols.Quality;

namespace AdminApi.Events;

/// <summary>The quality of a live call over the last five seconds or so.</summary>
/// <param name="At">The end of the time that it covers.</param>
public sealed record LiveQualityView(DateTimeOffset At, LegSampleView WhatsApp, LegSampleView Pbx)
{
    public static LiveQualityView Of(LiveQuality quality) =>
        new(quality.At, LegSampleView.Of(quality.Sample.WhatsApp), LegSampleView.Of(quality.Sample.Pbx));
}

/// <summary>One leg's part of it.</summary>
/// <param name="Codec">The codec that is sent; null before one is agreed.</param>
/// <param name="Received">Packets that came.</param>
/// <param name="LossRatio">0 … 1: of the packets that the peer sent, those that were not heard; null where none was expected.</param>
/// <param name="BurstRatio">1 for random loss; the more, the longer its runs.</param>
/// <param name="RoundTripMs">Null until the peer's reports gave it.</param>
/// <param name="DelayMs">One way, as far as it is known.</param>
/// <param name="Concealed">Frames that the decoder made up.</param>
/// <param name="Late">Frames that came too late to be heard.</param>
/// <param name="Mos">1 … 4.5 by the E-model; null where no packet came.</param>
/// <param name="RemoteLossRatio">0 … 1: what the peer says it lost of ours; null until it says.</param>
/// <param name="RemoteMos">What the peer says its listener hears; null where it does not say.</param>
/// <param name="OneWay">Nothing came, while the other leg was heard.</param>
public sealed record LegSampleView(
    string? Codec, long Received, double? LossRatio, double BurstRatio, double JitterMs, double? RoundTripMs, double DelayMs,
    long Concealed, long Late, double? Mos, double? RemoteLossRatio, double? RemoteMos, bool OneWay)
{
    public static LegSampleView Of(LegSample sample) => new(
        sample.Codec, sample.Received, Rounded(sample.LossRatio, 4), Math.Round(sample.BurstRatio, 2), Math.Round(sample.JitterMs, 1),
        Rounded(sample.RoundTripMs, 1), Math.Round(sample.DelayMs), sample.Playout.Concealed, sample.Playout.Late,
        Rounded(sample.Mos, 2), Rounded(sample.RemoteLossRatio, 4), Rounded(sample.RemoteMos, 1), sample.IsSilent);

    private static double? Rounded(double? value, int digits) => value is { } some ? Math.Round(some, digits) : null;
}
