using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Storage.Commands;
using Gateway.Worker.Tests.Calls.Bench;
using Sandbox.Users;
using Testing;

namespace Gateway.Worker.Tests.Permissions;

/// <summary>Commands of operators to a node, through Redis, as the admin API sends them.</summary>
[Collection(StoresCollection.Name)]
public sealed class CommandTests(Stores stores)
{
    [Fact]
    public async Task An_operator_has_a_user_called_back_and_both_hear_each_other()
    {
        await using var bench = await PermissionBench.StartAsync(stores);
        var user = bench.WhatsApp.User(handset: "native");
        var reply = await CallBackAsync(bench, user);
        Assert.Equal(CommandOutcome.Done, reply.Outcome);

        var agent = await bench.Pbx.NextAsync();
        Assert.Equal("200", agent.Sip.Info.TargetUser);
        Assert.Empty(bench.WhatsApp.Calls); // the user is not called before an agent has answered
        await agent.RingAsync();
        await agent.AnswerAsync();
        var call = await bench.WhatsApp.CallToAsync(user);
        await agent.HearsAsync(425); // ringing, as Europe has it
        await bench.WhatsApp.AnswerAsync(call);
        await WhatsAppSide.HearsAsync(call, Pbx.Hertz);
        await agent.HearsAsync(WhatsAppSide.Hertz);

        await bench.WhatsApp.HangUpAsync(call);
        await agent.EndedAsync();
        var row = await bench.Calls.EndsAsync(call, HangupCause.WhatsAppHungUp);
        Assert.True(row is { Direction: "outbound", Trunk: "main", WasAnswered: true, HasQuality: true }, row.ToString());
    }

    [Fact]
    public async Task Nobody_is_rung_for_a_call_back_that_is_not_permitted()
    {
        await using var bench = await PermissionBench.StartAsync(stores);
        var reply = await CallBackAsync(bench, bench.User());

        Assert.Equal((CommandOutcome.Refused, "not_permitted"), (reply.Outcome, reply.Code));
        Assert.False(bench.Pbx.HasUnexpectedCall);
    }

    [Fact]
    public async Task A_call_back_ends_when_the_agent_will_not_and_when_the_agent_gives_up()
    {
        await using var bench = await PermissionBench.StartAsync(stores);
        var user = bench.WhatsApp.User();
        await CallBackAsync(bench, user);
        await (await bench.Pbx.NextAsync()).RejectAsync(486);
        await bench.Calls.EndsAsync(user, HangupCause.Busy);
        Assert.Empty(bench.WhatsApp.Calls);

        var other = bench.WhatsApp.User();
        await CallBackAsync(bench, other);
        var agent = await bench.Pbx.NextAsync();
        await agent.AnswerAsync();
        var call = await bench.WhatsApp.CallToAsync(other);
        await agent.HangUpAsync();
        await bench.Calls.EndsAsync(call, HangupCause.CallerGaveUp);
    }

    [Fact]
    public async Task A_user_who_declines_the_call_back_ends_the_agents_call()
    {
        await using var bench = await PermissionBench.StartAsync(stores);
        var user = bench.WhatsApp.User(AutoMode.Decline);
        await CallBackAsync(bench, user);
        var agent = await bench.Pbx.NextAsync();
        await agent.AnswerAsync();
        await agent.EndedAsync();
        await bench.Calls.EndsAsync(user, HangupCause.Declined);
    }

    [Fact]
    public async Task An_operator_hangs_up_a_call_of_any_node()
    {
        await using var bench = await PermissionBench.StartAsync(stores, gateways: 2);
        var user = bench.WhatsApp.User(AutoMode.Answer);
        var agent = bench.Pbx.Dial("+" + user.Phone, trunk: "1");
        await agent.AnsweredAsync();
        var live = await Eventually.SeeAsync(
            bench.Calls.Gateways[1].LiveAsync, calls => calls is [{ State: CallState.Live }], "a live call");

        Assert.Equal(CommandReply.Done, await bench.Commands.HangUpAsync(live[0].Id, CancellationToken.None));
        await agent.EndedAsync();
        var row = await Eventually.SeeAsync(
            () => bench.Calls.Gateways[1].RowsAsync(user.Phone), rows => rows is [{ HasEnded: true }], "a record");
        Assert.Equal("operator_hung_up", row[0].Cause);
        Assert.Equal(CommandOutcome.UnknownCall, (await bench.Commands.HangUpAsync(live[0].Id, CancellationToken.None)).Outcome);
    }

    [Fact]
    public async Task A_trunk_that_no_node_has_rings_nobody()
    {
        await using var bench = await PermissionBench.StartAsync(stores);
        var reply = await bench.Commands.CallBackAsync(
            new NodeCommand.CallBack(bench.Channel, PermissionBench.Identity(bench.WhatsApp.User()), "200", "elsewhere"),
            CancellationToken.None);
        Assert.Equal((CommandOutcome.Refused, "no_route"), (reply.Outcome, reply.Code));
    }

    /// <summary>Nodes are asked in an order of chance, so each command is sent often enough to meet the wrong one first.</summary>
    [Fact]
    public async Task A_node_takes_no_command_for_a_channel_that_it_does_not_serve()
    {
        await using var bench = await PermissionBench.StartAsync(stores);
        var channel = new ChannelId("elsewhere-" + Guid.NewGuid().ToString("n")[..8]);
        var user = PermissionBench.Identity(bench.WhatsApp.User());
        Func<Task<CommandReply>>[] commands =
        [
            () => bench.Commands.AskPermissionAsync(new NodeCommand.AskPermission(channel, user, "key:test"), CancellationToken.None),
            () => bench.Commands.RefreshPermissionAsync(new NodeCommand.RefreshPermission(channel, user), CancellationToken.None),
            () => bench.Commands.CallBackAsync(new NodeCommand.CallBack(channel, user, "200", null), CancellationToken.None),
        ];
        foreach (var send in commands)
        {
            var reply = await send();
            Assert.Equal((CommandOutcome.Refused, "no_route"), (reply.Outcome, reply.Code));
        }

        await using var redis = await StackExchange.Redis.ConnectionMultiplexer.ConnectAsync(stores.Redis);
        var other = new NodeCommandListener(redis, "other-" + Guid.NewGuid().ToString("n")[..8], command => Task.FromResult(
            command is NodeCommand.ForChannel asked
                && asked.Channel == channel ? CommandReply.Done : CommandReply.Refused(HangupCause.NoRoute)));
        await other.StartAsync();
        foreach (var send in commands.SelectMany(command => Enumerable.Repeat(command, 6)))
            Assert.Equal(CommandReply.Done, await send());
        await other.StopAsync();
    }

    private static Task<CommandReply> CallBackAsync(PermissionBench bench, SandboxUser user) => bench.Commands.CallBackAsync(
        new NodeCommand.CallBack(bench.Channel, PermissionBench.Identity(user), "200", null), CancellationToken.None);
}
