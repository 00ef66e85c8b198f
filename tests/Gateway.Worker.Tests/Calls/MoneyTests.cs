using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Rules;
using Gateway.Sip;
using Gateway.Sip.Messages;
using Gateway.Worker.Tests.Calls.Bench;
using Sandbox.Users;
using Testing;
using CallState = Sandbox.Calls.CallState;

namespace Gateway.Worker.Tests.Calls;

/// <summary>The limits of the account's balance: no call without money, and none longer than it pays for.</summary>
[Collection(StoresCollection.Name)]
public sealed class MoneyTests(Stores stores)
{
    [Fact]
    public async Task A_balance_of_9_98_is_too_low_and_10_00_is_enough_in_both_directions()
    {
        await using var bench = await CallBench.StartAsync(stores);
        await using var purse = await Purse.OpenAsync(stores.Postgres, 9.98m);
        var refused = await bench.WhatsApp.PlaceAsync();
        await bench.EndsAsync(refused, HangupCause.BalanceTooLow);
        Assert.Equal(["reject 200"], WhatsAppSide.Actions(refused));
        var user = bench.WhatsApp.User(AutoMode.Answer);
        var failed = await bench.Pbx.Dial(user.Phone).FailedAsync();
        Assert.Equal((402, "The account's balance is too low"), (failed.Status, failed.ReasonPhrase));
        await bench.EndsAsync(user, HangupCause.BalanceTooLow);
        Assert.Equal((9.98m, 0m), await MoneyAsync(purse));

        await purse.AdjustAsync(0.02m);
        var inbound = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync();
        await agent.AnswerAsync();
        await bench.LiveAsync(inbound);
        await agent.HangUpAsync();
        await bench.EndsAsync(inbound, HangupCause.PbxHungUp);
        await purse.AdjustAsync(1);
        var other = bench.WhatsApp.User(AutoMode.Answer);
        var dialled = bench.Pbx.Dial(other.Phone);
        await dialled.AnsweredAsync();
        var outbound = await bench.WhatsApp.CallToAsync(other, CallState.Active);
        await dialled.HangUpAsync();
        await bench.EndsAsync(outbound, HangupCause.PbxHungUp);
        var (balance, held, charges) = await purse.LookAsync();
        Assert.Equal((2, 0m, 11.00m - charges.Sum()), (charges.Count, held, balance));
    }

    [Fact]
    public async Task Without_a_rate_there_is_no_call()
    {
        await using var bench = await CallBench.StartAsync(stores);
        await using var purse = await Purse.OpenAsync(stores.Postgres, 100, perSecond: null);
        await bench.EndsAsync(await bench.WhatsApp.PlaceAsync(), HangupCause.NoRate);
        Assert.Equal((100m, 0m), await MoneyAsync(purse));
    }

    [Fact]
    public async Task A_call_that_nobody_answers_costs_nothing_and_gives_its_hold_back()
    {
        await using var bench = await CallBench.StartAsync(stores);
        await using var purse = await Purse.OpenAsync(stores.Postgres, 10);
        var call = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync();
        Assert.Equal(0.60m, (await purse.LookAsync()).Held);
        await agent.RejectAsync(486);
        await bench.EndsAsync(call, HangupCause.Busy);
        await Eventually.SeeAsync(() => MoneyAsync(purse), money => money == (10m, 0m), "the money is free again");
    }

    [Fact]
    public async Task The_agent_hears_the_end_of_the_money_coming_and_the_call_ends_with_its_last_pulse()
    {
        await using var bench = await CallBench.StartAsync(stores, HoldsTwoSeconds);
        await using var purse = await Purse.OpenAsync(stores.Postgres, 10, perSecond: 2);
        var user = bench.WhatsApp.User(handset: "native");
        var call = await bench.WhatsApp.PlaceAsync(user);
        var agent = await bench.Pbx.NextAsync();
        await agent.AnswerAsync();
        await agent.HearsAsync(1400);
        await WhatsAppSide.HearsAsync(call, Pbx.Hertz); // and the user hears none of it

        var ended = await agent.EndedAsync();
        Assert.Equal(new SipReason("Q.850", CauseTable.Q850(HangupCause.BalanceExhausted), "BalanceExhausted"), ended.Reason);
        await bench.EndsAsync(call, HangupCause.BalanceExhausted);
        Assert.Equal("terminate 200", WhatsAppSide.Actions(call)[^1]);
        var (balance, held, charges) = await purse.LookAsync();
        Assert.Equal((0m, 0m, 10m), (balance, held, Assert.Single(charges)));
        Assert.Equal([TimeSpan.FromSeconds(5)], await purse.TalkAsync());
    }

    [Fact]
    public async Task Two_nodes_cannot_spend_the_same_money()
    {
        await using var bench = await CallBench.StartAsync(stores, HoldsTwoSeconds, gateways: 2);
        await using var purse = await Purse.OpenAsync(stores.Postgres, 10, perSecond: 3);
        var users = new[] { bench.WhatsApp.User(AutoMode.Answer), bench.WhatsApp.User(AutoMode.Answer) };
        var agents = users.Select((user, node) => bench.Pbx.Dial(user.Phone, $"{node}")).ToArray();
        await Task.WhenAll(agents.Select(agent => agent.AnsweredAsync()));
        await Task.WhenAll(agents.Select(agent => agent.EndedAsync()));

        // Whole pulses of 3.00: three of them are all that 10.00 pays for, however the two share them.
        var (balance, held, charges) = await Eventually.SeeAsync(
            purse.LookAsync, seen => seen is { Charges.Count: 2, Held: 0 }, "both calls were charged");
        Assert.Equal((1m, 0m, 9m), (balance, held, charges.Sum()));
    }

    private static Configuration.GatewayOptions HoldsTwoSeconds(Configuration.GatewayOptions options) =>
        options with { Calls = options.Calls with { HoldSlice = TimeSpan.FromSeconds(2) } };

    private static async Task<(decimal Balance, decimal Held)> MoneyAsync(Purse purse)
    {
        var (balance, held, _) = await purse.LookAsync();
        return (balance, held);
    }
}
