using Gateway.Calls;
using Gateway.Calls.Admission;
using Gateway.Calls.Balances;
using Npgsql;
using Testing;

namespace Gateway.Storage.Tests;

[Collection(StoresCollection.Name)]
public sealed class AdmissionStoreTests(Stores stores) : IAsyncLifetime
{
    private readonly NpgsqlDataSource _database = NpgsqlDataSource.Create(stores.Postgres);

    public Task InitializeAsync() => Migrator.MigrateAsync(_database, CancellationToken.None);

    public Task DisposeAsync() => _database.DisposeAsync().AsTask();

    [Theory]
    [InlineData("9.98", false)]
    [InlineData("9.9999999999", false)]
    [InlineData("10", true)]
    public async Task The_minimum_balance_is_compared_to_the_last_digit(string balance, bool isAdmitted)
    {
        var billing = await BillingSetup.OpenAsync(_database, decimal.Parse(balance));
        await billing.AddRateAsync("", 0.10m);
        var request = billing.Request();
        var facts = await billing.AdmitAsync(request);
        Assert.Equal(decimal.Parse(balance), facts.Account!.Balance);
        Assert.Equal(isAdmitted ? 0.10m : null, facts.Held);
        Assert.Equal(isAdmitted, AdmissionRules.Decide(facts, request) is AdmissionVerdict.Admitted);
        Assert.Equal(isAdmitted ? 0.10m : 0m, (await billing.MoneyAsync()).Held);
    }

    [Fact]
    public async Task The_longest_prefix_in_force_at_the_start_rates_the_call()
    {
        var billing = await BillingSetup.OpenAsync(_database, 100);
        await billing.AddRateAsync("", 0.50m);
        await billing.AddRateAsync("49", 0.20m, until: BillingSetup.Start);
        await billing.AddRateAsync("49", 0.25m, from: BillingSetup.Start, until: BillingSetup.Start.AddSeconds(1));
        await billing.AddRateAsync("49", 0.30m, from: BillingSetup.Start.AddSeconds(1));
        await billing.AddRateAsync("49151", 0.01m, from: BillingSetup.Start.AddDays(1));
        await billing.AddRateAsync("4915123", 0.02m);
        Assert.Equal(0.25m, (await billing.AdmitAsync()).Rate!.PricePerMinute);
        Assert.Equal(
            0.20m, (await billing.AdmitAsync(billing.Request() with { At = BillingSetup.Start.AddTicks(-10) })).Rate!.PricePerMinute);
        Assert.Equal(0.02m, (await billing.AdmitAsync(billing.Request("491512345"))).Rate!.PricePerMinute);
        Assert.Equal(0.50m, (await billing.AdmitAsync(billing.Request("33123456"))).Rate!.PricePerMinute);
    }

    [Fact]
    public async Task Without_a_rate_there_is_no_call_and_without_an_account_no_money_is_asked()
    {
        var billing = await BillingSetup.OpenAsync(_database, 100);
        await billing.AddRateAsync("33", 0.50m);
        var request = billing.Request();
        var refused = Assert.IsType<AdmissionVerdict.Refused>(AdmissionRules.Decide(await billing.AdmitAsync(request), request));
        Assert.Equal(HangupCause.NoRate, refused.Cause);

        await billing.ExecuteAsync("UPDATE channels SET account = NULL WHERE id = @id", new { id = billing.Channel.Value });
        Assert.Equal(new AdmissionVerdict.Admitted(null), AdmissionRules.Decide(await billing.AdmitAsync(request), request));
    }

    [Fact]
    public async Task A_closed_account_pays_for_nothing()
    {
        var billing = await BillingSetup.OpenAsync(_database, 100);
        await billing.AddRateAsync("", 0.50m);
        await billing.ExecuteAsync("UPDATE accounts SET is_closed = true WHERE id = @Account", new { billing.Account });
        var facts = await billing.AdmitAsync();
        Assert.Equal((true, null), (facts.Account!.IsClosed, facts.Held));
        Assert.Equal(0m, (await billing.MoneyAsync()).Held);
    }

    [Fact]
    public async Task An_unknown_channel_is_no_channel()
    {
        var billing = await BillingSetup.OpenAsync(_database, 10);
        Assert.Null((await billing.AdmitAsync(billing.Request() with { Channel = new ChannelId("none") })).Channel);
    }

    [Fact]
    public async Task A_repeated_admission_finds_the_first_ones_hold_even_at_the_same_moment()
    {
        var billing = await BillingSetup.OpenAsync(_database, 10);
        await billing.AddRateAsync("", 10m);
        var request = billing.Request();
        var facts = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => billing.AdmitAsync(request)));
        Assert.All(facts, f => Assert.Equal(10m, f.Held));
        Assert.Equal((10m, 10m), await billing.MoneyAsync());
    }

    [Fact]
    public async Task Two_nodes_that_race_for_the_last_money_never_both_get_it()
    {
        var billing = await BillingSetup.OpenAsync(_database, 10);
        await billing.AddRateAsync("", 60m, minimum: 6);
        var facts = await Task.WhenAll(
            Enumerable.Range(0, 16).Select(i => billing.AdmitAsync(billing.Request(firstSeconds: 6) with { Node = "node-" + i })));
        Assert.Equal(1, facts.Count(f => f.Held == 6m));
        Assert.Equal(15, facts.Count(f => f.Held is null));
        Assert.Equal(6m, (await billing.MoneyAsync()).Held);
    }

    [Fact]
    public async Task Less_money_than_the_first_minutes_cost_is_held_in_whole_pulses()
    {
        var billing = await BillingSetup.OpenAsync(_database, 10.05m);
        await billing.AddRateAsync("", 20m, fee: 1, pulse: 6, minimum: 12);
        Assert.Equal(9m, (await billing.AdmitAsync()).Held); // fee and 4 pulses of 2.00
        Assert.Null((await billing.AdmitAsync()).Held);
    }

    [Fact]
    public async Task A_price_that_no_sixtieth_divides_holds_what_the_pulses_cost_to_the_last_digit()
    {
        var billing = await BillingSetup.OpenAsync(_database, 10);
        await billing.AddRateAsync("", 0.0100000001m, pulse: 7);
        var facts = await billing.AdmitAsync();
        Assert.Equal(Credit.CostOf(facts.Rate!, TimeSpan.FromMinutes(1)), facts.Held);
        Assert.Equal(TimeSpan.FromSeconds(63), Credit.PaidTime(facts.Rate!, facts.Held!.Value));
    }

    [Fact]
    public async Task A_hold_grows_until_the_money_ends_then_to_its_last_whole_pulse()
    {
        var billing = await BillingSetup.OpenAsync(_database, 10.05m);
        await billing.AddRateAsync("", 20m);
        var request = billing.Request(firstSeconds: 6);
        var funding = await billing.FundAsync(request);
        Assert.Equal(2m, funding.Held);
        Assert.Equal(
            new HoldResult(HoldOutcome.Extended, 8m), await billing.Admission.ExtendAsync(request.Call, 8m, CancellationToken.None));
        Assert.Equal(
            new HoldResult(HoldOutcome.Extended, 8m), await billing.Admission.ExtendAsync(request.Call, 4m, CancellationToken.None));
        Assert.Equal(
            new HoldResult(HoldOutcome.LastPulses, 10m), await billing.Admission.ExtendAsync(request.Call, 20m, CancellationToken.None));
        Assert.Equal((10.05m, 10m), await billing.MoneyAsync());
        await billing.AdjustAsync(10);
        Assert.Equal(
            new HoldResult(HoldOutcome.Extended, 20m), await billing.Admission.ExtendAsync(request.Call, 20m, CancellationToken.None));
    }

    [Fact]
    public async Task What_an_extension_may_take_agrees_with_the_paid_time()
    {
        var random = new Random(7);
        for (var i = 0; i < 40; i++)
        {
            var billing = await BillingSetup.OpenAsync(_database, random.Next(1, 2_000_000) * 0.0001m, minimum: 0);
            await billing.AddRateAsync("", random.Next(
                1, 1_000_000) * 0.0000110001m, fee: random.Next(2) * 0.03m, pulse: random.Next(1, 61), minimum: random.Next(30));
            var facts = await billing.AdmitAsync();
            var available = facts.Account!.Balance;
            if (facts.Held is not { } held)
            {
                Assert.Equal(TimeSpan.Zero, Credit.PaidTime(facts.Rate!, available));
                continue;
            }
            var wanted = Credit.CostOf(facts.Rate!, TimeSpan.FromDays(1000));
            var call = new CallId(
                await billing.QueryAsync<string>("SELECT call_id FROM holds WHERE account = @Account", new { billing.Account }));
            var result = await billing.Admission.ExtendAsync(call, wanted, CancellationToken.None);
            Assert.Equal(wanted <= available ? HoldOutcome.Extended : HoldOutcome.LastPulses, result.Outcome);
            Assert.InRange(result.Held, held, available);
            if (result.Outcome == HoldOutcome.LastPulses)
                Assert.Equal(Credit.PaidTime(facts.Rate!, available), Credit.PaidTime(facts.Rate!, result.Held));
        }
    }

    [Fact]
    public async Task A_released_hold_is_gone_once_and_cannot_be_extended()
    {
        var billing = await BillingSetup.OpenAsync(_database, 10);
        await billing.AddRateAsync("", 1m);
        var request = billing.Request();
        await billing.FundAsync(request);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => billing.Admission.ReleaseAsync(request.Call, CancellationToken.None)));
        Assert.Equal((10m, 0m), await billing.MoneyAsync());
        Assert.Equal(new HoldResult(HoldOutcome.Gone, 0), await billing.Admission.ExtendAsync(request.Call, 5m, CancellationToken.None));
    }
}
