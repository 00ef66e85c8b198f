using Gateway.Calls.Quality;
using Media.Protocols.Primitives;
using Media.Protocols.Quality;

namespace Gateway.Calls.Tests.Quality;

public class QualityWatchTests
{
    private static readonly LegSample Good = new("opus", 250, 0, 1, 8, 60, 90, default, 4.2, 0, null, IsSilent: false);

    private static readonly LegSample Lossy = Good with { LossRatio = 0.08, Mos = 3.4 };

    private readonly QualityWatch _watch = new(new QualityOptions());
    private readonly List<Recovery> _over = [];
    private Instant _now;

    [Fact]
    public void A_spell_is_reported_once_with_its_leg_and_whose_network_it_seems()
    {
        Assert.Empty(Handle(Good, Good));
        var begun = Assert.Single(Handle(Lossy, Good));
        Assert.Equal(new Degradation(CallLeg.WhatsApp, QualityFault.Loss, SuspectedCause.UserNetwork, Lossy), begun);
        for (var i = 0; i < 10; i++)
            Assert.Empty(Handle(Lossy, Good));
    }

    [Fact]
    public void A_spell_is_over_after_two_samples_with_a_margin_and_not_before()
    {
        Assert.Empty(_over);
        Handle(Good, Lossy);
        var nearly = Good with { LossRatio = 0.045 }; // keeps the limit, but not by much
        foreach (var sample in new[] { Good, Lossy, Good, nearly, nearly, Lossy })
            Assert.Empty(Handle(Good, sample));
        Handle(Good, Good);
        Assert.Empty(_over);
        Handle(Good, Good);
        Assert.Equal(new Recovery(CallLeg.Pbx, QualityFault.Loss, TimeSpan.FromSeconds(40), Good), Assert.Single(_over));
        Handle(Good, Good);
        Assert.Single(_over); // once
        Assert.Equal(SuspectedCause.PbxNetwork, Assert.Single(Handle(Good, Lossy)).Cause);
    }

    public static TheoryData<LegSample, QualityFault> Faults => new()
    {
        { Good with { LossRatio = 0.06 }, QualityFault.Loss },
        { Good with { RemoteLossRatio = 0.06 }, QualityFault.Loss },
        { Good with { JitterMs = 61 }, QualityFault.Jitter },
        { Good with { RoundTripMs = 601 }, QualityFault.RoundTrip },
        { Good with { LossRatio = 0.04, Mos = 3 }, QualityFault.Score },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Each_limit_has_a_name(LegSample sample, QualityFault fault) =>
        Assert.Equal(fault, Assert.Single(Handle(sample, Good)).Fault);

    [Theory]
    [InlineData(0.95, 0, 0)]
    [InlineData(0.3, 150, 0)]
    [InlineData(0.3, 0, 150)]
    public void A_host_that_has_no_time_is_suspected_before_any_network(double processor, int waitMs, int pauseMs)
    {
        var host = new HostStrain(processor, TimeSpan.FromMilliseconds(waitMs), TimeSpan.FromMilliseconds(pauseMs));
        var begun = _watch.Handle(new MediaSample(Good with { JitterMs = 80 }, Good with { JitterMs = 90 }), host, _now).Begun;
        Assert.Equal([CallLeg.WhatsApp, CallLeg.Pbx], begun.Select(one => one.Leg));
        Assert.All(begun, one => Assert.Equal(SuspectedCause.ThisHost, one.Cause));
    }

    [Fact]
    public void One_way_audio_is_a_spell_of_its_own_until_the_leg_is_heard_again()
    {
        Handle(Good, Lossy);
        var silent = Good with { Received = 0, LossRatio = null, Mos = null, IsSilent = true };
        Assert.Equal((CallLeg.Pbx, QualityFault.OneWay, SuspectedCause.PbxNetwork), Of(Assert.Single(Handle(Good, silent))));
        Assert.Empty(Handle(Good, silent));
        Assert.Empty(Handle(Good with { Received = 0 }, silent with { IsSilent = false })); // now nobody is heard
        Assert.Empty(Handle(Good, silent));
        Assert.Empty(_over);
        Handle(Good, Good);
        Assert.Equal((CallLeg.Pbx, QualityFault.OneWay), (Assert.Single(_over).Leg, _over[0].Fault));
        Assert.Equal((CallLeg.Pbx, QualityFault.OneWay, SuspectedCause.PbxNetwork), Of(Assert.Single(Handle(Good, silent))));
    }

    [Fact]
    public void A_few_packets_say_nothing() => Assert.Empty(Handle(Lossy with { Received = 10, LossRatio = 0.5 }, Good));

    [Fact]
    public void Limits_that_make_no_sense_are_named()
    {
        var options = new QualityOptions { MinMos = 5, MaxLoss = 0, MaxJitter = TimeSpan.Zero, MaxRoundTrip = TimeSpan.FromMinutes(1) };
        Assert.Equal(["minMos", "maxLoss", "maxJitter", "maxRoundTrip"], options.Validate().Select(error => error.Split(':')[0]));
        Assert.Empty(new QualityOptions().Validate());
        Assert.NotEmpty(new QualityOptions { MinMos = double.NaN, MaxLoss = double.NaN }.Validate());
    }

    private static (CallLeg Leg, QualityFault Fault, SuspectedCause Cause) Of(Degradation one) => (one.Leg, one.Fault, one.Cause);

    /// <summary>A sample each five seconds; the spells that begin with it.</summary>
    private IReadOnlyList<Degradation> Handle(LegSample whatsApp, LegSample pbx)
    {
        var changes = _watch.Handle(new MediaSample(whatsApp, pbx), default, _now += TimeSpan.FromSeconds(5));
        _over.AddRange(changes.Over);
        return changes.Begun;
    }
}
