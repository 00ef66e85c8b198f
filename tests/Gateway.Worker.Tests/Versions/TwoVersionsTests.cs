using Gateway.Calls;
using Gateway.Sip.Dialogs;
using Gateway.Storage.Nodes;
using Gateway.Worker.Tests.Calls.Bench;
using Sandbox.Calls;
using Sandbox.Users;
using StackExchange.Redis;
using CallState = Sandbox.Calls.CallState;

namespace Gateway.Worker.Tests.Versions;

/// <summary>Two adjacent versions side by side on one schema and one Redis, each towards the other.</summary>
[Trait("Category", "Nightly")]
public sealed class TwoVersionsTests(TwoVersionsBench bench) : IClassFixture<TwoVersionsBench>
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task What_one_hears_of_a_users_call_of_the_other_is_handed_over(int owner)
    {
        var (node, other) = (bench.Nodes[owner], bench.Nodes[1 - owner]);
        bench.SendTo("connect", node, others: other);
        var (call, agent) = await TalkAsync();
        await bench.WhatsApp.HangUpAsync(call);
        Assert.Equal(SipCallEnd.Remote, (await agent.EndedAsync()).By);
        await bench.RecordedAsync(call, node, HangupCause.WhatsAppHungUp);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task What_one_hears_of_a_call_to_a_user_of_the_other_is_handed_over(int owner)
    {
        var (node, other) = (bench.Nodes[owner], bench.Nodes[1 - owner]);
        bench.Relay.Pick = _ => [other.WebhookUrl];
        var user = bench.WhatsApp.User(AutoMode.Answer);
        var agent = bench.Pbx.Dial(user.Phone, trunk: $"{owner}");
        await agent.AnsweredAsync();
        var call = await bench.WhatsApp.CallToAsync(user, CallState.Active);
        await bench.WhatsApp.HangUpAsync(call);
        Assert.Equal(SipCallEnd.Remote, (await agent.EndedAsync()).By);
        await bench.RecordedAsync(call, node, HangupCause.WhatsAppHungUp);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_new_call_that_reaches_one_that_stops_is_taken_by_the_other(int stopping)
    {
        var (node, other) = (bench.Nodes[stopping], bench.Nodes[1 - stopping]);
        bench.Relay.Pick = _ => [node.WebhookUrl];
        var (live, first) = await TalkAsync();
        node.Stop();
        await Eventually.SeeAsync(node.IsReadyAsync, ready => !ready, "it drains");
        await using (var redis = await ConnectionMultiplexer.ConnectAsync(bench.Redis))
            await Eventually.SeeAsync(new NodeLeases(redis).WithRoomAsync, room => !room.Contains(node.Id), "it has no room");
        var (call, agent) = await TalkAsync();

        await bench.WhatsApp.HangUpAsync(live);
        await first.EndedAsync();
        await node.ExitedAsync();
        bench.Relay.Pick = _ => [other.WebhookUrl];
        await bench.StartAgainAsync(node);
        await bench.WhatsApp.HangUpAsync(call);
        await agent.EndedAsync();
        await bench.RecordedAsync(live, node, HangupCause.WhatsAppHungUp);
        await bench.RecordedAsync(call, other, HangupCause.WhatsAppHungUp);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task What_one_leaves_that_is_killed_is_ended_by_the_other(int killed)
    {
        var (node, other) = (bench.Nodes[killed], bench.Nodes[1 - killed]);
        bench.Relay.Pick = _ => [node.WebhookUrl];
        var (call, agent) = await TalkAsync();
        await using (var redis = await ConnectionMultiplexer.ConnectAsync(bench.Redis))
            await Eventually.SeeAsync(
                () => redis.GetServers()[0].Keys(pattern: "wa:*:dialog").Any(), "the dialog is kept");
        await node.KillAsync();
        bench.Relay.Pick = _ => [other.WebhookUrl];
        Assert.Equal(SipCallEnd.Remote, (await agent.EndedAsync()).By);
        await bench.RecordedAsync(call, node, HangupCause.NodeLost);
        await bench.StartAgainAsync(node);
    }

    /// <summary>A user's call that is answered at once.</summary>
    private async Task<(SandboxCall Call, PbxCall Agent)> TalkAsync()
    {
        var call = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync();
        await agent.AnswerAsync();
        await WhatsAppSide.UntilAsync(call, CallState.Active);
        return (call, agent);
    }
}
