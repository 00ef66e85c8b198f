using Gateway.Calls;
using Gateway.Calls.Admission;
using Gateway.Calls.Records;
using Gateway.Storage.Calls;
using Gateway.Storage.Nodes;
using Npgsql;
using Testing;

namespace Gateway.Storage.Tests;

[Collection(StoresCollection.Name)]
public sealed class OrphanSweeperTests(Stores stores) : IAsyncLifetime
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(60);

    private readonly NpgsqlDataSource _database = NpgsqlDataSource.Create(stores.Postgres);
    private readonly string _node = "n" + Guid.NewGuid().ToString("n")[..8];

    public Task InitializeAsync() => Migrator.MigrateAsync(_database, CancellationToken.None);

    public Task DisposeAsync() => _database.DisposeAsync().AsTask();

    [Fact]
    public async Task What_an_earlier_start_left_open_is_charged_for_the_time_known_and_only_once()
    {
        var billing = await BillingSetup.OpenAsync(_database, 100);
        await billing.AddRateAsync("", 1m);
        var request = await BeginAsync(billing, Sweeper("first", _node), firstSeconds: 600, answeredAfter: 10);
        await ShiftAsync(billing, request.Call, seconds: 40); // the last heartbeat of the first start came 40 s after the answer
        var sweepers = Enumerable.Range(0, 3).Select(_ => Sweeper("second", _node)).ToArray();
        await Task.WhenAll(sweepers.Select(s => s.SweepAsync(CancellationToken.None)));

        var record = (await billing.Calls.FindAsync(request.Call, CancellationToken.None))!;
        Assert.Equal((HangupCause.NodeLost, TimeSpan.FromSeconds(40)), (record.Cause, record.EndedAt - record.AnsweredAt));
        Assert.Equal((7, 0.7m), (record.Price!.Pulses, record.Price.Amount));
        Assert.Equal((99.3m, 0m), await billing.MoneyAsync());

        // The node lives after all, and settles: the first completion stays.
        await billing.Calls.CompleteAsync(
            record with { Cause = HangupCause.PbxHungUp, EndedAt = record.EndedAt.AddSeconds(60) }, CancellationToken.None);
        Assert.Equal((99.3m, 0m), await billing.MoneyAsync());
    }

    [Fact]
    public async Task A_lost_call_costs_no_more_than_what_was_held_for_it()
    {
        var billing = await BillingSetup.OpenAsync(_database, 100);
        await billing.AddRateAsync("", 1m);
        var request = await BeginAsync(billing, Sweeper("first", _node), firstSeconds: 30, answeredAfter: 0);
        await ShiftAsync(billing, request.Call, seconds: 500);
        await Sweeper("second", _node).SweepAsync(CancellationToken.None);
        Assert.Equal((99.5m, 0m), await billing.MoneyAsync());
    }

    [Fact]
    public async Task A_user_whose_call_died_with_its_node_was_missed_and_pays_nothing()
    {
        var billing = await BillingSetup.OpenAsync(_database, 100);
        await billing.AddRateAsync("", 1m);
        var request = await BeginAsync(billing, Sweeper("first", _node), firstSeconds: 30, answeredAfter: null);
        await Sweeper("second", _node).SweepAsync(CancellationToken.None);
        Assert.Equal((100m, 0m), await billing.MoneyAsync());
        Assert.Equal("node_lost", await billing.QueryAsync<string>(
            "SELECT cause FROM missed_calls WHERE call_id = @id", new { id = request.Call.Value }));
    }

    [Fact]
    public async Task A_pick_up_that_only_Meta_knows_of_is_charged_and_an_ended_call_stays_as_it_was()
    {
        var billing = await BillingSetup.OpenAsync(_database, 100);
        await billing.AddRateAsync("", 1m);
        var request = await BeginAsync(billing, Sweeper("first", _node), firstSeconds: 600, answeredAfter: null);
        await TalkedAsync(request, 12);
        await TalkedAsync(request, 20); // said again
        await ShiftAsync(billing, request.Call, seconds: 40);
        await Sweeper("second", _node).SweepAsync(CancellationToken.None);
        var record = (await billing.Calls.FindAsync(request.Call, CancellationToken.None))!;
        Assert.Equal((HangupCause.NodeLost, "wacid.late"), (record.Cause, record.WhatsAppId?.Value));
        Assert.InRange((record.AnsweredAt!.Value - request.At).TotalSeconds, 11.9, 12.1);
        Assert.Equal(TimeSpan.FromSeconds(40), record.EndedAt - record.AnsweredAt);
        Assert.Equal((99.3m, 0m), await billing.MoneyAsync());

        var ended = await BeginAsync(billing, Sweeper("first", _node), firstSeconds: 600, answeredAfter: null);
        await Sweeper("second", _node).SweepAsync(CancellationToken.None);
        await TalkedAsync(ended, 12);
        Assert.Null((await billing.Calls.FindAsync(ended.Call, CancellationToken.None))!.AnsweredAt);

        Task TalkedAsync(AdmissionRequest call, int after) => billing.Calls.TalkedAsync(
            call.Call, new WhatsAppCallId("wacid.late"), call.At.AddSeconds(after), CancellationToken.None);
    }

    [Fact]
    public async Task Another_node_is_dead_when_it_was_silent_while_we_were_heard_all_the_time()
    {
        var billing = await BillingSetup.OpenAsync(_database, 100);
        await billing.AddRateAsync("", 1m);
        var (dead, watcher) = (Sweeper("s", _node + "a"), Sweeper("s", _node + "b"));
        await BeginAsync(billing, dead, firstSeconds: 30, answeredAfter: 0, node: _node + "a", start: "s");
        await watcher.BeatAsync(CancellationToken.None);
        await ClockAsync(billing, _node + "a", seen: 61);

        await watcher.SweepAsync(CancellationToken.None); // only now it begins to watch
        Assert.True((await billing.MoneyAsync()).Held > 0);

        await ClockAsync(billing, _node + "b", seen: 10, steady: 70);
        await watcher.SweepAsync(CancellationToken.None);
        Assert.Equal(0, (await billing.MoneyAsync()).Held);
    }

    [Fact]
    public async Task After_an_outage_of_PostgreSQL_nobody_buries_anybody()
    {
        var billing = await BillingSetup.OpenAsync(_database, 100);
        await billing.AddRateAsync("", 1m);
        var (other, watcher) = (Sweeper("s", _node + "a"), Sweeper("s", _node + "b"));
        await BeginAsync(billing, other, firstSeconds: 30, answeredAfter: 0, node: _node + "a", start: "s");
        await watcher.BeatAsync(CancellationToken.None);
        await ClockAsync(billing, _node + "a", seen: 300);
        await ClockAsync(billing, _node + "b", seen: 300, steady: 3000);

        await watcher.SweepAsync(CancellationToken.None);
        Assert.True((await billing.MoneyAsync()).Held > 0);
        await other.BeatAsync(CancellationToken.None);
        await ClockAsync(billing, _node + "b", seen: 10, steady: 70);
        await watcher.SweepAsync(CancellationToken.None);
        Assert.True((await billing.MoneyAsync()).Held > 0);
    }

    [Fact]
    public async Task Holds_without_a_call_go_once_their_node_is_gone_or_the_call_is_over()
    {
        var billing = await BillingSetup.OpenAsync(_database, 100);
        await billing.AddRateAsync("", 1m);
        var (gone, ours, late) = (billing.Request(), billing.Request(), billing.Request());
        await Sweeper("first", _node).BeatAsync(CancellationToken.None);
        var second = Sweeper("second", _node);
        await second.BeatAsync(CancellationToken.None);
        await billing.FundAsync(gone with { Node = _node, NodeStart = "first" });
        await billing.FundAsync(ours with { Node = _node, NodeStart = "second" });
        await billing.Calls.CompleteAsync(BillingSetup.Record(
            late, null, null, HangupCause.StorageUnavailable) with { Node = _node, NodeStart = "second" }, CancellationToken.None);
        await billing.FundAsync(late with { Node = _node, NodeStart = "second" });

        await second.SweepAsync(CancellationToken.None);
        Assert.Equal(ours.Call.Value, await billing.QueryAsync<string>(
            "SELECT call_id FROM holds WHERE account = @Account", new { billing.Account }));
    }

    [Fact]
    public async Task A_call_that_its_second_owner_left_open_is_closed_like_any_other()
    {
        var billing = await BillingSetup.OpenAsync(_database, 100);
        await billing.AddRateAsync("", 1m);
        var request = await BeginAsync(billing, Sweeper("first", _node + "a"), 600, answeredAfter: 10, node: _node + "a");
        await Sweeper("first", _node).BeatAsync(CancellationToken.None);
        Assert.True(await billing.Calls.TakeOverAsync(request.Call, request.At, (_node, "first"), 2, CancellationToken.None));
        await ShiftAsync(billing, request.Call, seconds: 40);
        await Sweeper("second", _node).SweepAsync(CancellationToken.None);
        Assert.Equal(HangupCause.NodeLost, (await billing.Calls.FindAsync(request.Call, CancellationToken.None))!.Cause);
        Assert.Equal((99.3m, 0m), await billing.MoneyAsync());
    }

    [Fact]
    public async Task One_open_call_is_found_as_far_as_it_is_known_whether_its_node_lives_or_not()
    {
        var billing = await BillingSetup.OpenAsync(_database, 100);
        await billing.AddRateAsync("", 1m);
        var sweeper = Sweeper("first", _node);
        var request = await BeginAsync(billing, sweeper, firstSeconds: 600, answeredAfter: 10);
        var other = await BeginAsync(billing, sweeper, firstSeconds: 600, answeredAfter: 10);
        await ShiftAsync(billing, request.Call, seconds: 40);
        var record = (await sweeper.FindAsync(request.Call, CancellationToken.None))!;
        Assert.Equal((request.Call, HangupCause.NodeLost), (record.Id, record.Cause));
        Assert.Equal(TimeSpan.FromSeconds(40), record.EndedAt - record.AnsweredAt);
        await billing.Calls.CompleteAsync(record, CancellationToken.None);
        Assert.Null(await sweeper.FindAsync(request.Call, CancellationToken.None));
        Assert.NotNull(await sweeper.FindAsync(other.Call, CancellationToken.None));
    }

    [Fact]
    public async Task A_sign_of_life_is_as_old_as_it_is_and_of_an_unknown_node_there_is_none()
    {
        var (signs, node) = (new NodeSigns(_database), new LeasedNode(_node, "s"));
        await signs.GiveAsync(node, null, CancellationToken.None);
        Assert.Null(await signs.AgeAsync(node, CancellationToken.None));
        await Sweeper("s", _node).BeatAsync(CancellationToken.None);
        await ClockAsync(await BillingSetup.OpenAsync(_database, 1), _node, seen: 61);
        Assert.InRange((await signs.AgeAsync(node, CancellationToken.None))!.Value, TimeSpan.FromSeconds(61), TimeSpan.FromSeconds(90));
        await signs.GiveAsync(node, null, CancellationToken.None);
        Assert.InRange((await signs.AgeAsync(node, CancellationToken.None))!.Value, TimeSpan.Zero, TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Nodes_say_that_Redis_does_not_hear_them_and_since_when()
    {
        var (signs, other) = (new NodeSigns(_database), _node + "-other");
        await Sweeper("before", other).BeatAsync(CancellationToken.None);
        await signs.GiveAsync(new LeasedNode(other, "before"), TimeSpan.Zero, CancellationToken.None);
        await ClockAsync(await BillingSetup.OpenAsync(_database, 1), other, seen: 5); // an earlier start of it
        await Sweeper("now", other).BeatAsync(CancellationToken.None);
        var sign = Assert.Single(await signs.ListAsync([other, "nobody"], CancellationToken.None));
        Assert.Equal((other, null, null), (sign.Node, sign.Unheard, sign.Heard));

        await signs.GiveAsync(new LeasedNode(other, "now"), TimeSpan.FromMinutes(2), CancellationToken.None);
        sign = Assert.Single(await signs.ListAsync([other, "nobody"], CancellationToken.None));
        Assert.All([sign.Seen, sign.Unheard, sign.Heard - TimeSpan.FromMinutes(2)],
            age => Assert.InRange(age!.Value, TimeSpan.Zero, TimeSpan.FromSeconds(30)));
    }

    private OrphanSweeper Sweeper(string start, string node) =>
        new(_database, new PostgresCallStore(_database).CompleteAsync, node, start, Silence);

    private async Task<AdmissionRequest> BeginAsync(
        BillingSetup billing, OrphanSweeper owner, int firstSeconds, int? answeredAfter, string? node = null, string start = "first")
    {
        await owner.BeatAsync(CancellationToken.None);
        var request = billing.Request(
            firstSeconds: firstSeconds) with { Node = node ?? _node, NodeStart = start, At = DateTimeOffset.UtcNow.AddHours(-1) };
        var identity = new CallIdentity(request.Call, request.Direction, request.Channel, request.User, request.Node, request.NodeStart);
        await billing.Calls.BeginAsync(identity, request.At, CancellationToken.None);
        await billing.FundAsync(request);
        if (answeredAfter is { } seconds)
            await billing.Calls.AnsweredAsync(
                [new CallAnswer(identity, request.At, request.At.AddSeconds(seconds), null, null, null)], CancellationToken.None);
        return request;
    }

    /// <summary>Sets the last heartbeat of the call's node to this time after the answer.</summary>
    private static Task ShiftAsync(BillingSetup billing, CallId call, int seconds) => billing.ExecuteAsync(
        """
        UPDATE holds SET extended_at = c.answered_at + make_interval(secs => @seconds) FROM calls c WHERE c.id = call_id AND call_id = @id;
        UPDATE nodes n SET seen_at = c.answered_at + make_interval(secs => @seconds) FROM calls c WHERE c.id = @id AND n.node = c.node
            AND n.start = c.node_start;
        """,
        new { id = call.Value, seconds });

    /// <summary>Sets a node's times this many seconds into the past.</summary>
    private static Task ClockAsync(BillingSetup billing, string node, int seen, int? steady = null) => billing.ExecuteAsync(
        """
        UPDATE nodes SET seen_at = clock_timestamp() - make_interval(secs => @seen),
            steady_since = coalesce(clock_timestamp() - make_interval(secs => @steady), steady_since) WHERE node = @node;
        UPDATE holds SET extended_at = clock_timestamp() - make_interval(secs => @seen) WHERE node = @node;
        """,
        new { node, seen, steady });
}
