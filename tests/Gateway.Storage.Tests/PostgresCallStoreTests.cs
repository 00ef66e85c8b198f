using Gateway.Calls;
using Gateway.Calls.Quality;
using Gateway.Calls.Records;
using Gateway.Storage.Calls;
using Gateway.Storage.Events;
using Media.Protocols.Primitives;
using Media.Protocols.Quality;
using Npgsql;
using Testing;

namespace Gateway.Storage.Tests;

[Collection(StoresCollection.Name)]
public sealed class PostgresCallStoreTests(Stores stores) : IAsyncLifetime
{
    private static readonly DateTimeOffset Start = new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly NpgsqlDataSource _database = NpgsqlDataSource.Create(stores.Postgres);

    private PostgresCallStore Store => new(_database);

    public Task InitializeAsync() => Migrator.MigrateAsync(_database, CancellationToken.None);

    public Task DisposeAsync() => _database.DisposeAsync().AsTask();

    [Fact]
    public async Task A_record_comes_back_as_it_was_written()
    {
        var record = Record() with
        {
            RingingAt = Start.AddSeconds(1),
            AnsweredAt = Start.AddSeconds(2),
            Agent = "305",
            AgentSince = Start.AddSeconds(9),
            MediaFault = new MediaFault(CallLeg.Pbx, MediaFaultReason.SrtpRequired),
            SipStatus = 486,
            WhatsAppError = new WhatsAppError(138021, "Media", "no packets"),
            WhatsAppQuality = new LegQuality(100, 2, 3.5, 42, 4.1),
        };
        await Store.CompleteAsync(record, CancellationToken.None);
        Assert.Equal(record, await FindAsync(record.Id));
    }

    [Fact]
    public async Task Who_had_a_call_before_comes_back_in_order()
    {
        EarlierAgent[] earlier = [new("201", Start, Start.AddSeconds(9)), new("20\02", Start.AddSeconds(9), Start.AddSeconds(30))];
        var record = Record() with { Agent = "203", EarlierAgents = earlier };
        await Store.CompleteAsync(record, CancellationToken.None);
        Assert.Equal([earlier[0], earlier[1] with { Agent = "202" }], (await FindAsync(record.Id))!.EarlierAgents);
    }

    [Fact]
    public async Task Every_fault_of_a_description_comes_back_as_it_was_written()
    {
        foreach (var reason in Enum.GetValues<MediaFaultReason>())
        {
            var fault = new MediaFault((int)reason % 2 == 0 ? CallLeg.Pbx : CallLeg.WhatsApp, reason);
            var record = Record() with { Cause = HangupCause.IncompatibleMedia, MediaFault = fault };
            await Store.CompleteAsync(record, CancellationToken.None);
            Assert.Equal(fault, (await FindAsync(record.Id))!.MediaFault);
        }
    }

    [Theory]
    [InlineData("100")]
    [InlineData(null)]
    public async Task A_pick_up_is_when_its_agent_got_the_call(string? agent)
    {
        var record = Record();
        var call = new CallIdentity(record.Id, record.Direction, record.Channel, record.User, record.Node);
        await Store.BeginAsync(call, Start, CancellationToken.None);
        await Store.AnsweredAsync([new CallAnswer(call, Start, Start.AddSeconds(3), agent, "main", null)], CancellationToken.None);
        await using var find = _database.CreateCommand("SELECT agent_since FROM calls WHERE id = $1");
        find.Parameters.Add(new NpgsqlParameter { Value = record.Id.Value });
        Assert.Equal(agent is null ? DBNull.Value : Start.AddSeconds(3).UtcDateTime, await find.ExecuteScalarAsync());
    }

    [Fact]
    public async Task The_dialogs_of_an_answered_call_are_kept_until_it_ends()
    {
        var record = Record();
        var call = new CallIdentity(record.Id, record.Direction, record.Channel, record.User, record.Node);
        await Store.BeginAsync(call, Start, CancellationToken.None);
        Assert.Null(await Store.FindDialogsAsync(record.Id, CancellationToken.None));
        await Store.AnsweredAsync(
            [new CallAnswer(call, Start, Start.AddSeconds(3), null, "main", null) { Dialogs = "[1]" }], CancellationToken.None);
        Assert.Equal("[1]", await Store.FindDialogsAsync(record.Id, CancellationToken.None));
        await Store.CompleteAsync(record, CancellationToken.None);
        await using var count = _database.CreateCommand("SELECT count(*) FROM calls WHERE id = $1 AND dialogs IS NULL");
        count.Parameters.Add(new NpgsqlParameter { Value = record.Id.Value });
        Assert.Equal(1L, await count.ExecuteScalarAsync());
    }

    [Fact]
    public async Task Dialogs_of_a_call_that_has_no_row_yet_are_to_be_noted_again() =>
        Assert.False(await Store.DialogsAsync(Record().Id, Start, "[1]", CancellationToken.None));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Dialogs_that_come_apart_from_the_pick_up_are_kept_too(bool comeFirst)
    {
        var record = Record();
        var call = new CallIdentity(record.Id, record.Direction, record.Channel, record.User, record.Node);
        await Store.BeginAsync(call, Start, CancellationToken.None);
        var answer = new CallAnswer(call, Start, Start.AddSeconds(3), null, "main", null);
        if (comeFirst)
            Assert.True(await Store.DialogsAsync(record.Id, Start, "[1]", CancellationToken.None));
        await Store.AnsweredAsync([answer], CancellationToken.None);
        if (!comeFirst)
            Assert.True(await Store.DialogsAsync(record.Id, Start, "[1]", CancellationToken.None));
        Assert.Equal("[1]", await Store.FindDialogsAsync(record.Id, CancellationToken.None));
        await Store.CompleteAsync(record, CancellationToken.None);
        Assert.True(await Store.DialogsAsync(record.Id, Start, "[1]", CancellationToken.None)); // and are asked for no more
        Assert.Null(await Store.FindDialogsAsync(record.Id, CancellationToken.None));
    }

    [Fact]
    public async Task The_end_of_a_call_tells_who_had_it_since_when_and_what_was_wrong_with_its_media()
    {
        var record = Record() with
        {
            AnsweredAt = Start.AddSeconds(2), Agent = "305", AgentSince = Start.AddSeconds(9),
            MediaFault = new(CallLeg.Pbx, MediaFaultReason.NoCommonCodec),
        };
        await Store.CompleteAsync(record, CancellationToken.None);
        var happened = Assert.Single(
            await new EventReader(_database).OfCallAsync(record.Id.Value, CancellationToken.None), one => one.Kind != "call.started");
        Assert.Contains("\"agentSince\": \"2030-01-02T03:04:14", happened.Data);
        Assert.Contains("\"mediaFault\": {\"leg\": \"pbx\", \"reason\": \"no_common_codec\"}", happened.Data);
    }

    [Fact]
    public async Task A_repeated_completion_changes_nothing()
    {
        var record = Record();
        await Store.BeginAsync(
            new CallIdentity(record.Id, record.Direction, record.Channel, record.User, record.Node), Start, CancellationToken.None);
        await Store.CompleteAsync(record, CancellationToken.None);
        await Store.CompleteAsync(record with { Cause = HangupCause.InternalError }, CancellationToken.None);
        await Store.BeginAsync(
            new CallIdentity(record.Id, record.Direction, record.Channel, record.User, record.Node), Start, CancellationToken.None);
        Assert.Equal(record, await FindAsync(record.Id));
    }

    [Fact]
    public async Task Silence_of_a_leg_is_an_event_of_its_call()
    {
        var record = Record();
        await Store.BeginAsync(
            new CallIdentity(record.Id, record.Direction, record.Channel, record.User, record.Node), Start, CancellationToken.None);
        await Store.SilentAsync(record.Id, Start, Start.AddSeconds(20), CallLeg.Pbx, CancellationToken.None);
        var happened = Assert.Single(
            await new EventReader(_database).OfCallAsync(record.Id.Value, CancellationToken.None), one => one.Kind != "call.started");
        Assert.Equal(("call.silent", Start.AddSeconds(20), "100"), (happened.Kind, happened.At, happened.Channel));
        Assert.Contains("\"leg\": \"pbx\"", happened.Data);
    }

    [Fact]
    public async Task Bad_quality_of_a_leg_is_an_event_of_its_call()
    {
        var record = Record();
        await Store.BeginAsync(
            new CallIdentity(record.Id, record.Direction, record.Channel, record.User, record.Node), Start, CancellationToken.None);
        var sample = new LegSample("opus", 230, 0.0812, 1.3, 12.34, null, 84, default, 2.876, null, null, IsSilent: false);
        await Store.DegradedAsync(
            record.Id, Start, Start.AddSeconds(20),
            new Degradation(CallLeg.WhatsApp, QualityFault.Loss, SuspectedCause.UserNetwork, sample), CancellationToken.None);
        var happened = Assert.Single(
            await new EventReader(_database).OfCallAsync(record.Id.Value, CancellationToken.None), one => one.Kind != "call.started");
        Assert.Equal(("call.quality_degraded", Start.AddSeconds(20), "100"), (happened.Kind, happened.At, happened.Channel));
        foreach (var part in new[]
            {
                "\"leg\": \"whatsapp\"", "\"fault\": \"loss\"", "\"cause\": \"user_network\"", "\"mos\": 2.88", "\"lossRatio\": 0.0812",
                "\"roundTripMs\": null",
            })
            Assert.Contains(part, happened.Data);
    }

    [Fact]
    public async Task Good_quality_after_a_spell_is_an_event_of_its_call()
    {
        var record = Record();
        await Store.BeginAsync(
            new CallIdentity(record.Id, record.Direction, record.Channel, record.User, record.Node), Start, CancellationToken.None);
        var sample = new LegSample("opus", 230, 0, 1.3, 12.34, null, 84, default, 4.176, null, null, IsSilent: false);
        await Store.RecoveredAsync(
            record.Id, Start, Start.AddSeconds(50), new Recovery(CallLeg.WhatsApp, QualityFault.Loss, TimeSpan.FromSeconds(30), sample),
            CancellationToken.None);
        var happened = Assert.Single(
            await new EventReader(_database).OfCallAsync(record.Id.Value, CancellationToken.None), one => one.Kind != "call.started");
        Assert.Equal(("call.quality_recovered", Start.AddSeconds(50), "100"), (happened.Kind, happened.At, happened.Channel));
        foreach (var part in new[] { "\"leg\": \"whatsapp\"", "\"fault\": \"loss\"", "\"lastedMs\": 30000", "\"mos\": 4.18" })
            Assert.Contains(part, happened.Data);
    }

    [Fact]
    public async Task An_attempt_that_never_ended_is_a_row_but_no_record()
    {
        var record = Record();
        await Store.BeginAsync(
            new CallIdentity(record.Id, record.Direction, record.Channel, record.User, record.Node), Start, CancellationToken.None);
        Assert.Null(await FindAsync(record.Id));
    }

    [Fact]
    public async Task Hostile_names_are_stored_and_not_executed()
    {
        var record = Record() with { User = new WhatsAppUser("15550001", Name: "Robert'); DROP TABLE calls;--\0\r\n") };
        await Store.CompleteAsync(record, CancellationToken.None);
        Assert.Equal("Robert'); DROP TABLE calls;--\r\n", (await FindAsync(record.Id))!.User.Name);
    }

    [Fact]
    public async Task Migrating_again_applies_nothing_and_two_migrators_do_not_collide()
    {
        var both = await Task.WhenAll(
            Migrator.MigrateAsync(_database, CancellationToken.None), Migrator.MigrateAsync(_database, CancellationToken.None));
        Assert.All(both, Assert.Empty);
    }

    [Fact]
    public async Task A_database_that_a_newer_version_has_added_to_serves_and_one_that_lacks_something_is_refused()
    {
        await using var connection = await _database.OpenConnectionAsync();
        await using (var insert = new NpgsqlCommand("INSERT INTO schema_migrations (name) VALUES ('9998_future')", connection))
            await insert.ExecuteNonQueryAsync();
        Assert.Empty(await Migrator.MigrateAsync(_database, CancellationToken.None));
        await using (var insert = new NpgsqlCommand(
            "INSERT INTO schema_migrations (name) VALUES ('9999_contract_9998_future')", connection))
            await insert.ExecuteNonQueryAsync();
        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => Migrator.MigrateAsync(_database, CancellationToken.None));
        await using (var delete = new NpgsqlCommand("DELETE FROM schema_migrations WHERE name LIKE '999%'", connection))
            await delete.ExecuteNonQueryAsync();
        Assert.Contains("9999_contract_9998_future", refusal.Message);
    }

    private static CallRecord Record() => new()
    {
        Id = new CallId(Guid.NewGuid().ToString("n")),
        Direction = CallDirection.Inbound,
        Channel = new ChannelId("100"),
        User = new WhatsAppUser("15550001", "US.1", Name: "Ana"),
        StartedAt = Start,
        EndedAt = Start.AddSeconds(30),
        Cause = HangupCause.WhatsAppHungUp,
        Node = "node-1",
    };

    private Task<CallRecord?> FindAsync(CallId id) => Store.FindAsync(id, CancellationToken.None);
}
