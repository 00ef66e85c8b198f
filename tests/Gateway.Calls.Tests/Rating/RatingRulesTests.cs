using FsCheck;
using FsCheck.Fluent;
using Gateway.Calls.Rating;

namespace Gateway.Calls.Tests.Rating;

public class RatingRulesTests
{
    private static readonly Rate Plain = new(
        1, "standard", CallDirection.Outbound, "1", "USD", 0.10m, 0m, TimeSpan.FromSeconds(6), TimeSpan.Zero, []);

    [Theory]
    [InlineData(0, 1, "0.01")] // answered and ended at once: one pulse
    [InlineData(0.001, 1, "0.01")]
    [InlineData(6, 1, "0.01")]
    [InlineData(6.0001, 2, "0.02")]
    [InlineData(56, 10, "0.10")] // Meta's own example: 56 s are 10 pulses
    [InlineData(3600, 600, "6.00")]
    public void Time_is_billed_in_whole_pulses(double seconds, int pulses, string amount)
    {
        var price = RatingRules.Of(Plain, TimeSpan.FromSeconds(seconds), TimeSpan.Zero);
        Assert.Equal((pulses, decimal.Parse(amount)), (price.Pulses, price.Amount));
        Assert.Equal(TimeSpan.FromSeconds(6 * pulses), price.BilledTime);
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(10, 2)]
    [InlineData(12, 2)]
    [InlineData(12.5, 3)]
    public void The_minimum_is_billed_in_whole_pulses(double seconds, int pulses)
    {
        var rate = Plain with { Minimum = TimeSpan.FromSeconds(10), ConnectionFee = 0.05m };
        var price = RatingRules.Of(rate, TimeSpan.FromSeconds(seconds), TimeSpan.Zero);
        Assert.Equal((pulses, 0.05m + 0.01m * pulses), (price.Pulses, price.Amount));
    }

    [Fact]
    public void A_price_that_no_pulse_divides_is_cut_once_for_the_whole_call_and_never_above_the_exact_one()
    {
        var rate = Plain with { Pulse = TimeSpan.FromSeconds(7) };
        Assert.Equal(0.0116666666m, RatingRules.Of(rate, TimeSpan.FromSeconds(1), TimeSpan.Zero).Amount); // 0.7 / 60
        Assert.Equal(0.0700000000m, RatingRules.Of(rate, TimeSpan.FromSeconds(42), TimeSpan.Zero).Amount); // not six times the line above
        var fine = Plain with { PricePerMinute = 0.0000000019m };
        Assert.Equal(0.0000000001m, RatingRules.Of(fine, TimeSpan.FromSeconds(1), TimeSpan.Zero).Amount);
    }

    [Theory]
    [InlineData("0", "0.10")]
    [InlineData("49999.8", "0.10")] // ends at 49,999.9
    [InlineData("49999.9", "0.10")] // ends at 50,000 sharp: not above it
    [InlineData("49999.95", "0.07")] // across the threshold: whole at the lower price
    [InlineData("249999.95", "0.05")]
    [InlineData("9000000", "0.05")]
    public void A_call_across_a_threshold_is_rated_whole_at_the_lower_price(string minutesBefore, string perMinute)
    {
        var rate = Plain with { Tiers = [new(50_000, 0.07m), new(250_000, 0.05m)] };
        var before = TimeSpan.FromTicks((long)(decimal.Parse(minutesBefore) * TimeSpan.TicksPerMinute));
        var price = RatingRules.Of(rate, TimeSpan.FromSeconds(6), before);
        Assert.Equal(decimal.Parse(perMinute), price.PricePerMinute);
        Assert.Equal(price.PricePerMinute / 10, price.Amount);
    }

    [Fact]
    public void Clocks_that_ran_backwards_cost_the_minimum() =>
        Assert.Equal(1, RatingRules.Of(Plain, TimeSpan.FromSeconds(-5), TimeSpan.Zero).Pulses);

    [Fact]
    public void A_free_rate_costs_nothing_however_long() =>
        Assert.Equal(0m, RatingRules.Of(Plain with { PricePerMinute = 0 }, TimeSpan.FromDays(30), TimeSpan.Zero).Amount);

    [Fact]
    public void Price_is_monotone_in_time_and_the_sum_of_its_pulses() => Check((rate, talk, more) =>
    {
        var (shorter, longer) = (RatingRules.Of(rate, talk, TimeSpan.Zero), RatingRules.Of(rate, talk + more, TimeSpan.Zero));
        var exact = rate.ConnectionFee + rate.PricePerMinute * (decimal)shorter.BilledTime.TotalSeconds / 60;
        return shorter.Amount <= longer.Amount && shorter.Pulses <= longer.Pulses
            && shorter.BilledTime == rate.Pulse * shorter.Pulses
            && shorter.BilledTime >= talk && shorter.BilledTime >= rate.Minimum
            && shorter.BilledTime - rate.Pulse < (talk > rate.Minimum ? talk : rate.Minimum) + TimeSpan.FromTicks(1)
            && shorter.Amount <= exact && exact - shorter.Amount < 0.0000000001m
            && shorter.Amount == Math.Round(shorter.Amount, RatingRules.Decimals);
    });

    [Fact]
    public void More_volume_never_makes_a_call_dearer_and_the_first_tier_is_the_most() => Check((rate, talk, volume) =>
    {
        var tiered = rate with { Tiers = [new(10, rate.PricePerMinute * 0.7m), new(100, rate.PricePerMinute * 0.5m)] };
        var prices = new[] { TimeSpan.Zero, volume, volume * 2 }.Select(v => RatingRules.Of(tiered, talk, v).Amount).ToArray();
        return prices[0] >= prices[1] && prices[1] >= prices[2] && RatingRules.Of(rate, talk, volume).Amount >= prices[0];
    });

    /// <summary>Any rate, a talk time and a further time, both up to an hour in 100 ms steps.</summary>
    private static void Check(Func<Rate, TimeSpan, TimeSpan, bool> holds)
    {
        var cases =
            from pulse in Gen.Elements(1, 6, 7, 30, 60)
            from minimum in Gen.Elements(0, 1, 10, 60)
            from price in Gen.Choose(0, 5_000_000)
            from fee in Gen.Elements(0m, 0.01m, 0.3333m)
            from talk in Gen.Choose(0, 36_000)
            from more in Gen.Choose(0, 36_000)
            let rate = Plain with { Pulse = TimeSpan.FromSeconds(
                pulse), Minimum = TimeSpan.FromSeconds(minimum), PricePerMinute = price / 1_000_000m, ConnectionFee = fee }
            select (rate, talk, more);
        Prop.ForAll(
            cases.ToArbitrary(), c => holds(c.rate, TimeSpan.FromMilliseconds(c.talk * 100), TimeSpan.FromMilliseconds(c.more * 100)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
    }
}
