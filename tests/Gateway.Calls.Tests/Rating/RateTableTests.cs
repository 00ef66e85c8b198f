using FsCheck;
using FsCheck.Fluent;
using Gateway.Calls.Rating;

namespace Gateway.Calls.Tests.Rating;

public class RateTableTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_longest_prefix_valid_at_the_start_rates_the_call()
    {
        var table = new RateTable([Of(1, ""), Of(2, "49"), Of(3, "4915", until: 5), Of(4, "4915", from: 5), Of(5, "491", from: 9)]);
        long? At(string phone, double day) => table.Find(CallDirection.Outbound, new WhatsAppUser(phone), Start.AddDays(day))?.Id;
        Assert.Equal(3, At("4915123456", 0));
        Assert.Equal(3, At("4915123456", 4.999));
        Assert.Equal(4, At("4915123456", 5));
        Assert.Equal(2, At("4917123456", 5));
        Assert.Equal(5, At("4917123456", 9));
        Assert.Equal(1, At("33123456", 0));
        Assert.Null(At("33123456", -1));
        Assert.Null(table.Find(CallDirection.Inbound, new WhatsAppUser("4915123456"), Start));
        Assert.Equal(2, table.Find(CallDirection.Outbound, new WhatsAppUser(null, "DE.1"), Start)?.Id);
    }

    [Fact]
    public void No_rate_with_a_longer_matching_prefix_is_passed_over()
    {
        var prefixes = Gen.Choose(0, 2).ListOf().Select(d => string.Concat(d.Take(4))).ListOf();
        var cases = Gen.Zip(prefixes, Gen.Choose(0, 2).ListOf().Select(d => string.Concat(d.Take(8))));
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var (known, phone) = (c.Item1.Distinct().ToArray(), c.Item2);
            var found = new RateTable(known.Select((p, i) => Of(i, p))).Find(CallDirection.Outbound, new WhatsAppUser(phone), Start);
            return found?.Prefix == known.Where(p => phone.StartsWith(p, StringComparison.Ordinal)).MaxBy(p => p.Length);
        }).QuickCheckThrowOnFailure();
    }

    private static CardRate Of(long id, string prefix, int from = 0, int? until = null) => new(
        new Rate(id, "c", CallDirection.Outbound, prefix, "USD", 0.1m, 0, TimeSpan.FromSeconds(6), TimeSpan.Zero, []),
        Start.AddDays(from), until is { } end ? Start.AddDays(end) : null, 1);
}
