using Gateway.Calls.Lifecycle;
using Gateway.Worker.Tests.Calls.Bench;
using Sandbox.Users;
using Testing;
using CallState = Sandbox.Calls.CallState;

namespace Gateway.Worker.Tests.Calls;

/// <summary>Two gateways on one Redis, each given every webhook.</summary>
[Collection(StoresCollection.Name)]
public sealed class ClusterTests(Stores stores)
{
    [Fact]
    public async Task A_webhook_that_reaches_both_nodes_makes_one_call()
    {
        await using var bench = await CallBench.StartAsync(stores, gateways: 2);
        for (var i = 0; i < 5; i++)
        {
            var settled = await SettledAsync(bench);
            var call = await bench.WhatsApp.PlaceAsync();
            await Eventually.SeeAsync(() => SettledAsync(bench), seen => seen >= settled + 2, "both nodes have handled the connect");
            var agent = await bench.Pbx.NextAsync();
            await agent.AnswerAsync();
            await bench.LiveAsync(call);
            await bench.WhatsApp.HangUpAsync(call);
            await agent.EndedAsync();
            Assert.Equal(["pre_accept 200", "accept 200"], WhatsAppSide.Actions(call));
            Assert.Equal("whatsapp_hung_up", await CauseAsync(bench, call.User));
        }
    }

    [Fact]
    public async Task Webhooks_of_an_outbound_call_do_not_disturb_it_at_the_other_node()
    {
        await using var bench = await CallBench.StartAsync(stores, gateways: 2);
        foreach (var trunk in new[] { "0", "1" })
        {
            var user = bench.WhatsApp.User(AutoMode.Answer);
            var agent = bench.Pbx.Dial(user.Phone, trunk);
            await agent.AnsweredAsync();
            var call = await bench.WhatsApp.CallToAsync(user, CallState.Active);
            await bench.LiveAsync(call);
            await bench.WhatsApp.HangUpAsync(call);
            await agent.EndedAsync();
            Assert.Equal("whatsapp_hung_up", await CauseAsync(bench, user));
        }
    }

    /// <summary>The number of handled connects. Both nodes run in this process and share its meters.</summary>
    private static async Task<double> SettledAsync(CallBench bench) =>
        await bench.Gateway.MetricAsync("gateway_calls_webhook_events_total", "outcome=\"started\"")
        + await bench.Gateway.MetricAsync("gateway_calls_webhook_events_total", "outcome=\"duplicate\"");

    private static async Task<string?> CauseAsync(CallBench bench, SandboxUser user)
    {
        var rows = await Eventually.SeeAsync(
            async () => (IReadOnlyList<CallRow>)[.. (await Task.WhenAll(bench.Gateways.Select(node => node.RowsAsync(user.Phone))))
                .SelectMany(found => found)],
            found => found is [{ HasEnded: true }, ..], "a completed record", found => string.Join(", ", found));
        foreach (var node in bench.Gateways)
        {
            await node.IsIdleAsync();
            Assert.Empty(await node.LiveAsync());
        }
        Assert.False(bench.Pbx.HasUnexpectedCall);
        return Assert.Single(rows).Cause;
    }
}
