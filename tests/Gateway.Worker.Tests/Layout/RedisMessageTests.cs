using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Storage;
using Gateway.Storage.Agents;
using Gateway.Storage.Commands;
using Gateway.Storage.Nodes;
using Gateway.Worker.Tests.Calls.Bench;
using StackExchange.Redis;
using Testing;

namespace Gateway.Worker.Tests.Layout;

/// <summary>
/// Two adjacent versions publish to each other by Redis: commands to nodes, and registered phones. What the version before sends was
/// recorded (`messages.json`): this one takes all of it, and sends no less. Recorded anew as the layout is: GATEWAY_RECORD_LAYOUT=1.
/// </summary>
public sealed class RedisMessageTests
{
    private const string Node = "another", Phones = "wa:{phones}:changes", Actor = "key:test", Channel = "wa:node:" + Node;

    private static readonly string Recorded = Repository.File("tests", "Gateway.Worker.Tests", "Layout", "messages.json");

    private static readonly CallId Call = new("4f09a18ea63042137e11b70d4e646030");

    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task This_version_sends_all_that_the_one_before_reads()
    {
        var now = await SendAsync();
        await now.HoldsAsync(Recorded);
        var kinds = typeof(NodeCommand).GetCustomAttributes<JsonDerivedTypeAttribute>().Select(kind => (string)kind.TypeDiscriminator!);
        Assert.Empty(kinds.Except(now.Keys.Single(key => key.Key == Channel).Fields.Select(field => field.Name)));
    }

    [Fact]
    public async Task This_version_reads_all_that_the_one_before_sent()
    {
        var before = RedisLayout.Read(await File.ReadAllTextAsync(Recorded));
        var (commands, phones) = (before.Keys.Single(key => key.Key == Channel), before.Keys.Single(key => key.Key == Phones));
        using var stores = Stores.StartPrivate();
        await using var redis = await ConnectionMultiplexer.ConnectAsync(stores.Redis);
        var taken = new ConcurrentQueue<NodeCommand>();
        await ListenAsync(redis, taken.Enqueue);
        foreach (var command in commands.Fields)
            await redis.GetSubscriber().PublishAsync(RedisChannel.Literal(Channel), command.Value);
        await Eventually.SeeAsync(() => Task.FromResult(taken.Count), count => count == commands.Fields.Count, "every command is taken");
        Assert.Equal(
            commands.Fields.Select(command => command.Name).Order(),
            taken.Select(command => KindOf(JsonSerializer.SerializeToElement(command, JsonSerializerOptions.Web))).Order());

        await using var changes = new RegisteredPhoneStore(redis).ChangesAsync(None).GetAsyncEnumerator();
        var next = changes.MoveNextAsync(); // listens from here on
        await Eventually.SeeAsync(
            () => redis.GetSubscriber().PublishAsync(RedisChannel.Literal(Phones), Assert.Single(phones.Fields).Value), heard => heard > 0,
            "somebody listens");
        Assert.True(await next);
        var change = changes.Current;
        Assert.Equal((Node, "127.0.0.1:5060", ""), (change.Node.Node, change.Node.Address, change.Before));
        Assert.Equal(SharedPhone.User, Assert.Single(change.Users).Key);
        SharedPhone.Check(Assert.Single(change.Users).Value);
    }

    /// <summary>Every command, and a change of registered phones, as they pass through Redis.</summary>
    private static async Task<RedisLayout> SendAsync()
    {
        using var stores = Stores.StartPrivate();
        await using var redis = await ConnectionMultiplexer.ConnectAsync(stores.Redis);
        var seen = new ConcurrentQueue<(string Channel, RedisField Message)>();
        await redis.GetSubscriber().SubscribeAsync(RedisChannel.Literal(Channel), (_, text) => seen.Enqueue(
            (Channel, new RedisField(KindOf(JsonDocument.Parse((string)text!).RootElement.GetProperty("command")), (string)text!))));
        await redis.GetSubscriber().SubscribeAsync(
            RedisChannel.Literal(Phones), (_, text) => seen.Enqueue((Phones, new RedisField("", (string)text!))));
        await ListenAsync(redis, _ => { });
        await new RedisCallRegistry(redis, Node).PublishAsync(
            new LiveCall(
                Call, null, CallDirection.Inbound, new ChannelId("1"), "2", null, null, CallState.Live, DateTimeOffset.UnixEpoch,
                DateTimeOffset.UnixEpoch, Node) { OwnerToken = 1 },
            None);
        await SendAllAsync(new NodeCommands(redis));
        Assert.True(await SharedPhone.PutAsync(redis, Node));
        await Eventually.SeeAsync(() => seen.Any(one => one.Channel == Phones), "the phones' change has come");
        return new RedisLayout(
            new Dictionary<string, string>(),
            [.. seen.GroupBy(one => one.Channel).OrderBy(of => of.Key, StringComparer.Ordinal)
                .Select(of => new RedisEntry(of.Key, RedisType.None, [.. of.Select(one => one.Message)]))]);
    }

    private static async Task SendAllAsync(NodeCommands nodes)
    {
        var (agent, channel, user) = (new AgentId("ada"), new ChannelId("1"), new WhatsAppUser("447900000001"));
        TransferTarget[] targets =
        [
            new TransferTarget.ToAgent(agent), new TransferTarget.ToGroup(new GroupId("sales")),
            new TransferTarget.ToFlow(new FlowId("day")), new TransferTarget.ToPbx("main", "100"),
        ];
        foreach (var target in targets)
            Done(await nodes.TransferAsync(new NodeCommand.Transfer(Call, target), None));
        Done(await nodes.HangUpAsync(Call, None));
        Done(await nodes.CompleteTransferAsync(Call, None));
        Done(await nodes.CancelTransferAsync(Call, None));
        Done(await nodes.AssignAsync(new NodeCommand.Assign(Call, agent), None));
        Done(await nodes.DeclineAsync(new NodeCommand.Decline(Call, agent), None));
        Done(await nodes.CallBackAsync(new NodeCommand.CallBack(channel, user, "100", "main") { AgentId = agent, RingSeconds = 20 }, None));
        Done(await nodes.AskPermissionAsync(new NodeCommand.AskPermission(channel, user, Actor), None));
        Done(await nodes.RefreshPermissionAsync(new NodeCommand.RefreshPermission(channel, user), None));
        Done(await nodes.CaptureAsync(new NodeCommand.CaptureCall(Call, "1", 60, 1_000_000, Actor), None));
        Done(await nodes.ShowTraceAsync(Call.Value, None));
        Done(await nodes.TakeCallAsync(
            Node, new NodeCommand.TakeCall(Call) { Left = new CallSnapshotEntry(Call, 1, [1, 2, 3]) }, None));
        Done(await nodes.PrepareCallAsync(Node, Call, None));
        Done(await nodes.DrainAsync(Node, None));
        Done(await nodes.ReloadAsync(Node, Actor, None));

        static void Done(CommandReply reply) => Assert.Equal(CommandOutcome.Done, reply.Outcome);
    }

    private static Task ListenAsync(IConnectionMultiplexer redis, Action<NodeCommand> take) =>
        new NodeCommandListener(redis, Node, command =>
        {
            take(command);
            return Task.FromResult(CommandReply.Done);
        }).StartAsync();

    private static string KindOf(JsonElement command) => command.GetProperty("kind").GetString()!;
}
