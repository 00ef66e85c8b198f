using System.Diagnostics;
using System.Text.Json.Nodes;
using Dapper;
using Gateway.Calls;
using Gateway.Sip.Dialogs;
using Gateway.Storage.Nodes;
using Gateway.WhatsApp.Webhooks;
using Gateway.Worker.Tests.Calls.Bench;
using Media.Protocols.Primitives;
using Npgsql;
using Sandbox.Calls;
using StackExchange.Redis;
using Testing;
using Xunit.Abstractions;

namespace Gateway.Worker.Tests.Calls;

/// <summary>kill -9 of one of two nodes: the other takes its calls two leases later, not a minute.</summary>
public sealed class TakeoverTests(WorkerBench bench, ITestOutputHelper output) : IClassFixture<WorkerBench>
{
    /// <summary>Two leases, a heartbeat, and room for a busy machine; before PostgreSQL takes any node for lost.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(8);

    private const string Leases = "wa:{nodes}:leases";

    [Fact]
    public async Task Both_sides_of_every_call_of_the_dead_node_hear_of_its_end_and_each_is_recorded_and_charged_once()
    {
        await using var purse = await Purse.OpenAsync(bench.Stores.Postgres, 10);
        await bench.StartAsync();
        await using var survivor = await bench.StartOtherAsync("survivor");
        var (inbound, agent) = await bench.LiveAsync();
        var user = bench.WhatsApp.User(Sandbox.Users.AutoMode.Answer);
        var caller = bench.Pbx.Dial(user.Phone);
        await caller.AnsweredAsync();
        var outbound = await bench.WhatsApp.CallToAsync(user, CallState.Active);
        await bench.NotedAsync(inbound);
        await bench.NotedAsync(outbound);

        await using var redis = await ConnectionMultiplexer.ConnectAsync(bench.Stores.Redis);
        var ids = await Task.WhenAll(bench.IdOfAsync(inbound), bench.IdOfAsync(outbound));
        await using var database = NpgsqlDataSource.Create(bench.Stores.Postgres);
        await using (var unanswered = database.CreateCommand("UPDATE contacts SET unanswered = 2"))
            Assert.True(await unanswered.ExecuteNonQueryAsync() > 0);
        await bench.KillAsync();
        var watch = Stopwatch.StartNew();
        foreach (var phone in new[] { agent, caller })
        {
            var ended = await phone.EndedAsync();
            Assert.Equal((SipCallEnd.Remote, 41), (ended.By, ended.Reason?.Cause));
        }
        await WhatsAppSide.UntilAsync(inbound, CallState.Ended);
        await WhatsAppSide.UntilAsync(outbound, CallState.Ended);
        output.WriteLine($"both sides of both calls were ended {watch.Elapsed.TotalSeconds:0.00} s after the kill");
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, Soon);
        foreach (var id in ids)
            await Eventually.SeeAsync(
                () => new CallOwners(redis).FindAsync(new CallId(id)), owner => owner == new CallOwner("survivor", 2) { IsOver = true },
                "the survivor has taken and ended it", owner => $"{owner}");

        foreach (var call in new[] { inbound, outbound })
        {
            var row = Assert.Single(await Eventually.SeeAsync(
                () => bench.RowsAsync(call), rows => rows.All(one => one.Cause is not null), "the record is complete"));
            Assert.Equal((WireName.Of(HangupCause.NodeLost), true), (row.Cause, row.Answered));
        }
        var (_, held, charges) = await purse.LookAsync();
        Assert.Equal((0m, 2), (held, charges.Count));
        await using var reset = database.CreateCommand("SELECT count(*) FROM contacts WHERE unanswered > 0");
        await Eventually.SeeAsync(() => reset.ExecuteScalarAsync(), count => count is 0L, "the users' unanswered calls count no more");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_pick_up_that_the_dead_node_told_nobody_is_known_from_Meta(bool isItselfBack)
    {
        await using var purse = await Purse.OpenAsync(bench.Stores.Postgres, 10);
        await bench.StartAsync();
        var (call, _) = await bench.LiveAsync();
        await bench.NotedAsync(call);
        var id = await bench.IdOfAsync(call);
        await bench.KillAsync();
        await ForgetPickUpAsync(id, "answeredAt");

        await using var survivor = isItselfBack ? null : await bench.StartOtherAsync("survivor");
        if (survivor is null)
            await bench.StartAsync();
        else
            bench.Relay.Targets.Add(survivor.WebhookUrl);
        var row = await bench.EndedRowAsync(call);
        Assert.Equal((WireName.Of(HangupCause.NodeLost), true), (row.Cause, row.Answered));
        Assert.Single((await purse.LookAsync()).Charges);
        if (survivor is not null)
            bench.Relay.Targets.Remove(survivor.WebhookUrl);
        await bench.KillAsync();
    }

    [Fact]
    public async Task A_pick_up_by_a_user_whose_call_had_no_id_of_Meta_is_known_from_the_end_that_the_dead_node_was_handed()
    {
        await using var purse = await Purse.OpenAsync(bench.Stores.Postgres, 10);
        await bench.StartAsync();
        var user = bench.WhatsApp.User(Sandbox.Users.AutoMode.Answer);
        var caller = bench.Pbx.Dial(user.Phone);
        await caller.AnsweredAsync();
        var call = await bench.WhatsApp.CallToAsync(user, CallState.Active);
        await bench.NotedAsync(call);
        var id = await bench.IdOfAsync(call);
        await bench.KillAsync();
        await bench.WhatsApp.HangUpAsync(call);
        await ForgetPickUpAsync(id, "answeredAt", "whatsAppId");
        await using var redis = await ConnectionMultiplexer.ConnectAsync(bench.Stores.Redis);
        await redis.GetDatabase().KeyDeleteAsync($"wa:{{{call.Id}}}:claim");
        var end = new WebhookEvent.CallTerminate(call.Id, TerminateOutcome.Completed, new WhatsAppUser(user.Phone))
        {
            StartedAt = call.StartedAt, EndedAt = call.EndedAt, OpaqueData = id,
        };
        Assert.True(await new NodeInbox(redis).TryAddAsync("worker", new ForwardedEvent(end, 1).ToJson(), DateTimeOffset.UtcNow));

        await using var survivor = await bench.StartOtherAsync("survivor");
        Assert.Equal(SipCallEnd.Remote, (await caller.EndedAsync()).By);
        var row = await bench.EndedRowAsync(call);
        Assert.Equal((WireName.Of(HangupCause.NodeLost), true), (row.Cause, row.Answered));
        Assert.Single((await purse.LookAsync()).Charges);
        await bench.KillAsync();
    }

    [Fact]
    public async Task A_node_whose_lease_had_lapsed_for_a_moment_keeps_its_calls()
    {
        await bench.StartAsync();
        await using var survivor = await bench.StartOtherAsync("survivor");
        var (call, agent) = await bench.LiveAsync();
        await bench.NotedAsync(call);
        var id = new CallId(await bench.IdOfAsync(call));
        await using var redis = await ConnectionMultiplexer.ConnectAsync(bench.Stores.Redis);
        var (leases, owners) = (redis.GetDatabase(), new CallOwners(redis));
        var node = (await leases.SortedSetRangeByRankAsync(Leases)).First(
            one => ((string)one!).StartsWith("worker ", StringComparison.Ordinal));
        var lapses = survivor.Options.Node.Heartbeat * 4; // the survivor sees the lapse in one of its heartbeats
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < lapses;)
            await leases.SortedSetAddAsync(Leases, node, 1);
        await Task.Delay(survivor.Options.Node.Lease * 2); // by then the call would be taken
        Assert.Equal(new CallOwner("worker", 1), await owners.FindAsync(id));
        Assert.Equal(CallState.Active, call.State);
        await bench.WhatsApp.HangUpAsync(call);
        await agent.EndedAsync();
        await bench.KillAsync();
    }

    /// <summary>PostgreSQL could not say whether the dead node lives, so that the survivor gave it five seconds more.</summary>
    [Fact]
    public async Task A_call_that_the_node_began_after_it_was_back_is_not_taken()
    {
        await bench.StartAsync();
        await using var survivor = await bench.StartOtherAsync("survivor");
        await using var redis = await ConnectionMultiplexer.ConnectAsync(bench.Stores.Redis);
        var leases = new NodeLeases(redis);
        bench.Stores.Freeze(StoreServer.Postgres);
        await bench.KillAsync();
        await Eventually.SeeAsync(
            leases.AliveAsync, alive => alive.All(node => node.Id != "worker"), "its lease has lapsed");
        await Task.Delay(survivor.Options.Node.Lease * 2); // by then PostgreSQL was asked in vain
        bench.Stores.Thaw(StoreServer.Postgres);
        await bench.StartAsync();
        var call = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync();
        await Task.Delay(TimeSpan.FromSeconds(6)); // the survivor has looked at the node's calls
        await agent.AnswerAsync();
        await bench.NotedAsync(call);
        Assert.Equal(new CallOwner("worker", 1), await new CallOwners(redis).FindAsync(new CallId(await bench.IdOfAsync(call))));
        await bench.WhatsApp.HangUpAsync(call);
        await agent.EndedAsync();
        await bench.KillAsync();
    }

    [Fact]
    public async Task Of_several_survivors_one_takes_each_call_and_the_lease_of_the_dead_node_is_forgotten()
    {
        await bench.StartAsync();
        await using var first = await bench.StartOtherAsync("first");
        await using var second = await bench.StartOtherAsync("second");
        var calls = new List<(SandboxCall Call, PbxCall Agent)>();
        for (var i = 0; i < 4; i++)
            calls.Add(await bench.LiveAsync());
        foreach (var (call, _) in calls)
            await bench.NotedAsync(call);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(bench.Stores.Redis);
        var ids = await Task.WhenAll(calls.Select(one => bench.IdOfAsync(one.Call)));
        await bench.KillAsync();
        foreach (var (call, agent) in calls)
        {
            await agent.EndedAsync();
            await WhatsAppSide.UntilAsync(call, CallState.Ended);
            Assert.Single(WhatsAppSide.Actions(call), action => action.StartsWith("terminate", StringComparison.Ordinal));
        }
        var owners = await Eventually.SeeAsync(
            () => Task.WhenAll(ids.Select(id => new CallOwners(redis).FindAsync(new CallId(id)))),
            found => found.All(owner => owner is { Token: 2, IsOver: true, Node: "first" or "second" }),
            "one survivor has taken and ended each", found => string.Join(", ", found));
        output.WriteLine("owners: " + string.Join(", ", owners));
        await Eventually.SeeAsync(
            () => redis.GetDatabase().SortedSetRangeByRankAsync(Leases),
            leases => leases.All(lease => !((string)lease!).StartsWith("worker ", StringComparison.Ordinal)), "its lease is forgotten");
    }

    /// <summary>The stores know neither of the pick-up nor of these properties of the live call: its node told nobody.</summary>
    private async Task ForgetPickUpAsync(string id, params string[] properties)
    {
        await using (var connection = new NpgsqlConnection(bench.Postgres + ";Pooling=false"))
            await connection.ExecuteAsync(
                "UPDATE calls SET answered_at = NULL, dialogs = NULL, whatsapp_call_id = NULL WHERE id = @id", new { id });
        await using var redis = await ConnectionMultiplexer.ConnectAsync(bench.Stores.Redis);
        var live = JsonNode.Parse((string)(await redis.GetDatabase().StringGetAsync($"wa:{{{id}}}:live"))!)!;
        foreach (var property in properties)
            live[property] = null;
        await redis.GetDatabase().StringSetAsync($"wa:{{{id}}}:live", live.ToJsonString(), null, keepTtl: true);
    }
}
