using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Sip;
using Gateway.Worker.Tests.Calls.Bench;
using Sandbox.Users;
using Testing;
using CallState = Sandbox.Calls.CallState;

namespace Gateway.Worker.Tests.Calls;

/// <summary>A node that is asked to stop.</summary>
[Collection(StoresCollection.Name)]
public sealed class DrainTests(Stores stores)
{
    [Fact]
    public async Task A_stopping_node_refuses_new_calls_on_both_sides_and_lets_live_ones_finish()
    {
        await using var bench = await StartAsync(deadline: TimeSpan.FromMinutes(2));
        Assert.Equal(200, (await bench.Gateway.GetAsync("/readyz")).Status);
        var inbound = await bench.WhatsApp.PlaceAsync(bench.WhatsApp.User(handset: "native"));
        var first = await bench.Pbx.NextAsync();
        await first.AnswerAsync();
        await bench.LiveAsync(inbound);
        var user = bench.WhatsApp.User(AutoMode.Answer);
        var second = bench.Pbx.Dial(user.Phone);
        await second.AnsweredAsync();
        var outbound = await bench.WhatsApp.CallToAsync(user, CallState.Active);

        var stop = bench.Gateway.StopAsync();
        await Eventually.SeeAsync(() => bench.Gateway.GetAsync("/readyz"), ready => ready.Status == 503, "the node is not ready");
        Assert.Equal(200, (await bench.Gateway.GetAsync("/healthz")).Status);
        var refused = await bench.WhatsApp.PlaceAsync();
        await WhatsAppSide.UntilAsync(refused, CallState.Ended);
        Assert.Equal(["reject 200"], WhatsAppSide.Actions(refused));
        var response = await SipProbe.InviteAsync(bench.Gateway.SipPort, user.Phone);
        Assert.StartsWith("SIP/2.0 503", response, StringComparison.Ordinal);
        Assert.Contains("Retry-After: ", response, StringComparison.Ordinal);

        first.Phone.Forget();
        await first.HearsAsync(WhatsAppSide.Hertz);
        await WhatsAppSide.HearsAsync(inbound, Pbx.Hertz);
        Assert.False(stop.IsCompleted);
        await bench.WhatsApp.HangUpAsync(inbound); // its webhook must still come through
        await first.EndedAsync();
        await second.HangUpAsync();
        await stop;
        Assert.Equal("whatsapp_hung_up", Assert.Single(await bench.Gateway.RowsAsync(inbound.User.Phone)).Cause);
        Assert.Equal("pbx_hung_up", Assert.Single(await bench.Gateway.RowsAsync(user.Phone)).Cause);
        Assert.Equal("draining", Assert.Single(await bench.Gateway.RowsAsync(refused.User.Phone)).Cause);
        Assert.Equal(CallState.Ended, outbound.State);
    }

    [Fact]
    public async Task Calls_that_outlast_the_deadline_are_ended_on_both_legs()
    {
        await using var bench = await StartAsync(deadline: TimeSpan.FromMilliseconds(300));
        var live = await bench.WhatsApp.PlaceAsync();
        var first = await bench.Pbx.NextAsync();
        await first.AnswerAsync();
        await bench.LiveAsync(live);
        var ringing = await bench.WhatsApp.PlaceAsync();
        var second = await bench.Pbx.NextAsync();
        var user = bench.WhatsApp.User();
        var third = bench.Pbx.Dial(user.Phone);
        var outbound = await bench.WhatsApp.CallToAsync(user);

        await bench.Gateway.StopAsync();
        foreach (var call in new[] { live, ringing, outbound })
        {
            Assert.Equal(CallState.Ended, call.State);
            Assert.Equal("terminate 200", WhatsAppSide.Actions(call)[^1]);
            Assert.Equal("draining", Assert.Single(await bench.Gateway.RowsAsync(call.User.Phone)).Cause);
        }
        await first.EndedAsync();
        await second.EndedAsync();
        Assert.Equal(503, (await third.FailedAsync()).Status);
    }

    private Task<CallBench> StartAsync(TimeSpan deadline) =>
        CallBench.StartAsync(stores, options => options with { Node = options.Node with { DrainDeadline = deadline } });
}
