using Gateway.Calls;
using Gateway.Sip.Dialogs;
using Gateway.Storage;
using Gateway.Storage.Commands;
using Gateway.Storage.Nodes;
using Gateway.Worker.Tests.Calls.Bench;
using Media.Protocols.Primitives;
using Sandbox.Calls;
using StackExchange.Redis;
using Testing;
using Xunit.Abstractions;

namespace Gateway.Worker.Tests.Calls;

/// <summary>A node that is asked to stop, or to drain, hands its live calls to others, and nobody notices.</summary>
public sealed class MovedCallTests(WorkerBench bench, ITestOutputHelper output) : IClassFixture<WorkerBench>, IAsyncLifetime
{
    /// <summary>For a busy machine. The true gap is printed; that nothing was taken over shows in the SRTP indexes, which go on.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    private readonly Talks _talks = new(bench, output);

    public Task InitializeAsync()
    {
        bench.ClusterKeys = ["k1:" + Convert.ToBase64String(new byte[32])];
        bench.DrainDeadline = TimeSpan.FromMinutes(1);
        return bench.StartAsync();
    }

    public Task DisposeAsync() => bench.KillAsync();

    [Fact]
    public async Task A_node_that_stops_moves_its_calls_without_a_gap_and_without_a_lost_packet()
    {
        await using var purse = await Purse.OpenAsync(bench.Stores.Postgres, 10);
        await using var other = await bench.StartOtherAsync("other");
        Talk[] talks = [await _talks.InboundAsync(), await _talks.OutboundAsync()];
        await _talks.LeftAsync(talks);
        await HasRoomAsync("other");
        var lost = await LostAsync(talks);
        var watch = Talks.Measure(talks);
        bench.Signal("TERM");
        await _talks.GoOnAsync(watch, TimeSpan.Zero, talks);
        Assert.All(talks, talk => Assert.InRange(talk.Gaps.Phone, TimeSpan.Zero, Soon));
        Assert.All(talks, talk => Assert.InRange(talk.Gaps.User, TimeSpan.Zero, Soon));
        await Eventually.SeeAsync(() => bench.HasExited, "the node has stopped, long before its deadline", bench.Log);
        foreach (var talk in talks)
            await Talks.HearsBothAsync(talk);
        Assert.Equal(lost, await LostAsync(talks));
        foreach (var talk in talks)
        {
            talk.AssertNoIndexTwice(jumps: 0);
            await talk.Phone.HangUpAsync();
            Assert.Equal(WireName.Of(HangupCause.PbxHungUp), (await bench.EndedRowAsync(talk.Call)).Cause);
        }
        var (balance, held, charges) = await Eventually.SeeAsync(purse.LookAsync, seen => seen.Charges.Count == 2, "both are charged");
        Assert.Equal((0m, 10m), (held, balance + charges.Sum()));
    }

    [Fact]
    public async Task A_call_that_no_other_node_can_take_goes_on_where_it_is_and_nobody_notices()
    {
        var talk = await _talks.InboundAsync();
        await using var other = await bench.StartOtherAsync("other", options => options with { Sip = options.Sip with { Trunks =
            [.. options.Sip.Trunks.Select(trunk => trunk with { Name = "another" })] },
            Channels = [.. options.Channels.Select(channel => channel with { Trunks = ["another"] })] });
        await _talks.LeftAsync(talk);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(bench.Stores.Redis);
        await HasRoomAsync("other");
        Talks.Measure(talk);
        Assert.Equal(CommandReply.Done, await new NodeCommands(redis).DrainAsync("worker", CancellationToken.None));
        await Eventually.SeeAsync(
            () => Task.FromResult(bench.Log()), log => log.Contains("stays: node other did not take it", StringComparison.Ordinal),
            "the other node was asked", log => log);
        Assert.Equal(503, (await bench.GetAsync("/readyz")).Status);
        await Talks.HearsBothAsync(talk);
        Assert.InRange(talk.Phone.Phone.LongestGap, TimeSpan.Zero, Soon);
        await talk.Phone.HangUpAsync();
        await WhatsAppSide.UntilAsync(talk.Call, CallState.Ended);
        await talk.Phone.EndedAsync();
        Assert.DoesNotContain(talk.Phone.Seen, seen => seen is SipCallEvent.OfferReceived);
        Assert.Equal(WireName.Of(HangupCause.PbxHungUp), (await bench.EndedRowAsync(talk.Call)).Cause);
    }

    [Fact]
    public async Task A_call_that_the_other_node_does_not_take_after_all_comes_back_and_is_handed_to_a_third()
    {
        var talk = await _talks.InboundAsync();
        await _talks.LeftAsync(talk);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(bench.Stores.Redis);
        var fickle = await StartFickleAsync(redis, _ => Task.CompletedTask);
        var watch = Talks.Measure(talk);
        Assert.Equal(CommandReply.Done, await new NodeCommands(redis).DrainAsync("worker", CancellationToken.None));
        await _talks.GoOnAsync(watch, TimeSpan.Zero, talk);

        await using var third = await bench.StartOtherAsync("third");
        await HasRoomAsync("third");
        watch = Talks.Measure(talk);
        var id = new CallId(await bench.IdOfAsync(talk.Call));
        await Eventually.SeeAsync(
            () => new CallOwners(redis).FindAsync(id), owner => owner?.Node == "third", "a node that takes it has it",
            owner => $"{owner}\n{bench.Log()}");
        await _talks.GoOnAsync(watch, TimeSpan.Zero, talk);
        await talk.Phone.HangUpAsync();
        Assert.Equal(WireName.Of(HangupCause.PbxHungUp), (await bench.EndedRowAsync(talk.Call)).Cause);
        await fickle.StopAsync();
    }

    [Fact]
    public async Task A_call_that_a_third_node_has_taken_for_a_lost_one_stays_there_when_the_second_does_not_take_it()
    {
        var talk = await _talks.InboundAsync();
        await _talks.LeftAsync(talk);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(bench.Stores.Redis);
        var (owners, id) = (new CallOwners(redis), new CallId(await bench.IdOfAsync(talk.Call)));
        var fickle = await StartFickleAsync(redis, _ => owners.ClaimAsync(id, new CallOwner("worker", 1), "third"));
        Assert.Equal(CommandReply.Done, await new NodeCommands(redis).DrainAsync("worker", CancellationToken.None));
        await Eventually.SeeAsync(
            () => Task.FromResult(bench.Log()), log => log.Contains("stays: node fickle", StringComparison.Ordinal), "it was refused");
        await Task.Delay(TimeSpan.FromSeconds(1)); // in which it would be claimed back
        Assert.Equal(new CallOwner("third", 2), await owners.FindAsync(id));
        await fickle.StopAsync();
    }

    [Fact]
    public async Task A_call_comes_back_where_redis_has_forgotten_whose_it_is_while_it_was_handed_over()
    {
        var talk = await _talks.InboundAsync();
        await _talks.LeftAsync(talk);
        var id = await bench.IdOfAsync(talk.Call);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(bench.Stores.Redis);
        var fickle = await StartFickleAsync(redis, _ => redis.GetDatabase().KeyDeleteAsync(
            [$"wa:{{{id}}}:owner", $"wa:{{{id}}}:live", $"wa:{{{id}}}:snapshot:1"]));
        var watch = Talks.Measure(talk);
        Assert.Equal(CommandReply.Done, await new NodeCommands(redis).DrainAsync("worker", CancellationToken.None));
        await _talks.GoOnAsync(watch, TimeSpan.Zero, talk);
        await talk.Phone.HangUpAsync();
        Assert.Equal(WireName.Of(HangupCause.PbxHungUp), (await bench.EndedRowAsync(talk.Call)).Cause);
        await fickle.StopAsync();
    }

    [Fact]
    public async Task A_call_comes_back_for_good_where_Redis_stands_still_and_runs_the_claim_when_nobody_waits_for_it()
    {
        var talk = await _talks.InboundAsync();
        await _talks.LeftAsync(talk);
        var id = new CallId(await bench.IdOfAsync(talk.Call));
        await using var redis = await ConnectionMultiplexer.ConnectAsync(bench.Stores.Redis);
        var goesOn = new TaskCompletionSource();
        var fickle = await StartFickleAsync(redis, async _ =>
        {
            bench.Stores.Freeze(StoreServer.Redis);
            await Task.Delay(TimeSpan.FromSeconds(10)); // longer than the node waits for the answer, and then for its own claim
            bench.Stores.Thaw(StoreServer.Redis);
            goesOn.SetResult();
        });
        var watch = Talks.Measure(talk);
        Assert.Equal(CommandReply.Done, await new NodeCommands(redis).DrainAsync("worker", CancellationToken.None));
        await _talks.GoOnAsync(watch, TimeSpan.Zero, talk);
        await goesOn.Task;
        await Eventually.SeeAsync(
            () => new CallOwners(redis).FindAsync(id), owner => owner == new CallOwner("worker", 3), "its node has it under a new token",
            owner => $"{owner}\n{bench.Log()}");
        await Task.Delay(TimeSpan.FromSeconds(2)); // several heartbeats, by which a node lets go of what it has lost
        await talk.Phone.HangUpAsync();
        Assert.Equal(WireName.Of(HangupCause.PbxHungUp), (await bench.EndedRowAsync(talk.Call)).Cause);
        await fickle.StopAsync();
    }

    /// <summary>
    /// Its node waits for the answer no longer when the other claims it: so the other ends what it cannot go on with, and nobody has to
    /// wait until a node is found lost.
    /// </summary>
    [Fact]
    public async Task A_call_whose_user_hangs_up_while_it_changes_nodes_ends_at_the_phone_too_although_the_answer_comes_late()
    {
        await using var other = await bench.StartOtherAsync("other", options => options with
        {
            Node = options.Node with { Heartbeat = TimeSpan.FromSeconds(5), Lease = TimeSpan.FromSeconds(30) },
        });
        var talk = await _talks.InboundAsync();
        await _talks.LeftAsync(talk);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(bench.Stores.Redis);
        var leases = new NodeLeases(redis);
        for (var beats = 0; beats < 2; beats++) // from just after a heartbeat to the next only the fickle node seems to have room
        {
            await HasRoomAsync("other");
            await leases.CloseAsync(new LeasedNode("other", ""));
        }
        var claimed = new TaskCompletionSource<CommandReply>();
        var fickle = await StartFickleAsync(redis, async take =>
        {
            await bench.WhatsApp.HangUpAsync(talk.Call);
            await Eventually.SeeAsync(
                () => new RedisCallRegistry(redis, "fickle").FindHolderAsync(
                    new WhatsAppCallId(talk.Call.Id), null, CancellationToken.None),
                holder => holder is { IsTombstone: true }, "its end is known");
            claimed.SetResult(await new NodeCommands(redis).TakeCallAsync("other", take, CancellationToken.None));
            await Task.Delay(Soon); // far longer than its node waits
        });
        Assert.Equal(CommandReply.Done, await new NodeCommands(redis).DrainAsync("worker", CancellationToken.None));
        Assert.Equal(CommandReply.Done, await claimed.Task.WaitAsync(TimeSpan.FromMinutes(1)));
        await talk.Phone.EndedAsync();
        Assert.Equal(WireName.Of(HangupCause.NodeLost), (await bench.EndedRowAsync(talk.Call)).Cause);
        await fickle.StopAsync();
    }

    [Fact]
    public async Task A_node_that_does_not_answer_is_passed_over_and_nobody_hears_of_it()
    {
        var talk = await _talks.InboundAsync();
        await _talks.LeftAsync(talk);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(bench.Stores.Redis);
        var (node, leases, asked) = (new LeasedNode("silent", "1"), new NodeLeases(redis), 0);
        var silent = new NodeCommandListener(redis, node.Id, async _ =>
        {
            Interlocked.Increment(ref asked);
            await Task.Delay(Soon); // as a process that stands still
            return CommandReply.Done;
        });
        await silent.StartAsync();
        await leases.BeatAsync(node, TimeSpan.FromMinutes(5), hasRoom: true);
        var watch = Talks.Measure(talk);
        Assert.Equal(CommandReply.Done, await new NodeCommands(redis).DrainAsync("worker", CancellationToken.None));
        await Eventually.SeeAsync(() => asked == 1, "the silent node was asked", bench.Log);

        await using var third = await bench.StartOtherAsync("third");
        var id = new CallId(await bench.IdOfAsync(talk.Call));
        await Eventually.SeeAsync(
            () => new CallOwners(redis).FindAsync(id), owner => owner?.Node == "third", "a node that answers has it",
            owner => $"{owner}\n{bench.Log()}");
        await _talks.GoOnAsync(watch, TimeSpan.Zero, talk);
        Assert.DoesNotContain("stays: node silent", bench.Log(), StringComparison.Ordinal); // or its audio had stopped meanwhile
        await talk.Phone.HangUpAsync();
        Assert.Equal(WireName.Of(HangupCause.PbxHungUp), (await bench.EndedRowAsync(talk.Call)).Cause);
        await silent.StopAsync();
    }

    [Fact]
    public async Task A_second_signal_waits_for_no_answer_of_a_node_or_of_Redis()
    {
        var talk = await _talks.InboundAsync();
        await _talks.LeftAsync(talk);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(bench.Stores.Redis);
        var (node, asked) = (new LeasedNode("silent", "1"), new TaskCompletionSource());
        var silent = new NodeCommandListener(redis, node.Id, async _ =>
        {
            bench.Stores.Freeze(StoreServer.Redis);
            asked.TrySetResult();
            await Task.Delay(Soon);
            return CommandReply.Done;
        });
        await silent.StartAsync();
        await new NodeLeases(redis).BeatAsync(node, TimeSpan.FromMinutes(5), hasRoom: true);
        bench.Signal("TERM");
        await asked.Task.WaitAsync(TimeSpan.FromMinutes(1));
        bench.Signal("TERM");
        try
        {
            Assert.Equal(0, await bench.ExitedAsync().WaitAsync(TimeSpan.FromMinutes(1)));
        }
        finally
        {
            bench.Stores.Thaw(StoreServer.Redis); // or the tests after this one had none
        }
        await talk.Phone.EndedAsync();
        Assert.Equal(WireName.Of(HangupCause.Draining), (await bench.EndedRowAsync(talk.Call)).Cause);
        await silent.StopAsync();
    }

    /// <summary>A node that says that it could take a call, and then does not.</summary>
    /// <param name="redis">Where it listens.</param>
    /// <param name="onTake">Happens when it is to take one, which is once.</param>
    private static async Task<NodeCommandListener> StartFickleAsync(ConnectionMultiplexer redis, Func<NodeCommand.TakeCall, Task> onTake)
    {
        var (node, leases) = (new LeasedNode("fickle", "1"), new NodeLeases(redis));
        var listener = new NodeCommandListener(redis, node.Id, async command =>
        {
            if (command is not NodeCommand.TakeCall take)
                return CommandReply.Done;
            await leases.EndAsync(node); // so that it is not asked again
            await onTake(take);
            return CommandReply.Refused(HangupCause.NoRoute);
        });
        await listener.StartAsync();
        await leases.BeatAsync(node, TimeSpan.FromMinutes(5), hasRoom: true);
        return listener;
    }

    private async Task HasRoomAsync(string node)
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(bench.Stores.Redis);
        await Eventually.SeeAsync(new NodeLeases(redis).WithRoomAsync, nodes => nodes.Contains(node), "the other node has room");
    }

    /// <summary>The packets that each user has missed so far.</summary>
    private static async Task<IReadOnlyList<long>> LostAsync(Talk[] talks)
    {
        var reports = await Task.WhenAll(talks.Select(talk => talk.Handset.ReportAsync(CancellationToken.None)));
        return [.. reports.Select(report => report.PacketsLost)];
    }
}
