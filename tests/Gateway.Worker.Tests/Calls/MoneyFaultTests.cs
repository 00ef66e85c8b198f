using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Worker.Configuration;
using Gateway.Worker.Spool;
using Gateway.Worker.Tests.Calls.Bench;
using Npgsql;
using Testing;
using CallState = Sandbox.Calls.CallState;

namespace Gateway.Worker.Tests.Calls;

/// <summary>PostgreSQL dies or freezes while calls cost money: they go on, and their cost is charged once when it returns.</summary>
public sealed class MoneyFaultTests : IDisposable
{
    private readonly Stores _stores = Stores.StartPrivate();

    public void Dispose() => _stores.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_live_call_outlives_PostgreSQL_and_is_charged_once(bool dead)
    {
        await using var purse = await Purse.OpenAsync(_stores.Postgres, 10);
        await using var bench = await CallBench.StartAsync(_stores, Short);
        var call = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync();
        await agent.AnswerAsync();
        await bench.LiveAsync(call);
        var before = await bench.Gateway.MetricAsync("gateway_holds_extensions_total", "outcome=\"unavailable\"");
        Fail(dead);
        await Eventually.SeeAsync(
            () => bench.Gateway.MetricAsync("gateway_holds_extensions_total", "outcome=\"unavailable\""), seen => seen > before,
            "the hold could not be extended");
        Assert.Equal(CallState.Active, call.State);
        await agent.HangUpAsync();
        await WhatsAppSide.UntilAsync(call, CallState.Ended);
        await bench.Gateway.IsIdleAsync();
        // the record, and the pick-up where PostgreSQL died before it was written
        Assert.InRange(bench.Gateway.Service<RecordSpool>().Count, 1, 2);

        Return(dead);
        await bench.EndsAsync(call, HangupCause.PbxHungUp);
        var talk = Assert.Single(await purse.TalkAsync());
        var (balance, held, charges) = await purse.LookAsync();
        Assert.Equal((10 - charges.Sum(), 0m, 0.01m * (int)Math.Ceiling(talk.TotalSeconds)), (balance, held, Assert.Single(charges)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task New_calls_begin_without_PostgreSQL_as_far_as_the_cap_goes_and_are_charged_once(bool dead)
    {
        await using var purse = await Purse.OpenAsync(_stores.Postgres, 10);
        await using var bench = await CallBench.StartAsync(
            _stores, options => Short(options) with
            {
                Calls = Short(options).Calls with { WhenStoreIsUnavailable = OutagePolicy.Admit, OutageCap = 0.05m },
            });
        Fail(dead);
        var first = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync(); // 0.02 of the cap are held
        var second = await bench.WhatsApp.PlaceAsync();
        var other = await bench.Pbx.NextAsync(); // and 0.02 more
        var third = await bench.WhatsApp.PlaceAsync();
        await bench.Pbx.NextAsync(); // 0.01 is left
        var fourth = await bench.WhatsApp.PlaceAsync();
        await WhatsAppSide.UntilAsync(fourth, CallState.Ended);
        await bench.WhatsApp.HangUpAsync(third);
        await agent.AnswerAsync();
        await other.AnswerAsync();
        await agent.EndedAsync();
        await other.EndedAsync();
        await Eventually.SeeAsync(
            () => Directory.GetFiles(bench.Gateway.Options.SpoolFolder(), "*.record").Length == 4, "four records wait");
        Assert.Equal(200, (await bench.Gateway.GetAsync("/readyz")).Status); // calls are accepted

        Return(dead);
        await bench.EndsAsync(first, HangupCause.BalanceExhausted);
        await bench.EndsAsync(second, HangupCause.BalanceExhausted);
        await bench.EndsAsync(third, HangupCause.CallerGaveUp);
        await bench.EndsAsync(fourth, HangupCause.BalanceTooLow);
        // They are cut off after the two seconds that were paid: later on a busy machine, at no higher charge.
        Assert.All(await purse.TalkAsync(), talk => Assert.InRange(talk, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4)));
        var (balance, held, charges) = await purse.LookAsync();
        Assert.Equal((9.96m, 0m, 2), (balance, held, charges.Count));

        await purse.AdjustAsync(1);
        var last = await bench.WhatsApp.PlaceAsync();
        var next = await bench.Pbx.NextAsync();
        Assert.Equal(0.02m, (await purse.LookAsync()).Held); // PostgreSQL's again
        await next.RejectAsync(486);
        await bench.EndsAsync(last, HangupCause.Busy);
    }

    [Fact]
    public async Task A_call_that_began_without_PostgreSQL_gets_its_hold_there_when_it_returns()
    {
        await using var purse = await Purse.OpenAsync(_stores.Postgres, 10);
        await using var bench = await CallBench.StartAsync(
            _stores, options => Short(options) with { Calls = Short(options).Calls with { WhenStoreIsUnavailable = OutagePolicy.Admit } });
        Fail(dead: true);
        var call = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync();
        Return(dead: true);
        await agent.AnswerAsync();
        await Eventually.SeeAsync(purse.LookAsync, seen => seen.Held > 0.03m, "a hold of the running call");
        await bench.WhatsApp.HangUpAsync(call);
        await bench.EndsAsync(call, HangupCause.WhatsAppHungUp);
        var (balance, held, charges) = await purse.LookAsync();
        Assert.Equal((10 - charges.Sum(), 0m, 1), (balance, held, charges.Count));
    }

    [Fact]
    public async Task A_live_call_that_a_promoted_standby_never_had_holds_its_money_again()
    {
        await using var purse = await Purse.OpenAsync(_stores.Postgres, 10);
        await using var bench = await CallBench.StartAsync(_stores, Short);
        var call = await bench.WhatsApp.PlaceAsync();
        await (await bench.Pbx.NextAsync()).AnswerAsync();
        await bench.LiveAsync(call);
        await using (var database = NpgsqlDataSource.Create(_stores.Postgres))
        await using (var forget = database.CreateCommand("DELETE FROM holds; DELETE FROM calls; UPDATE accounts SET held = 0"))
            await forget.ExecuteNonQueryAsync();

        await Eventually.SeeAsync(purse.LookAsync, seen => seen.Held > 0.02m, "the hold grows again");
        await bench.WhatsApp.HangUpAsync(call);
        await bench.EndsAsync(call, HangupCause.WhatsAppHungUp);
        var (balance, held, charges) = await purse.LookAsync();
        Assert.Equal((10 - charges.Sum(), 0m, 1), (balance, held, charges.Count));
    }

    private static GatewayOptions Short(GatewayOptions options) => options with
    {
        Calls = options.Calls
            with { HoldSlice = TimeSpan.FromSeconds(2), HoldRetry = TimeSpan.FromMilliseconds(200), Preparation = TimeSpan.FromSeconds(2) },
    };

    private void Fail(bool dead)
    {
        if (dead)
            _stores.Kill(StoreServer.Postgres);
        else
            _stores.Freeze(StoreServer.Postgres);
    }

    private void Return(bool dead)
    {
        if (dead)
            _stores.Revive(StoreServer.Postgres);
        else
            _stores.Thaw(StoreServer.Postgres);
    }
}
