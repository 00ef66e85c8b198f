using Dapper;
using Gateway.Calls;
using Gateway.Calls.Permissions;
using Gateway.Calls.Records;
using Gateway.Storage.Admin;
using Gateway.Storage.Calls;
using Gateway.Storage.Contacts;
using Gateway.Storage.Parking;
using Media.Protocols.Primitives;
using Npgsql;
using Testing;

namespace Gateway.Storage.Tests.Parking;

/// <summary>A parked call from its creation to its end, with any number of nodes that look after it.</summary>
[Collection(StoresCollection.Name)]
public sealed class ParkedCallTests(Stores stores) : IAsyncLifetime
{
    private static readonly PermissionLimits Limits = new();
    private static readonly AgentId Anna = new("anna");

    /// <summary>Whole seconds, as Meta's times are.</summary>
    private readonly DateTimeOffset _now = DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.ToUnixTimeSeconds());
    private readonly ChannelId _channel = new(Guid.NewGuid().ToString("n"));
    private readonly NpgsqlDataSource _database = NpgsqlDataSource.Create(stores.Postgres);
    private readonly GroupId _group = new("g" + Guid.NewGuid().ToString("n"));
    private int _lastUser;

    private ParkedCallStore Parked => new(_database);

    private ParkedPlacementStore Nodes => new(_database);

    private ContactStore Contacts => new(_database, Limits);

    private ParkedTarget OfGroup => new(null, _group);

    public async Task InitializeAsync()
    {
        await Migrator.MigrateAsync(_database, CancellationToken.None);
        await using var connection = await _database.OpenConnectionAsync();
        await connection.ExecuteAsync(
            "DELETE FROM parked_calls; INSERT INTO channels (id, number) VALUES (@id, '15559999')", new { id = _channel.Value });
    }

    public Task DisposeAsync() => _database.DisposeAsync().AsTask();

    [Fact]
    public async Task A_user_has_one_parked_call_and_what_is_cancelled_is_over()
    {
        var user = NextUser();
        var first = await ParkAsync(user);
        Assert.Equal((first.Id, false), await Parked.ParkAsync(Call(user), "key:b", _now, default) is var again
            ? (again.Row!.Id, again.IsDone) : default);

        Assert.Equal(("cancelled", true), await Parked.CancelAsync(first.Id, "key:b", _now, default) is var gone
            ? (gone.Row!.State, gone.IsDone) : default);
        Assert.False((await Parked.CancelAsync(first.Id, "key:b", _now, default)).IsDone);
        Assert.Null((await Parked.CancelAsync("none", "key:b", _now, default)).Row);
        Assert.NotEqual(first.Id, (await ParkAsync(user)).Id);
        Assert.Equal(["parked_call.waiting_permission", "parked_call.cancelled"], await EventsAsync(first.Id));
        var audit = await new AuditStore(_database).ListAsync(
            new AuditQuery(null, null, $"parked_call:{first.Id}", null, null, null, 10), default);
        Assert.Equal([("key:b", "parked_call.cancel"), ("key:a", "parked_call.create")], audit.Select(row => (row.Actor, row.Action)));
    }

    [Fact]
    public async Task Lists_go_by_state_group_and_contact_page_by_page()
    {
        for (var i = 0; i < 3; i++)
            await ParkAsync(NextUser(), at: _now.AddSeconds(i));
        var other = (await Parked.ParkAsync(
            Call(NextUser()) with { Agent = Anna, Group = null, Reference = "May" }, "key:a", _now, default)).Row!;
        var all = new ParkedCallQuery(ParkedCallState.WaitingPermission, _group.Value, null, null, null, null, 2);
        var page = await Parked.ListAsync(all, default);
        var rest = await Parked.ListAsync(all with { AfterTime = page[1].CreatedAt, AfterId = page[1].Id }, default);

        Assert.Equal([_now.AddSeconds(2), _now.AddSeconds(1), _now], page.Concat(rest).Select(row => row.CreatedAt));
        Assert.Empty(await Parked.ListAsync(all with { State = ParkedCallState.Done }, default));
        Assert.Equal("May", Assert.Single(await Parked.ListAsync(
            new ParkedCallQuery(null, null, Anna.Value, other.Contact, null, null, 9), default)).Reference);
    }

    [Fact]
    public async Task It_follows_the_permission_of_its_user_until_that_is_refused()
    {
        var user = NextUser();
        var parked = await ParkAsync(user);
        await ApplyAsync(user, known => known.Granted(_now, _now.AddHours(1), false, PermissionDecider.User, Limits));
        Assert.Equal("waiting_agent", await SweptAsync(parked.Id, _now));
        Assert.Equal("waiting_permission", await SweptAsync(parked.Id, _now.AddHours(1)));
        Assert.Null(await ClaimAsync(_now.AddHours(1)));
        await ApplyAsync(user, known => known.Declined(_now.AddHours(2)));
        Assert.Equal("refused", await SweptAsync(parked.Id, _now.AddHours(2)));

        Assert.Equal("declined", (await FindAsync(parked.Id)).Cause);
        Assert.Equal(
            ["parked_call.waiting_permission", "parked_call.waiting_agent", "parked_call.waiting_permission", "parked_call.refused"],
            await EventsAsync(parked.Id));
    }

    [Fact]
    public async Task A_refusal_from_before_it_was_parked_does_not_end_it_and_its_time_does()
    {
        var user = NextUser();
        await ApplyAsync(user, known => known.Declined(_now.AddSeconds(-1)));
        var parked = await ParkAsync(user);
        Assert.Equal("waiting_permission", await SweptAsync(parked.Id, _now));
        Assert.Equal("waiting_permission", await SweptAsync(parked.Id, parked.ExpiresAt.AddSeconds(-1)));
        Assert.Equal("expired", await SweptAsync(parked.Id, parked.ExpiresAt));
        Assert.False((await Parked.CancelAsync(parked.Id, "key:a", _now, default)).IsDone);
    }

    [Fact]
    public async Task Of_many_nodes_one_claims_each_and_one_places_it()
    {
        const int nodes = 20, calls = 5;
        for (var i = 0; i < calls; i++)
            await ParkPermittedAsync();

        var claims = (await Task.WhenAll(Enumerable.Range(0, nodes).Select(_ => ClaimAsync(_now)))).OfType<ClaimedCall>().ToArray();

        Assert.Equal(calls, claims.Length);
        Assert.Equal(calls, claims.DistinctBy(claim => claim.Id).Count());
        var later = _now + ParkedPlacementStore.ClaimedFor; // the nodes that claimed them are dead
        var again = (await Task.WhenAll(Enumerable.Range(0, nodes).Select(_ => ClaimAsync(later)))).OfType<ClaimedCall>().ToArray();
        Assert.Equal(claims.Select(claim => claim.Id).Order(), again.Select(claim => claim.Id).Order());
        var placed = await Task.WhenAll(claims.Concat(again).Select(PlaceAsync)); // or not, after all
        Assert.Equal(calls, placed.Count(isPlaced => isPlaced));
        Assert.All(placed.Take(calls), isPlaced => Assert.False(isPlaced));
        Assert.All(await Task.WhenAll(Enumerable.Range(0, nodes).Select(_ => ClaimAsync(later.AddMinutes(1)))), Assert.Null);
    }

    [Fact]
    public async Task A_claim_that_is_given_up_is_free_at_once_and_a_cancelled_call_is_not_placed()
    {
        var parked = await ParkPermittedAsync();
        Assert.Equal([OfGroup], await Nodes.TargetsAsync([_channel], _now, default));
        Assert.Empty(await Nodes.TargetsAsync([new ChannelId("other")], _now, default));
        var claim = await ClaimAsync(_now);
        Assert.Empty(await Nodes.TargetsAsync([_channel], _now, default));
        await Nodes.GiveUpAsync(claim!, _now, default);
        claim = await ClaimAsync(_now);
        Assert.NotNull(claim);
        Assert.True((await Parked.CancelAsync(parked.Id, "key:a", _now, default)).IsDone);
        Assert.False(await PlaceAsync(claim));
    }

    /// <summary>What an attempt that reached nobody costs is time.</summary>
    [Theory]
    [InlineData(HangupCause.BalanceTooLow)]
    [InlineData(HangupCause.NoCapacity)]
    [InlineData(HangupCause.Busy)]
    [InlineData(HangupCause.AgentUnavailable)]
    public async Task A_call_that_reached_nobody_is_placed_again_after_a_pause_that_grows(HangupCause cause)
    {
        var parked = await ParkPermittedAsync();
        var now = _now;
        foreach (var pause in new[] { ParkedPlacementStore.FirstBackOff, ParkedPlacementStore.FirstBackOff * 2 })
        {
            await EndAsync(await PlaceAsync(now), now, record => record with { Cause = cause });
            Assert.Equal("waiting_agent", await SweptAsync(parked.Id, now));
            Assert.Null(await ClaimAsync(now + pause - TimeSpan.FromSeconds(1)));
            now += pause;
        }
        Assert.Equal((2, WireName.Of(cause)), await FindAsync(parked.Id) is var row ? (row.Attempts, row.Cause) : default);
        Assert.NotNull(await ClaimAsync(now));
    }

    [Fact]
    public async Task A_call_that_may_have_reached_the_user_is_never_placed_again()
    {
        (string Cause, bool Answered, Func<CallRecord, CallRecord> How)[] ends =
        [
            ("no_answer", false, record => record with { Trunk = "main", Cause = HangupCause.NoAnswer }),
            ("pbx_hung_up", true, record => record with
            {
                Trunk = "main", WhatsAppId = new WhatsAppCallId("w"), AnsweredAt = record.StartedAt, Cause = HangupCause.PbxHungUp,
            }),
            ("node_lost", false, record => record with { Cause = HangupCause.NodeLost }),
            ("operator_hung_up", false, record => record with { Cause = HangupCause.OperatorHungUp }),
        ];
        foreach (var (cause, answered, how) in ends)
        {
            var parked = await ParkPermittedAsync();
            await EndAsync(await PlaceAsync(_now), _now, how);
            Assert.Equal("done", await SweptAsync(parked.Id, _now));
            Assert.Equal((cause, answered), await FindAsync(parked.Id) is var row ? (row.Cause, row.Answered!.Value) : default);
        }

        var lost = await ParkPermittedAsync();
        await PlaceAsync(_now); // and its node died before anything was noted of the call
        Assert.Equal("placed", await SweptAsync(lost.Id, _now.AddMinutes(9)));
        Assert.Equal("done", await SweptAsync(lost.Id, _now.AddMinutes(11)));
    }

    [Fact]
    public async Task A_user_is_asked_by_one_node_and_once()
    {
        var parked = await ParkAsync(NextUser());
        Assert.Equal(parked.Id, Assert.Single((await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => AsksAsync(_now))))
            .SelectMany(asks => asks)).Id);
        var later = _now + ParkedPlacementStore.AskingFor; // it died
        Assert.Single(await AsksAsync(later));
        await Nodes.AskLaterAsync(parked.Id, later.AddHours(3), "daily_limit", default);
        Assert.Empty(await AsksAsync(later.AddHours(2)));
        Assert.Equal("daily_limit", (await FindAsync(parked.Id)).Cause);
        Assert.Single(await AsksAsync(later.AddHours(3)));
        await Nodes.AskedAsync(parked.Id, later.AddHours(3), default);
        Assert.Empty(await AsksAsync(later.AddHours(9)));

        await Parked.ParkAsync(Call(NextUser()) with { Asks = false }, "key:a", _now, default);
        Assert.Empty(await AsksAsync(later));
    }

    [Fact]
    public async Task It_stays_with_a_user_whose_two_rows_become_one()
    {
        var (phone, id) = (NextUser(), new WhatsAppUser(null, "US.1" + _channel));
        await ApplyAsync(phone, known => known); // the older row, which stays
        var first = await ParkAsync(id);
        var both = await ApplyAsync(phone with { UserId = id.UserId }, known => known);
        Assert.Equal(both.Id, (await FindAsync(first.Id)).Contact);
        await ApplyAsync(phone, known => known.Granted(_now, null, true, PermissionDecider.User, Limits));
        await SweptAsync(first.Id, _now);
        Assert.Equal((phone.Phone, id.UserId), await ClaimAsync(_now) is { User: var user } ? (user.Phone, user.UserId) : default);
    }

    private WhatsAppUser NextUser() => new($"1555{++_lastUser:0000000}");

    private NewParkedCall Call(WhatsAppUser user) => new(_channel, user, null, _group, true, 20, null, _now.AddDays(1));

    private async Task<ParkedCallRow> ParkAsync(WhatsAppUser user, DateTimeOffset? at = null)
    {
        var (row, isDone) = await Parked.ParkAsync(Call(user), "key:a", at ?? _now, default);
        Assert.True(isDone);
        return row!;
    }

    private async Task<ParkedCallRow> ParkPermittedAsync()
    {
        var user = NextUser();
        await ApplyAsync(user, known => known.Granted(_now, null, true, PermissionDecider.User, Limits));
        var parked = await ParkAsync(user);
        Assert.Equal("waiting_agent", parked.State);
        return parked;
    }

    private Task<Contact> ApplyAsync(WhatsAppUser user, Func<ContactPermission, ContactPermission> transition) =>
        Contacts.ApplyAsync(_channel, user, _now, transition, null, default);

    private Task<ClaimedCall?> ClaimAsync(DateTimeOffset now) => Nodes.ClaimAsync(OfGroup, [_channel], now, default);

    private Task<IReadOnlyList<DueAsk>> AsksAsync(DateTimeOffset now) => Nodes.TakeAsksAsync([_channel], 10, now, default);

    private Task<bool> PlaceAsync(ClaimedCall claim) =>
        Nodes.PlaceAsync(claim, new CallId(Guid.NewGuid().ToString("n")), Anna, _now, default);

    private async Task<CallId> PlaceAsync(DateTimeOffset now)
    {
        var call = new CallId(Guid.NewGuid().ToString("n"));
        Assert.True(await Nodes.PlaceAsync((await ClaimAsync(now))!, call, Anna, now, default));
        return call;
    }

    private Task EndAsync(CallId call, DateTimeOffset now, Func<CallRecord, CallRecord> how) => new PostgresCallStore(_database)
        .CompleteAsync(
            how(new CallRecord
            {
                Id = call, Direction = CallDirection.Outbound, Channel = _channel, User = new WhatsAppUser("15550000"), StartedAt = now,
                EndedAt = now, Cause = HangupCause.NoAnswer, Node = "n1",
            }), default);

    /// <summary>The state after a sweep.</summary>
    private async Task<string> SweptAsync(string id, DateTimeOffset now)
    {
        await Nodes.SweepAsync(now, default);
        return (await FindAsync(id)).State;
    }

    private async Task<ParkedCallRow> FindAsync(string id) => (await Parked.FindAsync(id, default))!;

    private async Task<IReadOnlyList<string>> EventsAsync(string id)
    {
        await using var connection = await _database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<string>(
            "SELECT kind FROM events WHERE data ->> 'parkedCall' = @id ORDER BY id", new { id })];
    }
}
