using System.Text.Json;
using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Gateway.Calls.Lifecycle;
using Gateway.Sip.Dialogs;
using Gateway.Storage;
using Gateway.Storage.Agents;
using Gateway.Storage.Nodes;
using Gateway.WhatsApp.Webhooks;
using Gateway.Worker.Configuration;
using Gateway.Worker.Tests.Calls.Bench;
using Gateway.Worker.Tests.ContactCentre;
using StackExchange.Redis;
using Testing;

namespace Gateway.Worker.Tests.Layout;

/// <summary>
/// Two adjacent versions share one Redis. What the version before keeps there was recorded (`redis.json`): this one reads it, and writes
/// all of it, for as long as that version may run beside it. After a release it is recorded anew: GATEWAY_RECORD_LAYOUT=1.
/// </summary>
public sealed class RedisLayoutTests
{
    private const string Extension = "201", Away = "another", User = "15550001";

    private static readonly string Recorded = Repository.File("tests", "Gateway.Worker.Tests", "Layout", "redis.json");

    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task This_version_writes_all_that_the_one_before_reads()
    {
        await (await KeepAsync()).HoldsAsync(Recorded);
    }

    [Fact]
    public async Task This_version_reads_all_that_the_one_before_wrote()
    {
        var before = RedisLayout.Read(await File.ReadAllTextAsync(Recorded));
        using var stores = Stores.StartPrivate();
        await using var redis = await ConnectionMultiplexer.ConnectAsync(stores.Redis);
        var at = DateTimeOffset.Parse(before.Names["at"]);
        var aMinuteAgo = DateTimeOffset.UtcNow - TimeSpan.FromMinutes(1);
        await before.PutAsync(redis.GetDatabase(), aMinuteAgo - at);
        var (node, call, waiting) = (before.Names["node"], new CallId(before.Names["call"]), new CallId(before.Names["waiting"]));
        var meta = new WhatsAppCallId(before.Names["meta"]);
        var registry = new RedisCallRegistry(redis, "this");

        var live = await registry.ListAsync(None);
        var shown = Assert.Single(live, one => one.Id == call);
        Assert.Equal((node, CallState.Live, meta), (shown.Node, shown.State, shown.WhatsAppId));
        Assert.Equal(CallState.Waiting, Assert.Single(live, one => one.Id == waiting).State);
        Assert.Equal(new CallOwner(node, 1), await new CallOwners(redis).FindAsync(call));
        Assert.Equal(new ClaimHolder(node, call), await registry.FindHolderAsync(meta, null, None));
        Assert.True((await registry.FindHolderAsync(new WhatsAppCallId(before.Names["ended"]), null, None))!.IsTombstone);
        Assert.False(await registry.TakeAnswerLockAsync(meta, waiting, None));
        var text = (await registry.TakeDialogAsync(call, None)).Text;
        var dialogs = JsonSerializer.Deserialize<SipDialogSnapshot[]>(text!, JsonSerializerOptions.Web)!;
        Assert.Contains(Extension, Assert.Single(dialogs).Remote, StringComparison.Ordinal);

        var lapsed = (await new NodeLeases(redis).BeatAsync(new LeasedNode("this", "1"), TimeSpan.FromSeconds(5), hasRoom: true)).Lapsed;
        Assert.Equal(node, Assert.Single(lapsed).Id);
        var entry = Assert.Single(await new NodeInbox(redis).ReadAsync(Away, 10));
        Assert.True(ForwardedEvent.TryRead(entry.Text, out var forwarded));
        Assert.Equal(User, Assert.IsType<WebhookEvent.CallTerminate>(forwarded.Event).User.Phone);

        SharedPhone.Check(Assert.Single((await new RegisteredPhoneStore(redis).FindAsync(Away))!.Users).Value);

        var agents = new RedisAgentRegistry(redis, clock: new FixedTime(at));
        var agent = (await agents.FindAsync(new AgentId(before.Names["agent"]), None))!;
        Assert.Equal((AgentState.Busy, call), (agent.State, agent.Call));
        Assert.Equal(waiting, Assert.Single(await agents.WaitingAsync(new GroupId(before.Names["group"]), None)).Call);
    }

    /// <summary>
    /// What this version keeps: a call that the only agent of a group has answered, another that waits for the agent, one that is over, an
    /// event for another node, and a phone that is registered with that.
    /// </summary>
    private static async Task<RedisLayout> KeepAsync()
    {
        using var stores = Stores.StartPrivate();
        await using var bench = await CentreBench.StartAsync(stores);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(stores.Redis);
        await bench.AddAsync([Extension]);
        await bench.LeadAsync(
            ("ring", new FlowStep.Ring(new AgentChoice(bench.Group, null, RingStrategy.All), 60, "queue")),
            ("queue", new FlowStep.Queue(bench.Group)));
        var over = await bench.PlaceAsync();
        await bench.RungAsync(Extension);
        await bench.WhatsApp.HangUpAsync(over);
        await bench.Calls.EndsAsync(over, HangupCause.CallerGaveUp);
        var call = await bench.PlaceAsync();
        var phone = await bench.RungAsync(Extension);
        await phone.AnswerAsync();
        await bench.Calls.LiveAsync(call);
        var id = await bench.CallAsync();
        var waiting = await bench.PlaceAsync();
        var waitingId = (await Eventually.SeeAsync(
            bench.Gateway.LiveAsync, live => live.Any(one => one.Id != id && one.State == CallState.Waiting), "it waits"))
            .Single(one => one.Id != id).Id;
        string[] late =
        [
            $"wa:{{{id}}}:dialog", $"wa:{{{call.Id}}}:claim", $"wa:{{{call.Id}}}:answer", "wa:{agents}:nodes", "wa:{agents}:generation",
        ];
        foreach (var key in late)
            await Eventually.SeeAsync(() => redis.GetDatabase().KeyExistsAsync(key), kept => kept, $"{key} is kept");
        var end = new WebhookEvent.CallTerminate(call.Id, TerminateOutcome.Completed, new WhatsAppUser(User));
        Assert.True(await new NodeInbox(redis).TryAddAsync(Away, new ForwardedEvent(end, 1).ToJson(), DateTimeOffset.UtcNow));
        Assert.True(await SharedPhone.PutAsync(redis, Away));
        var layout = await RedisLayout.TakeAsync(redis, new Dictionary<string, string>
        {
            ["node"] = bench.Gateway.Id, ["start"] = bench.Gateway.Service<NodeStart>().Value,
            ["call"] = id.Value, ["waiting"] = waitingId.Value, ["meta"] = call.Id, ["ended"] = over.Id,
            ["metaOfWaiting"] = waiting.Id, ["agent"] = bench.Id(Extension).Value, ["group"] = bench.Group.Value,
            ["at"] = DateTimeOffset.UtcNow.ToString("O"),
        });
        await bench.WhatsApp.HangUpAsync(waiting);
        await bench.WhatsApp.HangUpAsync(call);
        return layout;
    }

    /// <summary>The time of the recording: nothing has lapsed.</summary>
    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
