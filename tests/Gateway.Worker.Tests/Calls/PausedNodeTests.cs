using Gateway.Calls;
using Gateway.Storage.Nodes;
using Gateway.Worker.Tests.Calls.Bench;
using Sandbox.Calls;
using StackExchange.Redis;
using Testing;
using Xunit.Abstractions;

namespace Gateway.Worker.Tests.Calls;

/// <summary>A process that stood still for longer than its lease: when it wakes, it does nothing about calls that it has lost.</summary>
public sealed class PausedNodeTests(WorkerBench bench, ITestOutputHelper output) : IClassFixture<WorkerBench>
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task It_lets_go_of_what_was_taken_over_without_a_word_and_the_rest_goes_on()
    {
        await bench.StartAsync();
        await using var redis = await ConnectionMultiplexer.ConnectAsync(bench.Stores.Redis);
        var (owners, leases) = (new CallOwners(redis), new NodeLeases(redis));
        var (lost, lostAgent) = await TalkAsync();
        var (kept, keptAgent) = await TalkAsync();
        var id = new CallId(await bench.IdOfAsync(lost));
        var owner = await Eventually.SeeAsync(() => owners.FindAsync(id), found => found is not null, "the call has its owner in Redis");
        bench.Signal("STOP");
        var other = new LeasedNode("other", "1");
        await Eventually.SeeAsync(
            () => leases.BeatAsync(other, TimeSpan.FromSeconds(30), hasRoom: false),
            beat => beat.Lapsed.Any(node => node.Id == owner!.Value.Node), "the lease has lapsed");
        Assert.Equal(new CallOwner("other", 2), await owners.ClaimAsync(id, owner!.Value, "other"));
        await Task.Delay(Pause);
        while (lostAgent.Sip.Events.TryRead(out _)) { } // from before the pause

        var before = await SeenAsync(lost, lostAgent);
        var keptBefore = (await SeenAsync(kept, keptAgent)).AtPbx;
        bench.Signal("CONT");
        await Eventually.SeeAsync(
            () => bench.GetAsync("/metrics"), found => found.Body.Contains("gateway_nodes_calls_let_go_total 1"), "it has let go");
        await Eventually.SeeAsync(
            () => SeenAsync(kept, keptAgent), seen => seen.AtPbx > keptBefore + 100, "the other call goes on for two seconds");
        await keptAgent.HearsAsync(WhatsAppSide.Hertz);
        var after = await SeenAsync(lost, lostAgent);
        output.WriteLine($"lost call before: {before}, two seconds after it woke: {after}");
        Assert.Equal(before, after);
        Assert.False(lostAgent.Sip.Events.TryRead(out var happened), $"the PBX heard {happened}");
        Assert.Equal(CallState.Active, lost.State);
        Assert.Null(Assert.Single(await bench.RowsAsync(lost)).Cause);
        Assert.Empty(bench.SpoolFiles());
        Assert.Equal(new CallOwner("other", 2), await owners.FindAsync(id));

        await owners.EndAsync(id, "other"); // which could not go on with it, and does not know its phone
        await lostAgent.EndedAsync();
        Assert.Equal(new CallOwner("other", 2) { IsOver = true }, await owners.FindAsync(id));
        await bench.KillAsync();
    }

    private async Task<(SandboxCall Call, PbxCall Agent)> TalkAsync()
    {
        var call = await bench.WhatsApp.PlaceAsync(bench.WhatsApp.User(handset: "native"));
        var agent = await bench.Pbx.NextAsync();
        await agent.AnswerAsync();
        await agent.HearsAsync(WhatsAppSide.Hertz);
        await bench.NotedAsync(call);
        return (call, agent);
    }

    /// <summary>What has reached both sides of a call.</summary>
    private static async Task<(long AtPbx, long AtUser, int Actions)> SeenAsync(SandboxCall call, PbxCall agent)
    {
        var report = await call.Handset.ReportAsync(CancellationToken.None);
        return (agent.Phone.Received, report.PacketsReceived, WhatsAppSide.Actions(call).Count);
    }
}
