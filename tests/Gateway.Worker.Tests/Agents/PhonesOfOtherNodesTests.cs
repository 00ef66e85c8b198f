using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Sip.Endpoint;
using Gateway.Worker.Agents;
using Gateway.Worker.Tests.Calls.Bench;
using Testing;
using CallState = Sandbox.Calls.CallState;

namespace Gateway.Worker.Tests.Agents;

/// <summary>Calls of one node for an agent whose phone is registered at another.</summary>
[Collection(StoresCollection.Name)]
public sealed class PhonesOfOtherNodesTests(Stores stores)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_phone_rings_both_hear_each_other_and_each_side_can_hang_up(bool byUser)
    {
        await using var nodes = await TwoNodes.StartAsync(stores);
        await using var phone = await nodes.PhoneAsync(1);
        await nodes.KnownAsync(0, phones: 1);
        await nodes.SignInAsync();
        var call = await nodes.Bench.WhatsApp.PlaceAsync(nodes.Bench.WhatsApp.User(handset: "native"));
        var agent = await phone.NextAsync();
        await agent.RingAsync();
        await agent.AnswerAsync();
        await WhatsAppSide.UntilAsync(call, CallState.Active);
        await agent.HearsAsync(WhatsAppSide.Hertz);
        await WhatsAppSide.HearsAsync(call, Pbx.Hertz);
        Assert.Equal([1, 0], nodes.Bench.Gateways.Select(node => node.Service<SipEndpoint>().ActiveCalls)); // the edge keeps nothing
        Assert.Equal(AgentState.Busy, (await nodes.AgentAsync())?.State);
        if (byUser)
            await nodes.Bench.WhatsApp.HangUpAsync(call);
        else
            await agent.HangUpAsync();
        await agent.EndedAsync();
        await nodes.Bench.EndsAsync(call, byUser ? HangupCause.WhatsAppHungUp : HangupCause.PbxHungUp);
    }

    [Fact]
    public async Task The_phone_stops_ringing_when_the_user_gives_up()
    {
        await using var nodes = await TwoNodes.StartAsync(stores);
        await using var phone = await nodes.PhoneAsync(1);
        await nodes.KnownAsync(0, phones: 1);
        await nodes.SignInAsync();
        var call = await nodes.Bench.WhatsApp.PlaceAsync();
        var agent = await phone.NextAsync();
        await agent.RingAsync();
        await nodes.Bench.WhatsApp.HangUpAsync(call);
        await agent.EndedAsync();
        await nodes.Bench.EndsAsync(call, HangupCause.CallerGaveUp);
    }

    [Fact]
    public async Task Phones_at_both_nodes_ring_and_the_first_has_the_call()
    {
        await using var nodes = await TwoNodes.StartAsync(stores);
        await using var near = await nodes.PhoneAsync(0);
        await using var far = await nodes.PhoneAsync(1);
        await nodes.KnownAsync(1, phones: 2);
        Assert.Equal(
            [null, nodes.Bench.Gateways[1].Id], (await nodes.KnownAsync(0, phones: 2)).Select(contact => contact.Node));
        await nodes.SignInAsync();
        var call = await nodes.Bench.WhatsApp.PlaceAsync();
        var (first, second) = (await near.NextAsync(), await far.NextAsync());
        await second.AnswerAsync();
        await nodes.Bench.LiveAsync(call);
        Assert.Equal("Call completed elsewhere", (await first.EndedAsync()).Reason?.Text);
        await second.HangUpAsync();
        await nodes.Bench.EndsAsync(call, HangupCause.PbxHungUp);
    }

    [Fact]
    public async Task What_registers_while_Redis_is_away_is_known_when_it_is_back_empty()
    {
        using var own = Stores.StartPrivate();
        await using var nodes = await TwoNodes.StartAsync(own);
        await using var before = await nodes.PhoneAsync(1);
        await nodes.KnownAsync(0, phones: 1);
        own.Kill(StoreServer.Redis);
        await using var since = await nodes.PhoneAsync(1); // registering does not wait for Redis
        await nodes.KnownAsync(1, phones: 2);
        await nodes.KnownAsync(0, phones: 1); // as last known
        own.Revive(StoreServer.Redis);
        await nodes.KnownAsync(0, phones: 2);
    }

    [Fact]
    public async Task A_node_that_dies_takes_its_phones_along_when_its_lease_runs_out()
    {
        await using var nodes = await TwoNodes.StartAsync(stores);
        await using (await nodes.PhoneAsync(1))
            await nodes.PublishAsync("dead", 1);
        await nodes.KnownAsync(0, phones: 1); // that of the node that renews nothing
        await nodes.SignInAsync();
        await nodes.KnownAsync(0, phones: 0);
        await UnreachableAsync(nodes);
    }

    [Fact]
    public async Task A_phone_that_unregisters_and_a_node_that_stops_are_known_at_once()
    {
        await using var nodes = await TwoNodes.StartAsync(stores);
        await using var stays = await nodes.PhoneAsync(1);
        await using (await nodes.PhoneAsync(1))
            await nodes.KnownAsync(0, phones: 2);
        await nodes.KnownAsync(0, phones: 1);
        await nodes.SignInAsync();
        await nodes.Bench.Gateways[1].StopAsync();
        await nodes.KnownAsync(0, phones: 0);
        await UnreachableAsync(nodes);
    }

    private static Task UnreachableAsync(TwoNodes nodes) => Eventually.SeeAsync(
        nodes.AgentAsync, status => status is { State: AgentState.Away, Reason: ExtensionWatches.Unreachable }, "the agent is not rung");
}
