using System.Diagnostics;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Storage.Nodes;
using StackExchange.Redis;
using Testing;

namespace Gateway.Storage.Tests;

[Collection(StoresCollection.Name)]
public sealed class RedisCallRegistryTests(Stores stores) : IDisposable
{
    private readonly ConnectionMultiplexer _redis = ConnectionMultiplexer.Connect(stores.Redis);
    private readonly WhatsAppCallId _id = new("wacid." + Guid.NewGuid().ToString("n"));

    private RedisCallRegistry Node(string name) => new(_redis, name);

    public void Dispose() => _redis.Dispose();

    [Fact]
    public async Task One_node_claims_a_call_and_every_other_claim_is_a_duplicate()
    {
        var claims = await Task.WhenAll(Enumerable.Range(0, 16).Select(i =>
            Node("n" + i).ClaimAsync(_id, new CallId("c" + i), CancellationToken.None)));
        Assert.Equal(1, claims.Count(c => c == ClaimResult.Claimed));
        Assert.Equal(15, claims.Count(c => c == ClaimResult.Duplicate));
    }

    [Fact]
    public async Task The_claim_of_a_dead_node_is_taken_over_once()
    {
        await Node("gone").ClaimAsync(_id, new CallId("c"), CancellationToken.None);
        var taken = await Task.WhenAll(Enumerable.Range(0, 16).Select(i =>
            Node("n" + i).ReclaimAsync(_id, new CallId("c"), new CallId("d" + i), CancellationToken.None)));
        Assert.Single(taken, won => won);
        var winner = Array.IndexOf(taken, true);
        Assert.Equal(
            new ClaimHolder("n" + winner, new CallId("d" + winner)), await Node("a").FindHolderAsync(_id, null, CancellationToken.None));
        await Node("a").SetTombstoneAsync(_id, CancellationToken.None);
        Assert.False(await Node("b").ReclaimAsync(_id, new CallId("d" + winner), new CallId("e"), CancellationToken.None));
    }

    [Fact]
    public async Task A_call_whose_terminate_came_first_is_never_started()
    {
        Assert.Null(await Node("a").SetTombstoneAsync(_id, CancellationToken.None));
        Assert.Equal(ClaimResult.Tombstoned, await Node("b").ClaimAsync(_id, new CallId("c"), CancellationToken.None));
    }

    [Fact]
    public async Task One_answer_wins()
    {
        var won = await Task.WhenAll(Enumerable.Range(0, 16).Select(i =>
            Node("n" + i).TakeAnswerLockAsync(_id, new CallId("c" + i), CancellationToken.None)));
        Assert.Single(won, w => w);
    }

    [Fact]
    public async Task A_node_that_has_lost_a_call_changes_nothing_of_it()
    {
        var call = new LiveCall(
            new CallId(Guid.NewGuid().ToString("n")), _id, CallDirection.Inbound, new ChannelId("100"), "…0001", "main", "100",
            CallState.Live, DateTimeOffset.UnixEpoch.AddDays(20_000), DateTimeOffset.UnixEpoch.AddDays(20_000).AddSeconds(3), "a");
        Assert.True(await Node("a").PublishAsync(call, CancellationToken.None));
        var owners = new CallOwners(_redis);
        var first = await owners.FindAsync(call.Id);
        Assert.Equal(new CallOwner("a", 1), first);
        var claims = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => owners.ClaimAsync(call.Id, first!.Value, "n" + i)));
        var winner = Assert.Single(claims, claim => claim is not null)!.Value;
        Assert.Equal(2, winner.Token);
        Assert.Equal([call.Id], await owners.LostOfAsync([(call.Id, 1)]));
        Assert.Empty(await owners.LostOfAsync([(call.Id, 2)]));

        Assert.False(await Node("a").PublishAsync(call, CancellationToken.None));
        await Node("a").KeepDialogAsync(call.Id, 1, "of the first", CancellationToken.None);
        Assert.Null((await Node("a").TakeDialogAsync(call.Id, CancellationToken.None)).Text);
        Assert.False(await Node("a").RemoveAsync(call.Id, 1, CancellationToken.None));
        Assert.True(await Node("b").PublishAsync(call with { Node = winner.Node, OwnerToken = 2 }, CancellationToken.None));
        await Node("b").ClaimAsync(_id, call.Id, CancellationToken.None);
        Assert.Equal(winner.Node, (await Node("c").FindHolderAsync(_id, null, CancellationToken.None))?.Node);
        Assert.True(await Node("b").RemoveAsync(call.Id, 2, CancellationToken.None));
        Assert.DoesNotContain(await Node("c").ListAsync(CancellationToken.None), one => one.Id == call.Id);
        Assert.Equal([call.Id], await owners.LostOfAsync([(call.Id, 1)])); // it is over, and the first has stood still all the time
        Assert.False(await Node("a").PublishAsync(call, CancellationToken.None));
    }

    [Fact]
    public async Task One_node_takes_the_dialog_of_a_lost_call_and_may_ask_again_where_the_answer_was_lost()
    {
        var call = new CallId(Guid.NewGuid().ToString("n"));
        Task<TakenDialog> TakeAsync(string node) => Node(node).TakeDialogAsync(call, CancellationToken.None);
        await Node("a").KeepDialogAsync(call, 1, "dialog", CancellationToken.None);
        var taken = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => TakeAsync("n" + i)));
        Assert.Equal(new TakenDialog(true, "dialog"), Assert.Single(taken, one => one.Text is not null));
        var taker = "n" + Array.FindIndex(taken, one => one.Text is not null);
        Assert.Equal("dialog", (await TakeAsync(taker)).Text);
        Assert.All(taken.Where(one => one.Text is null), one => Assert.Equal(TakenDialog.Unknown, one));
        Assert.Equal(TakenDialog.Unknown, await TakeAsync("another"));
        await Node(taker).ForgetDialogAsync(call, CancellationToken.None);
        Assert.Equal(new TakenDialog(true, null), await TakeAsync(taker));
        Assert.Equal(new TakenDialog(true, null), await TakeAsync("another"));
    }

    [Fact]
    public async Task Another_node_takes_the_dialog_where_the_one_that_had_taken_it_died_before_it_hung_up()
    {
        var call = new CallId(Guid.NewGuid().ToString("n"));
        await Node("a").KeepDialogAsync(call, 1, "dialog", CancellationToken.None);
        Assert.Equal("dialog", (await Node("b").TakeDialogAsync(call, CancellationToken.None)).Text);
        var asked = Stopwatch.GetTimestamp();
        TakenDialog taken;
        while (!(taken = await Node("c").TakeDialogAsync(call, CancellationToken.None)).WasAnswered)
        {
            Assert.InRange(Stopwatch.GetElapsedTime(asked), TimeSpan.Zero, TimeSpan.FromSeconds(20));
            await Task.Delay(100);
        }
        Assert.Equal("dialog", taken.Text);
        Assert.False((await Node("b").TakeDialogAsync(call, CancellationToken.None)).WasAnswered); // it had only stood still
    }

    [Fact]
    public async Task A_call_goes_on_whose_owner_has_left_a_snapshot_or_which_another_node_has_claimed()
    {
        var (call, snapshots, owners) = (new CallId(Guid.NewGuid().ToString("n")), new CallSnapshotStore(_redis), new CallOwners(_redis));
        Task<bool?> GoesOnAsync() => Node("b").GoesOnAsync(call, 1, CancellationToken.None);
        Assert.False(await GoesOnAsync());
        await Node("a").PublishAsync(
            new LiveCall(
                call, _id, CallDirection.Inbound, new ChannelId("100"), "…0001", "main", "100", CallState.Live,
                DateTimeOffset.UnixEpoch.AddDays(20_000), null, "a"),
            CancellationToken.None);
        Assert.False(await GoesOnAsync());
        await snapshots.WriteAsync([new CallSnapshotEntry(call, 1, [1])]);
        Assert.True(await GoesOnAsync());
        await snapshots.RemoveAsync(call, 1);
        Assert.False(await GoesOnAsync());
        Assert.NotNull(await owners.ClaimAsync(call, new CallOwner("a", 1), "b"));
        Assert.True(await GoesOnAsync());
        await owners.EndAsync(call, "a"); // whose it is no more
        Assert.False(await Node("a").WasEndedAsync(call, CancellationToken.None));
        await owners.EndAsync(call, "b");
        Assert.True(await Node("a").WasEndedAsync(call, CancellationToken.None));
        Assert.Equal([call], await owners.LostOfAsync([(call, 1)]));
        Assert.True(await Node("b").RemoveAsync(call, 2, CancellationToken.None));
    }

    [Fact]
    public async Task A_lease_lapses_without_heartbeats_and_is_seen_by_others_and_by_its_node()
    {
        var leases = new NodeLeases(_redis);
        var (silent, other) = (new LeasedNode(Guid.NewGuid().ToString("n"), "1"), new LeasedNode(Guid.NewGuid().ToString("n"), "1"));
        Assert.False((await leases.BeatAsync(silent, TimeSpan.FromMilliseconds(100), hasRoom: true)).HadLapsed);
        Assert.Contains(silent.Id, await leases.WithRoomAsync());
        LeaseBeat beat;
        do
            beat = await leases.BeatAsync(other, TimeSpan.FromSeconds(30), hasRoom: false);
        while (!beat.Lapsed.Contains(silent));
        Assert.False(beat.HadLapsed);
        Assert.DoesNotContain(silent.Id, await leases.WithRoomAsync());
        Assert.DoesNotContain(other.Id, await leases.WithRoomAsync());
        Assert.True((await leases.BeatAsync(silent, TimeSpan.FromSeconds(30), hasRoom: true)).HadLapsed);
        Assert.DoesNotContain(silent, (await leases.BeatAsync(other, TimeSpan.FromSeconds(30), hasRoom: true)).Lapsed);
        await leases.EndAsync(silent);
        await leases.EndAsync(other);
    }

    [Fact]
    public async Task Live_calls_of_all_nodes_are_listed_until_they_are_removed()
    {
        var call = new LiveCall(
            new CallId(Guid.NewGuid().ToString("n")), _id, CallDirection.Outbound, new ChannelId("100"), "…0001", "main", "100",
            CallState.Live, DateTimeOffset.UnixEpoch.AddDays(20_000), DateTimeOffset.UnixEpoch.AddDays(20_000).AddSeconds(3), "a");
        await Node("a").PublishAsync(call, CancellationToken.None);
        Assert.Contains(call, await Node("b").ListAsync(CancellationToken.None));

        await Node("a").RemoveAsync(call.Id, 1, CancellationToken.None);
        Assert.DoesNotContain(call, await Node("b").ListAsync(CancellationToken.None));
    }
}
