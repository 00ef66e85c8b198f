using Gateway.Calls.Balances;
using Gateway.Calls.Rating;

namespace Gateway.Calls.Tests.Balances;

public sealed class CreditTests
{
    private static readonly Rate Rate =
        new(1, "main", CallDirection.Outbound, "", "EUR", 0.10m, 0m, TimeSpan.FromSeconds(6), TimeSpan.Zero, []);

    [Theory]
    [InlineData("0.00", 0)]
    [InlineData("0.0099999999", 0)]
    [InlineData("0.01", 6)]
    [InlineData("0.0199999999", 6)]
    [InlineData("0.02", 12)]
    [InlineData("1.00", 600)]
    public void Money_pays_for_whole_pulses(string held, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Credit.PaidTime(Rate, decimal.Parse(held)));

    [Fact]
    public void What_does_not_pay_for_the_minimum_pays_for_nothing()
    {
        var rate = Rate with { Minimum = TimeSpan.FromSeconds(30), ConnectionFee = 0.02m };
        Assert.Equal(0.07m, Credit.CostOf(rate, TimeSpan.FromSeconds(1)));
        Assert.Equal(TimeSpan.Zero, Credit.PaidTime(rate, 0.0699999999m));
        Assert.Equal(TimeSpan.FromSeconds(30), Credit.PaidTime(rate, 0.07m));
        Assert.Equal(TimeSpan.FromSeconds(36), Credit.PaidTime(rate, 0.08m));
    }

    [Fact]
    public void Time_that_costs_nothing_never_ends_once_the_connection_is_paid()
    {
        var rate = Rate with { PricePerMinute = 0, ConnectionFee = 1 };
        Assert.Equal(TimeSpan.Zero, Credit.PaidTime(rate, 0.99m));
        Assert.Equal(TimeSpan.MaxValue, Credit.PaidTime(rate, 1));
        Assert.Equal(TimeSpan.MaxValue, Credit.PaidTime(Rate with { PricePerMinute = 0 }, 0));
        Assert.Equal(TimeSpan.MaxValue, Credit.PaidTime(Rate with { PricePerMinute = 0.0000000001m }, 999_999_999_999m));
    }

    [Fact]
    public void A_lower_tier_changes_nothing_about_what_is_held() =>
        Assert.Equal(0.10m, Credit.CostOf(Rate with { Tiers = [new VolumeTier(0, 0.01m)] }, TimeSpan.FromMinutes(1)));

    /// <summary>For any rate: the cost of the paid time is covered, and that of one more pulse is not.</summary>
    [Fact]
    public void Paid_time_is_the_most_that_the_money_covers()
    {
        var random = new Random(20260901);
        for (var i = 0; i < 20_000; i++)
        {
            var rate = Rate with
            {
                PricePerMinute = random.Next(1, 1_000_000) * (random.Next(2) == 0 ? 0.0000000001m : 0.0001m),
                ConnectionFee = random.Next(3) * 0.0700000001m,
                Pulse = TimeSpan.FromSeconds(random.Next(1, 61)),
                Minimum = TimeSpan.FromSeconds(random.Next(2) * random.Next(60)),
            };
            var held = i % 2 == 0 ? Credit.CostOf(rate, rate.Pulse * random.Next(1, 1000)) : random.Next(1_000_000) * 0.00012m;
            var paid = Credit.PaidTime(rate, held);
            if (paid == TimeSpan.MaxValue)
                continue;
            if (paid > TimeSpan.Zero)
                Assert.True(Credit.CostOf(rate, paid) <= held, $"{rate} {held} {paid}");
            Assert.True(Credit.CostOf(rate, paid + TimeSpan.FromTicks(1)) > held, $"{rate} {held} {paid}");
        }
    }
}
