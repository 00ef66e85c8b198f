using System.Diagnostics;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Worker.Tests.Calls.Bench;
using Sandbox.Users;
using Testing;
using CallState = Sandbox.Calls.CallState;

namespace Gateway.Worker.Tests.Calls;

/// <summary>Redis dies or stops answering while calls run: the calls go on, and what it forgets is known to the node.</summary>
public sealed class StoreFaultTests : IDisposable
{
    private readonly Stores _stores = Stores.StartPrivate();

    public void Dispose() => _stores.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Without_Redis_calls_go_on_and_new_ones_work(bool dead)
    {
        await using var bench = await CallBench.StartAsync(_stores);
        var live = await bench.WhatsApp.PlaceAsync(bench.WhatsApp.User(handset: "native"));
        var first = await bench.Pbx.NextAsync();
        await first.AnswerAsync();
        await bench.LiveAsync(live);
        var failures = await bench.Gateway.MetricAsync("gateway_registry_failures_total");
        if (dead)
            _stores.Kill(StoreServer.Redis);
        else
            _stores.Freeze(StoreServer.Redis);

        var inbound = await bench.WhatsApp.PlaceAsync();
        var second = await bench.Pbx.NextAsync();
        await second.AnswerAsync();
        await WhatsAppSide.UntilAsync(inbound, CallState.Active);
        var user = bench.WhatsApp.User(AutoMode.Answer);
        var third = bench.Pbx.Dial(user.Phone);
        await third.AnsweredAsync();
        var outbound = await bench.WhatsApp.CallToAsync(user, CallState.Active);
        Assert.True(await bench.Gateway.MetricAsync("gateway_registry_failures_total") > failures);
        var (status, body) = await bench.Gateway.GetAsync("/readyz");
        Assert.Equal(200, status); // a node that accepts calls must get its webhooks
        Assert.DoesNotContain("\"redis\":\"ok\"", body, StringComparison.Ordinal);

        await first.HearsAsync(WhatsAppSide.Hertz);
        await WhatsAppSide.HearsAsync(live, Pbx.Hertz);
        await bench.WhatsApp.HangUpAsync(live);
        await first.EndedAsync();
        await second.HangUpAsync();
        await WhatsAppSide.UntilAsync(inbound, CallState.Ended);
        await bench.WhatsApp.HangUpAsync(outbound);
        await third.EndedAsync();
        await bench.Gateway.IsIdleAsync();

        // A call that this node knows to be over does not ring again, now or after Redis has come back empty.
        var tombstoned = await TombstonedAsync(bench);
        await bench.Relay.RepeatAsync("connect", inbound.Id);
        await Eventually.SeeAsync(() => TombstonedAsync(bench), seen => seen > tombstoned, "the late connect was counted as late");
        if (dead)
            _stores.Revive(StoreServer.Redis);
        else
            _stores.Thaw(StoreServer.Redis);
        await Eventually.SeeAsync(
            async () => (await bench.Gateway.GetAsync("/readyz")).Body,
            ready => ready.Contains("\"redis\":\"ok\"", StringComparison.Ordinal), "Redis is back");
        await bench.Relay.RepeatAsync("connect", live.Id);
        await Eventually.SeeAsync(() => TombstonedAsync(bench), seen => seen > tombstoned + 1, "the late connect was counted as late");

        var last = await bench.WhatsApp.PlaceAsync();
        var fourth = await bench.Pbx.NextAsync();
        await fourth.AnswerAsync();
        await bench.LiveAsync(last);
        await fourth.HangUpAsync();
        await bench.EndsAsync(last, HangupCause.PbxHungUp);
        Assert.Equal("whatsapp_hung_up", Assert.Single(await bench.Gateway.RowsAsync(live.User.Phone)).Cause);
        Assert.Equal("pbx_hung_up", Assert.Single(await bench.Gateway.RowsAsync(inbound.User.Phone)).Cause);
        Assert.Equal("whatsapp_hung_up", Assert.Single(await bench.Gateway.RowsAsync(user.Phone)).Cause);
    }

    [Fact]
    public async Task A_Redis_that_comes_back_empty_shows_the_live_calls_at_once()
    {
        await using var bench = await CallBench.StartAsync(_stores);
        var call = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync();
        await agent.AnswerAsync();
        await bench.LiveAsync(call); // shown just now: the next showing by itself is ten seconds away
        _stores.Kill(StoreServer.Redis);
        _stores.Revive(StoreServer.Redis);
        var back = await Eventually.SeeAsync(ListAsync, live => live is not null, "Redis answers");
        var began = Stopwatch.StartNew();
        if (back is [])
            await Eventually.SeeAsync(ListAsync, live => live is [{ State: Gateway.Calls.Lifecycle.CallState.Live }], "the call is shown");
        Assert.True(began.Elapsed < TimeSpan.FromSeconds(2), $"shown after {began.Elapsed}");
        await agent.HangUpAsync();
        await bench.EndsAsync(call, HangupCause.PbxHungUp);

        async Task<IReadOnlyList<LiveCall>?> ListAsync()
        {
            try
            {
                return await bench.Gateway.LiveAsync();
            }
            catch (Exception e) when (e is StackExchange.Redis.RedisException or TimeoutException)
            {
                return null;
            }
        }
    }

    private static Task<double> TombstonedAsync(CallBench bench) =>
        bench.Gateway.MetricAsync("gateway_calls_webhook_events_total", "outcome=\"tombstoned\"");
}
