using System.Diagnostics;
using Gateway.Calls;
using Gateway.Storage.Nodes;
using Gateway.Worker.Tests.Calls.Bench;
using Media.Protocols.Primitives;
using Sandbox.Calls;
using StackExchange.Redis;
using Testing;
using Xunit.Abstractions;

namespace Gateway.Worker.Tests.Calls;

/// <summary>kill -9 of a node that has left snapshots of its calls: they go on at others.</summary>
public sealed class LiveTakeoverTests(WorkerBench bench, ITestOutputHelper output) : IClassFixture<WorkerBench>, IAsyncLifetime
{
    /// <summary>From the kill to audio at both ends again: what is promised, and room for a busy machine.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(8);

    /// <summary>No pause of a busy machine, and far below a lease.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(0.8);

    private readonly Talks _talks = new(bench, output);

    public Task InitializeAsync()
    {
        bench.ClusterKeys = ["k1:" + Convert.ToBase64String(new byte[32])];
        return Task.CompletedTask;
    }

    public Task DisposeAsync() => bench.KillAsync();

    [Fact]
    public async Task Calls_both_ways_go_on_at_the_survivor_and_are_charged_to_their_real_end()
    {
        await using var purse = await Purse.OpenAsync(bench.Stores.Postgres, 10);
        await bench.StartAsync();
        await using var survivor = await bench.StartOtherAsync("survivor");
        var (inbound, outbound) = (await _talks.InboundAsync(), await _talks.OutboundAsync());
        await _talks.LeftAsync(inbound, outbound);
        await bench.KillAsync();
        var watch = Talks.Measure(inbound, outbound);
        await _talks.GoOnAsync(watch, Silence, inbound, outbound);
        var talked = watch.Elapsed;
        Assert.InRange(talked, TimeSpan.Zero, Soon);
        var live = await Eventually.SeeAsync(survivor.LiveAsync, shown => shown.Count == 2, "the survivor shows both calls");
        Assert.All(live, call => Assert.Equal(2, call.OwnerToken));

        await inbound.Phone.HangUpAsync();
        await outbound.Phone.HangUpAsync();
        foreach (var talk in new[] { inbound, outbound })
        {
            await WhatsAppSide.UntilAsync(talk.Call, CallState.Ended);
            var row = await bench.EndedRowAsync(talk.Call);
            Assert.Equal(WireName.Of(HangupCause.PbxHungUp), row.Cause);
            Assert.InRange(row.Pulses ?? 0, (int)talked.TotalSeconds, 100); // one a second, from the answer on
            talk.AssertNoIndexTwice(jumps: 1);
        }
        var (balance, held, charges) = await Eventually.SeeAsync(purse.LookAsync, seen => seen.Charges.Count == 2, "both are charged");
        Assert.Equal((0m, 10m), (held, balance + charges.Sum()));
    }

    [Fact]
    public async Task Many_calls_go_on_each_at_one_of_the_survivors()
    {
        await bench.StartAsync();
        await using var first = await bench.StartOtherAsync("first");
        await using var second = await bench.StartOtherAsync("second");
        var talks = new List<Talk>();
        for (var i = 0; i < WorkerBench.ManyCalls; i++)
            talks.Add(await _talks.InboundAsync());
        await _talks.LeftAsync(talks);
        await bench.KillAsync();
        var watch = Talks.Measure(talks);
        await _talks.GoOnAsync(watch, Silence, talks);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, Soon);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(bench.Stores.Redis);
        var owners = await Task.WhenAll(talks.Select(async talk =>
            await new CallOwners(redis).FindAsync(new CallId(await bench.IdOfAsync(talk.Call)))));
        output.WriteLine("owners: " + string.Join(", ", owners));
        Assert.All(owners, owner => Assert.True(owner is { Token: 2, Node: "first" or "second" }, $"{owner}"));
        foreach (var talk in talks)
        {
            talk.AssertNoIndexTwice(jumps: 1);
            await talk.Phone.HangUpAsync();
        }
        foreach (var talk in talks)
            await WhatsAppSide.UntilAsync(talk.Call, CallState.Ended);
    }

    [Fact]
    public async Task A_node_that_starts_again_at_once_goes_on_with_its_own_calls()
    {
        await bench.StartAsync();
        var talk = await _talks.InboundAsync();
        await _talks.LeftAsync(talk);
        await bench.KillAsync();
        var watch = Talks.Measure(talk);
        await bench.StartAsync();
        await _talks.GoOnAsync(watch, Silence, talk);
        await talk.Phone.HangUpAsync();
        Assert.Equal(WireName.Of(HangupCause.PbxHungUp), (await bench.EndedRowAsync(talk.Call)).Cause);
        talk.AssertNoIndexTwice(jumps: 1);
    }

    [Fact]
    public async Task A_call_that_was_answered_a_moment_before_goes_on_too()
    {
        await bench.StartAsync();
        await using var survivor = await bench.StartOtherAsync("survivor");
        var talk = await _talks.AnsweredAsync();
        var answered = Stopwatch.StartNew();
        await _talks.LeftAsync(talk);
        await bench.KillAsync();
        output.WriteLine($"killed {answered.ElapsedMilliseconds} ms after the phone had picked up");
        var watch = Talks.Measure(talk);
        await _talks.GoOnAsync(watch, Silence, talk);
        await talk.Phone.HangUpAsync();
        Assert.Equal(WireName.Of(HangupCause.PbxHungUp), (await bench.EndedRowAsync(talk.Call)).Cause);
    }

    [Fact]
    public async Task A_call_of_which_the_survivor_never_learned_that_it_has_claimed_it_goes_on()
    {
        await bench.StartAsync();
        await using var survivor = await bench.StartOtherAsync("survivor");
        var talk = await _talks.InboundAsync();
        await _talks.LeftAsync(talk);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(bench.Stores.Redis);
        var id = new CallId(await bench.IdOfAsync(talk.Call));
        await bench.KillAsync();
        var watch = Talks.Measure(talk);
        Assert.NotNull(await new CallOwners(redis).ClaimAsync(id, new CallOwner("worker", 1), survivor.Id)); // its answer is lost
        await _talks.GoOnAsync(watch, Silence, talk);
        Assert.Equal(new CallOwner(survivor.Id, 3), await new CallOwners(redis).FindAsync(id));
        await talk.Phone.HangUpAsync();
        Assert.Equal(WireName.Of(HangupCause.PbxHungUp), (await bench.EndedRowAsync(talk.Call)).Cause);
    }

    [Fact]
    public async Task The_end_of_a_call_that_Meta_reported_while_nobody_had_it_ends_it_at_the_phone_too()
    {
        await bench.StartAsync();
        await using var survivor = await bench.StartOtherAsync("survivor");
        var talk = await _talks.InboundAsync();
        await _talks.LeftAsync(talk);
        bench.Relay.Targets.Add(survivor.WebhookUrl);
        await bench.KillAsync();
        await bench.WhatsApp.HangUpAsync(talk.Call);
        await talk.Phone.EndedAsync();
        bench.Relay.Targets.Remove(survivor.WebhookUrl);
        Assert.NotNull((await bench.EndedRowAsync(talk.Call)).Cause);
    }
}
