using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Gateway.Calls;
using Gateway.Calls.Rating;
using Gateway.Storage.Rating;

namespace Gateway.Storage.Tests.Rating;

public class RateCsvTests
{
    private const string Header = "direction,prefix,valid_from,price_per_minute";

    [Fact]
    public void A_full_line_says_everything()
    {
        var (lines, errors) = Read(
            """
            direction,prefix,valid_from,valid_until,currency,price_per_minute,connection_fee,pulse_seconds,minimum_seconds,tiers
            outbound,49,2030-01-01,2030-02-01T12:00:00Z,USD,0.0150,0.01,1,30,50000:0.0070|250000:0.0050
            """);
        Assert.Empty(errors);
        var line = Assert.Single(lines);
        Assert.Equal(2, line.Line);
        Assert.Equal([new(50_000, 0.0070m), new(250_000, 0.0050m)], line.Terms.Tiers);
        var start = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
        Assert.Equal(
            new RateTerms(CallDirection.Outbound, "49", start, start.AddDays(31).AddHours(12), 0.0150m, 0.01m, 1, 30, line.Terms.Tiers),
            line.Terms);
    }

    [Fact]
    public void Columns_may_be_missing_and_in_any_order()
    {
        var (lines, errors) = Read(
            "Price_Per_Minute, prefix ,valid_from,direction\n0.10,+49,2030-01-01,inbound\n\n0.2,,2030-01-01T00:00:00+02:00,inbound\n");
        Assert.Empty(errors);
        Assert.Equal([("49", 6, 0, 0.10m), ("", 6, 0, 0.2m)], lines.Select(
            l => (l.Terms.Prefix, l.Terms.PulseSeconds, l.Terms.MinimumSeconds, l.Terms.PricePerMinute)));
        Assert.Equal([2, 4], lines.Select(l => l.Line));
        Assert.Equal(22, lines[1].Terms.ValidFrom.Hour);
    }

    [Fact]
    public void Byte_order_mark_semicolons_and_quotes_of_a_spreadsheet_are_read()
    {
        var bytes = Encoding.UTF8.GetPreamble().Concat(
            Encoding.UTF8.GetBytes("direction;prefix;valid_from;price_per_minute\r\n\"outbound\";\"49\";2030-01-01;0.1\r\n")).ToArray();
        var (lines, errors) = RateCsvReader.Read(new MemoryStream(bytes), "USD");
        Assert.Empty(errors);
        Assert.Equal("49", Assert.Single(lines).Terms.Prefix);
    }

    [Fact]
    public void Every_error_of_every_line_is_listed()
    {
        var (_, errors) = Read(
            """
            direction,prefix,valid_from,valid_until,currency,price_per_minute,pulse_seconds,tiers
            outbound,49,2030-01-01,,USD,0.10,6,
            sideways,49x,01.02.2030,,EUR,"0,10",6.5,50000
            outbound,49,2030-01-01,2029-01-01,USD,-1,0,50000:0.2
            outbound,49
            outbound,50,2030-01-01,,USD,1e3,6,
            """);
        Assert.Equal(
            [
                (3, "currency"), (3, "direction"), (3, "price_per_minute"), (3, "pulse_seconds"), (3, "tiers"), (3, "valid_from"),
                (4, "price_per_minute"), (4, "pulse_seconds"), (4, "tiers"), (4, "valid_until"),
                (5, null), (6, "price_per_minute"),
            ],
            errors.Select(e => (e.Line, e.Column)).OrderBy(e => e.Line).ThenBy(e => e.Column, StringComparer.Ordinal));
    }

    [Fact]
    public void A_prefix_of_letters_is_an_error_of_its_line() =>
        Assert.Equal([(2, "prefix")], Read($"{Header}\noutbound,49x,2030-01-01,0.1").Errors.Select(e => (e.Line, e.Column!)));

    [Fact]
    public void Lines_that_rate_the_same_call_are_found_however_far_apart()
    {
        var (_, errors) = Read(
            """
            direction,prefix,valid_from,valid_until,price_per_minute
            outbound,49,2030-01-01,2030-12-01,0.10
            outbound,49,2030-02-01,2030-03-01,0.11
            outbound,491,2030-01-01,,0.12
            inbound,49,2030-01-01,,0.12
            outbound,49,2030-12-01,,0.13
            outbound,49,2030-01-01,2030-12-01,0.10
            outbound,49,2030-11-30,2030-12-01,0.10
            """);
        Assert.Equal([3, 7, 8], errors.Select(e => e.Line));
        Assert.All(errors, e => Assert.Contains("line 2", e.Message));
    }

    [Theory]
    [InlineData("", "direction")]
    [InlineData("direction,prefix,valid_from", "price_per_minute")]
    [InlineData("direction,prefix,valid_from,price_per_minute,colour", "colour")]
    [InlineData("direction,prefix,valid_from,price_per_minute,prefix", "prefix")]
    [InlineData(Header, null)]
    [InlineData(Header + "\noutbound,\"49,2030-01-01,0.1\noutbound,50,2030-01-01,0.1", null)]
    public void A_broken_file_is_refused_with_a_reason(string text, string? column)
    {
        var (_, errors) = Read(text);
        Assert.NotEmpty(errors);
        if (column is not null)
            Assert.Contains(errors, e => e.Column == column);
    }

    [Fact]
    public void A_file_that_is_not_UTF_8_or_too_long_is_refused()
    {
        Assert.Contains("UTF-8", Assert.Single(RateCsvReader.Read(new MemoryStream([0x80, 0xc3, 0x28]), "USD").Errors).Message);
        var many = string.Concat(Enumerable.Range(0, RateCsvReader.MaxLines + 1).Select(i => $"outbound,1{i + 1},2030-01-01,0.1\n"));
        Assert.Contains("at most", Assert.Single(Read($"{Header}\n{many}").Errors).Message);
    }

    [Fact]
    public void Whatever_rates_are_written_are_read_again()
    {
        var rates =
            from direction in Gen.Elements(CallDirection.Inbound, CallDirection.Outbound)
            from prefix in Gen.Choose(0, 9).ListOf(4)
            where NumberSpelling.FaultOfPrefix(string.Concat(prefix)) is null
            from start in Gen.Choose(0, 1_000_000)
            from length in Gen.Choose(0, 1_000_000)
            from price in Gen.Choose(0, int.MaxValue)
            from decimals in Gen.Choose(0, 10)
            from pulse in Gen.Choose(1, 3600)
            from minimum in Gen.Choose(0, 3600)
            from tiers in Gen.Choose(0, RateTerms.MaxTiers)
            let perMinute = new decimal(price % 1_000_000, 0, 0, false, (byte)decimals)
            select new CardRate(
                new Rate(
                    0, "", direction, string.Concat(prefix), "USD", perMinute, perMinute, TimeSpan.FromSeconds(pulse),
                    TimeSpan.FromSeconds(minimum), [.. Enumerable.Range(1, tiers).Select(i => new VolumeTier(i * 1000, perMinute))]),
                DateTimeOffset.UnixEpoch.AddMilliseconds(start),
                length == 0 ? null : DateTimeOffset.UnixEpoch.AddMilliseconds(start + length), 0);
        Prop.ForAll(rates.ToArbitrary(), rate =>
        {
            var text = new StringWriter();
            RateCsvWriter.Write(text, [rate]);
            var (lines, errors) = Read(text.ToString());
            Assert.Empty(errors);
            var terms = Assert.Single(lines).Terms;
            Assert.Equal((rate.Rate.Direction, rate.Rate.Prefix, rate.ValidFrom, rate.ValidUntil), (
                terms.Direction, terms.Prefix, terms.ValidFrom, terms.ValidUntil));
            Assert.Equal((rate.Rate.PricePerMinute, rate.Rate.ConnectionFee), (terms.PricePerMinute, terms.ConnectionFee));
            Assert.Equal((rate.Rate.Pulse.TotalSeconds, rate.Rate.Minimum.TotalSeconds), (terms.PulseSeconds, terms.MinimumSeconds));
            Assert.Equal(rate.Rate.Tiers, terms.Tiers);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void No_text_whatever_throws() => Prop.ForAll(
        Gen.Elements("direction", "prefix", "valid_from", "price_per_minute", "tiers", ",", ";", "\n", "\r\n", "\"", "outbound", "49",
            "2030-01-01", "0.1", "1:2|", "\0", "é").ListOf()
            .Select(parts => Header + string.Concat(parts)).ToArbitrary(),
        text => Read(text) is { } result && (result.Lines.Count > 0 || result.Errors.Count > 0)).QuickCheckThrowOnFailure();

    private static (IReadOnlyList<RateLine> Lines, IReadOnlyList<RateLineError> Errors) Read(string text) =>
        RateCsvReader.Read(new MemoryStream(Encoding.UTF8.GetBytes(text)), "USD");
}
