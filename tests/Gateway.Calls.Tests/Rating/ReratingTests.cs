using Gateway.Calls.Lifecycle;
using Gateway.Calls.Rating;

namespace Gateway.Calls.Tests.Rating;

public class ReratingTests
{
    private static readonly DateTimeOffset Month = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly RateTable Card = new([new CardRate(
        new Rate(7, "new", CallDirection.Outbound, "1", "USD", 0.10m, 0, TimeSpan.FromSeconds(60), TimeSpan.Zero, [new(3, 0.05m)]),
        Month.AddYears(-1), null, 1)]);

    [Fact]
    public void Each_call_meets_the_volume_that_those_before_it_have_made()
    {
        var rerating = new Rerating(Card, "USD", _ => true);
        var amounts = Enumerable.Range(0, 5).Select(i => rerating.Handle(Call(i))!.Price!.Amount);
        Assert.Equal([0.10m, 0.10m, 0.10m, 0.05m, 0.05m], amounts);
        Assert.Equal(TimeSpan.FromMinutes(5), rerating.Volume!.Value.Volume);
    }

    [Fact]
    public void Calls_that_are_not_asked_for_count_as_they_were_charged()
    {
        var rerating = new Rerating(Card, "USD", call => call.Channel.Value == "200");
        Assert.Null(rerating.Handle(Call(0) with { BilledTime = TimeSpan.FromMinutes(3) }));
        Assert.Equal(0.05m, rerating.Handle(Call(1) with { Channel = new ChannelId("200") })!.Price!.Amount);
    }

    [Fact]
    public void Each_month_account_and_direction_begins_at_nothing()
    {
        var rerating = new Rerating(Card, "USD", _ => true);
        rerating.Handle(Call(0) with { TalkTime = TimeSpan.FromMinutes(9) });
        Assert.Equal(0.10m, rerating.Handle(Call(0) with { StartedAt = Month.AddMonths(1) })!.Price!.Amount);
        rerating.Handle(Call(0) with { TalkTime = TimeSpan.FromMinutes(9) });
        Assert.Equal(0.10m, rerating.Handle(Call(0) with { Account = "other" })!.Price!.Amount);
    }

    [Fact]
    public void It_goes_on_where_an_earlier_one_stopped()
    {
        var first = new Rerating(Card, "USD", _ => true);
        for (var i = 0; i < 3; i++)
            first.Handle(Call(i));
        Assert.Equal(0.05m, new Rerating(Card, "USD", _ => true, first.Volume).Handle(Call(3))!.Price!.Amount);
    }

    [Fact]
    public void A_call_without_a_rate_or_in_another_currency_keeps_its_charge()
    {
        var rerating = new Rerating(Card, "USD", _ => true);
        Assert.Equal((null, 0m), (rerating.Handle(
            Call(0) with { User = new WhatsAppUser("49151") })!.Price, rerating.Handle(Call(1) with { Currency = "EUR" })!.Refund));
        Assert.Equal(0.90m, rerating.Handle(Call(2))!.Refund);
        Assert.Equal(TimeSpan.FromMinutes(3), rerating.Volume!.Value.Volume);
    }

    private static ChargedCall Call(int minute) => new(
        new CallId(minute.ToString("x32")), Month.AddMinutes(minute), "acme", CallDirection.Outbound, new ChannelId("100"),
        new WhatsAppUser("12125550100"),
        "USD", TimeSpan.FromSeconds(50), TimeSpan.FromMinutes(1), 1.00m);
}
