using System.Text.Json;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Storage.Commands;
using StackExchange.Redis;
using Testing;

namespace Gateway.Storage.Tests;

[Collection(StoresCollection.Name)]
public sealed class NodeCommandTests(Stores stores) : IDisposable
{
    private static readonly NodeCommand.CallBack CallBack = new(new ChannelId("100"), new WhatsAppUser("15550001", "US.1"), "200", "main");

    private readonly ConnectionMultiplexer _redis = ConnectionMultiplexer.Connect(stores.Redis);
    private readonly ConnectionMultiplexer _otherRedis = ConnectionMultiplexer.Connect(stores.Redis);
    private readonly string _node = "n-" + Guid.NewGuid().ToString("n");

    private NodeCommands Client => new(_otherRedis);

    public void Dispose()
    {
        _redis.Dispose();
        _otherRedis.Dispose();
    }

    [Fact]
    public async Task Reaches_the_node_that_runs_the_call_and_brings_its_answer_back()
    {
        var call = await PublishAsync(_node);
        NodeCommand? seen = null;
        await using var listener = await ListenAsync(_node, command =>
        {
            seen = command;
            return CommandReply.Done;
        });

        Assert.Equal(CommandReply.Done, await Client.HangUpAsync(call, CancellationToken.None));
        Assert.Equal(new NodeCommand.HangUp(call), seen);
    }

    [Fact]
    public async Task A_call_that_nobody_runs_is_unknown_and_one_of_a_dead_node_cannot_be_reached()
    {
        Assert.Equal(CommandOutcome.UnknownCall, (await Client.HangUpAsync(new CallId("none"), CancellationToken.None)).Outcome);
        Assert.Equal(
            CommandOutcome.NodeUnreachable, (await Client.HangUpAsync(await PublishAsync("dead"), CancellationToken.None)).Outcome);
    }

    [Fact]
    public async Task What_any_node_can_do_goes_past_one_that_is_stopping()
    {
        var free = DateTimeOffset.UnixEpoch.AddDays(20_000);
        var expected = new CommandReply(CommandOutcome.Refused, "daily_limit", "Too often", free, new CallId("c"));
        var seen = new List<NodeCommand>();
        await using var stopping = await ListenAsync(_node, _ => CommandReply.Refused(HangupCause.Draining));
        await using var other = await ListenAsync(_node + "-2", command =>
        {
            seen.Add(command);
            return expected;
        });

        for (var i = 0; i < 8; i++)
            Assert.Equal(expected, await Client.CallBackAsync(CallBack, CancellationToken.None));
        Assert.All(seen, command => Assert.Equal(CallBack, command));
        Assert.Equal(8, seen.Count);
    }

    [Fact]
    public async Task Without_any_node_nothing_can_be_done()
    {
        Assert.Equal(CommandOutcome.NodeUnreachable, (await Client.CallBackAsync(CallBack, CancellationToken.None)).Outcome);
    }

    [Fact]
    public async Task Answers_come_on_the_same_channel_until_one_stays_away_and_what_comes_late_is_not_that_of_the_next_command()
    {
        var (call, client, asked) = (await PublishAsync(_node), Client, new List<RedisChannel>());
        await _redis.GetSubscriber().SubscribeAsync(RedisChannel.Literal("wa:node:" + _node), (_, text) =>
        {
            asked.Add(RedisChannel.Literal(JsonDocument.Parse((string)text!).RootElement.GetProperty("replyTo").GetString()!));
            if (asked.Count == 4)
                Answer(asked[2], CommandReply.Refused(HangupCause.Draining));
            if (asked.Count == 2) // again to the first
                Answer(asked[0], CommandReply.Refused(HangupCause.Draining) with { To = 1 });
            if (asked.Count != 3)
                Answer(asked[^1], CommandReply.Done with { To = asked.Count == 2 ? 2 : null });
        });

        for (var i = 0; i < 2; i++)
            Assert.Equal(CommandReply.Done, await client.HangUpAsync(call, CancellationToken.None));
        using var impatient = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.HangUpAsync(call, impatient.Token));
        Assert.Equal(CommandReply.Done, await client.HangUpAsync(call, CancellationToken.None));
        Assert.Equal((asked[0], asked[0]), (asked[1], asked[2]));
        Assert.NotEqual(asked[0], asked[3]);

        void Answer(RedisChannel channel, CommandReply reply) =>
            _redis.GetSubscriber().Publish(channel, JsonSerializer.Serialize(reply, JsonSerializerOptions.Web));
    }

    private async Task<Listening> ListenAsync(string node, Func<NodeCommand, CommandReply> answer)
    {
        var listener = new NodeCommandListener(_redis, node, command => Task.FromResult(answer(command)));
        await listener.StartAsync();
        return new Listening(listener);
    }

    private async Task<CallId> PublishAsync(string node)
    {
        var call = new LiveCall(
            new CallId(Guid.NewGuid().ToString("n")), null, CallDirection.Outbound, new ChannelId("100"), "…0001", "main", "100",
            CallState.Live,
            DateTimeOffset.UnixEpoch, null, node);
        await new RedisCallRegistry(_redis, node).PublishAsync(call, CancellationToken.None);
        return call.Id;
    }

    private sealed class Listening(NodeCommandListener listener) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await listener.StopAsync();
    }
}
