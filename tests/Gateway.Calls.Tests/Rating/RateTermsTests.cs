using FsCheck;
using FsCheck.Fluent;
using Gateway.Calls.Rating;

namespace Gateway.Calls.Tests.Rating;

public class RateTermsTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly RateTerms Good = new(
        CallDirection.Outbound, "49", Start, null, 0.10m, 0m, 6, 0, [new(50_000, 0.07m), new(250_000, 0.05m)]);

    [Fact]
    public void Sensible_terms_have_no_errors() => Assert.Empty(Good.Errors());

    [Fact]
    public void Every_error_is_reported_at_once()
    {
        var bad = new RateTerms(
            (CallDirection)7, "+49x", Start, Start, -1m, 0.00000000001m, 0, 3601, [new(0, 0.07m), new(2.5m, -0.1m), new(2, 5_000_000m)]);
        Assert.Equal(
            ["connectionFee", "direction", "minimumSeconds", "prefix", "pricePerMinute", "pulseSeconds", "tiers", "validUntil"],
            bad.Errors().Select(e => e.Field).Distinct().Order());
        Assert.Equal(["tiers"], (Good with { Tiers = [new(10, 0.11m)] }).Errors().Select(e => e.Field));
        Assert.Equal(["pricePerMinute"], (Good with { PricePerMinute = 1_000_001m }).Errors().Select(e => e.Field));
    }

    [Fact]
    public void Two_rates_overlap_where_some_moment_belongs_to_both()
    {
        var cases = Gen.Four(Gen.Choose(0, 6));
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            RateTerms Between(int from, int days) =>
                Good with { ValidFrom = Start.AddDays(from), ValidUntil = days == 6 ? null : Start.AddDays(from + days + 1) };
            var (one, other) = (Between(c.Item1, c.Item2), Between(c.Item3, c.Item4));
            bool IsIn(RateTerms rate, int day) =>
                rate.ValidFrom <= Start.AddDays(day) && (rate.ValidUntil is not { } end || Start.AddDays(day) < end);
            return one.Overlaps(other) == Enumerable.Range(0, 30).Any(day => IsIn(one, day) && IsIn(other, day))
                && one.Overlaps(other) == other.Overlaps(one)
                && !one.Overlaps(other with { Prefix = "491" }) && !one.Overlaps(other with { Direction = CallDirection.Inbound });
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("USD", true)]
    [InlineData("EUR", true)]
    [InlineData("XCG", true)]
    [InlineData("usd", false)]
    [InlineData("XAU", false)]
    [InlineData("XXX", false)]
    [InlineData("ABC", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void Currencies_are_those_of_ISO_4217(string? code, bool known) => Assert.Equal(known, Currencies.IsKnown(code));
}
