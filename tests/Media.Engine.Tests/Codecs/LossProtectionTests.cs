using Media.Engine.Codecs;

namespace Media.Engine.Tests.Codecs;

[Trait("Category", "Distribution")]
public class LossProtectionTests
{
    private readonly LossProtection _protection = new(new OpusOptions());

    [Fact]
    public void Before_any_report_it_is_as_configured() =>
        Assert.Equal((10, 20_000), (_protection.Percent, Rate()));

    [Fact]
    public void Loss_is_followed_at_once_but_by_a_bounded_step()
    {
        Follow(0, 0, 0, 0);
        Assert.Equal([12, 15, 15], Follow(0.3, 0.3, 0.3));
        Assert.Equal((24_000, 22_000), (Rate(), Rate(most: 22_000)));
    }

    [Fact]
    public void Where_the_peer_allows_no_more_bits_copies_are_no_better_than_usual()
    {
        Follow(0.3);
        Assert.Equal((10, 15), (_protection.LossFor(20_000, 20_000), _protection.LossFor(20_000, 24_000)));
    }

    [Fact]
    public void A_calm_wire_is_believed_slowly_and_leaves_thin_copies()
    {
        Assert.Equal([10, 7, 4, 2, 2], Follow(0, 0, 0, 0, 0));
        Assert.Equal(20_000, Rate());
        Assert.Equal([12], Follow(0.2));
    }

    [Fact]
    public void A_report_that_differs_by_chance_changes_nothing() =>
        Assert.Equal([10, 10, 10, 10, 10, 10], Follow(0.11, 0.09, 0.12, 0.08, 0.1, 0.09));

    [Fact]
    public void A_single_calm_report_among_others_changes_nothing() =>
        Assert.Equal([10, 10, 10, 10], Follow(0.02, 0.1, 0.02, 0.1));

    [Fact]
    public void Without_copies_nothing_is_spent_on_them()
    {
        Follow(0.2);
        Assert.Equal(20_000, Rate(fec: false));
    }

    [Fact]
    public void Switched_off_it_stays_as_configured()
    {
        var fixedLoss = new LossProtection(new OpusOptions { FollowLoss = false, ExpectedLossPercent = 7 });
        fixedLoss.Handle(0.5);
        Assert.Equal((7, 18_000), (fixedLoss.Percent, fixedLoss.RateOf(18_000, int.MaxValue, fec: true)));
    }

    private int Rate(int most = int.MaxValue, bool fec = true) => _protection.RateOf(20_000, most, fec);

    private int[] Follow(params double[] reports) => [.. reports.Select(lost =>
    {
        _protection.Handle(lost);
        return _protection.Percent;
    })];
}
