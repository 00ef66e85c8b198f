using Gateway.Calls;
using Gateway.Worker.Tests.Calls.Bench;
using Testing;

namespace Gateway.Worker.Tests.Calls;

/// <summary>Users with every name that WhatsApp allows, and with hardly any.</summary>
[Collection(StoresCollection.Name)]
public sealed class OddUserTests(Stores stores)
{
    [Theory]
    [InlineData("Evil\"\r\nX-Injected: 1\r\n\r\nv=0")]
    [InlineData("名前 \u202e 🎷 <sip:evil@example.com>;tag=1")]
    [InlineData("\0\u0001\uFFFE\\\"")]
    public async Task A_name_that_is_an_attack_stays_a_name(string name)
    {
        await using var bench = await CallBench.StartAsync(stores);
        var user = bench.WhatsApp.User();
        (user.Name, user.UserName) = (name, name);
        var call = await bench.WhatsApp.PlaceAsync(user);
        var agent = await bench.Pbx.NextAsync();
        Assert.Null(agent.Header("X-Injected"));
        Assert.Equal("+" + user.Phone, agent.Sip.Info.From.User);
        Assert.NotNull(agent.Sip.Info.Offer);
        await agent.RejectAsync(486);
        await bench.EndsAsync(call, HangupCause.Busy);
    }

    [Fact]
    public async Task A_user_of_whom_WhatsApp_tells_nothing_can_call()
    {
        await using var bench = await CallBench.StartAsync(stores);
        bench.Relay.Bend = (_, value) =>
        {
            value.AsObject().Remove("contacts");
            foreach (var field in new[] { "from", "from_user_id", "from_parent_user_id" })
                value["calls"]![0]!.AsObject().Remove(field);
        };
        var call = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync();
        await agent.AnswerAsync();
        await bench.LiveAsync(call);
        await agent.HangUpAsync();
        await WhatsAppSide.UntilAsync(call, Sandbox.Calls.CallState.Ended);
        var row = await Eventually.SeeAsync(() => bench.Gateway.RowOfAsync(call.Id), found => found is { HasEnded: true }, "a record");
        Assert.Equal("pbx_hung_up", row!.Cause);
    }
}
