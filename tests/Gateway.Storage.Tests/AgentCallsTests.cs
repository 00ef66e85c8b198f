using Dapper;
using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Permissions;
using Gateway.Calls.Records;
using Gateway.Storage.Admin;
using Gateway.Storage.Calls;
using Gateway.Storage.Contacts;
using Npgsql;
using Testing;

namespace Gateway.Storage.Tests;

/// <summary>Calls that flows lead to agents: what their records, lists, events and counts say.</summary>
[Collection(StoresCollection.Name)]
public sealed class AgentCallsTests(Stores stores) : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly NpgsqlDataSource _database = NpgsqlDataSource.Create(stores.Postgres);
    private readonly string _own = Guid.NewGuid().ToString("n")[..8];
    private BillingSetup _billing = null!;

    private GroupId Group => new("sales-" + _own);

    private AgentId Anna => new("anna-" + _own);

    public async Task InitializeAsync()
    {
        await Migrator.MigrateAsync(_database, None);
        _billing = await BillingSetup.OpenAsync(_database, 0);
        await _billing.ExecuteAsync("UPDATE channels SET account = NULL WHERE id = @id", new { id = _billing.Channel.Value });
    }

    public Task DisposeAsync() => _database.DisposeAsync().AsTask();

    [Fact]
    public async Task A_record_keeps_flow_group_wait_and_agent_and_is_found_by_them()
    {
        var answered = await CompleteAsync(Call("491511", waits: 7, talks: 60));
        var abandoned = await CompleteAsync(Call("491512", waits: 9, talks: null));
        var direct = await CompleteAsync(BillingSetup.Record(_billing.Request("491513"), null, 30));
        Assert.Equal(answered, await _billing.Calls.FindAsync(answered.Id, None));
        Assert.Equal(abandoned, await _billing.Calls.FindAsync(abandoned.Id, None));

        Assert.Equal([answered.Id], await IdsAsync(query => query with { Agent = Anna }));
        Assert.Equal(Sorted(answered, abandoned), await IdsAsync(query => query with { Group = Group }));
        Assert.Equal(Sorted(answered, abandoned), await IdsAsync(query => query with { Flow = new FlowId("in") }));
        Assert.Equal(Sorted(answered, direct), await IdsAsync(query => query with { AnsweredByAgent = true }));
        Assert.Equal([abandoned.Id], await IdsAsync(query => query with { AnsweredByAgent = false }));
    }

    [Fact]
    public async Task Who_gave_up_waiting_is_missed_with_the_time_of_waiting_and_counted_as_abandoned()
    {
        var call = await CompleteAsync(Call("491511", waits: 9, talks: null));
        var missed = Assert.Single(await new MissedCallStore(_database).ListAsync(
            new MissedCallQuery(MissedCallState.Open, null, null, null, null, null, null, 9, Group.Value), None));
        Assert.Equal((call.Id.Value, TimeSpan.FromSeconds(9)), (missed.CallId, missed.MissedAt - missed.WaitedFrom));
        Assert.Equal(["call.abandoned", "call.missed"], (await EventsAsync(call)).Select(one => one.Kind).Order());
        var data = (await EventsAsync(call)).Single(one => one.Kind == "call.abandoned").Data;
        Assert.Contains("\"waitedSeconds\": 9", data);
        Assert.Contains($"\"group\": \"{Group}\"", data);
    }

    [Fact]
    public async Task A_queued_call_of_a_lost_node_is_still_known_as_one_who_waited()
    {
        var call = Call("491511", waits: 9, talks: null);
        await _billing.Calls.BeginAsync(
            new(call.Id, call.Direction, call.Channel, call.User, call.Node, call.NodeStart), call.StartedAt, None);
        var store = new AgentCallStore(_database);
        var queued = new QueuedCall(call.Id, call.StartedAt, call.WaitedFrom!.Value, Group, new FlowId("in"), 3, 5);
        await store.QueuedAsync(queued, None);
        await store.QueuedAsync(queued, None);
        var row = await _billing.QueryAsync<(string, long, string, DateTime)>(
            "SELECT flow, flow_version, agent_group, waited_from FROM calls WHERE id = @id", new { id = call.Id.Value });
        Assert.Equal(("in", 3L, Group.Value, call.WaitedFrom.Value.UtcDateTime), row);
        Assert.Equal(["call.started", "call.queued"], (await EventsAsync(call)).Select(one => one.Kind));
        await store.AnsweredAsync(call.Id, call.StartedAt, call.StartedAt.AddSeconds(8), Anna, None);
        await store.QueuedAsync(queued with { Group = new GroupId("other") }, None);
        Assert.Equal(
            Anna.Value, await _billing.QueryAsync<string>("SELECT agent_id FROM calls WHERE id = @id", new { id = call.Id.Value }));
        Assert.Equal(2, (await EventsAsync(call)).Length);
    }

    [Fact]
    public async Task A_call_that_rings_says_whom_it_rings_each_time_and_not_after_its_end()
    {
        var call = Call("491511", waits: 9, talks: null);
        await _billing.Calls.BeginAsync(
            new(call.Id, call.Direction, call.Channel, call.User, call.Node, call.NodeStart), call.StartedAt, None);
        var store = new AgentCallStore(_database);
        var ringing = new RingingCall(call.Id, call.StartedAt, call.StartedAt.AddSeconds(1), [Anna, new AgentId("bert")], Group);
        await store.RingingAsync(ringing, None);
        await store.RingingAsync(ringing with { Agents = [], Group = null }, None);
        await CompleteAsync(call);
        await store.RingingAsync(ringing, None);
        Assert.Equal(
            [
                $$"""{"user": "491511", "group": "{{Group}}", "agents": ["{{Anna}}", "bert"], "direction": "inbound"}""",
                """{"user": "491511", "group": null, "agents": [], "direction": "inbound"}""",
            ],
            (await EventsAsync(call)).Where(one => one.Kind == "call.ringing").Select(one => one.Data));
    }

    [Fact]
    public async Task Admission_says_whom_the_contact_talked_to_last()
    {
        var contacts = new ContactStore(_database, new PermissionLimits());
        var user = new WhatsAppUser("491511");
        await contacts.ApplyAsync(_billing.Channel, user, BillingSetup.Start, known => known, null, None);
        Assert.Null((await _billing.AdmitAsync(_billing.Request("491511"))).LastAgent);
        var call = await CompleteAsync(Call("491511", waits: 1, talks: 60));
        var earlier = call.EndedAt.AddSeconds(-1);
        await CompleteAsync(Call("491511", waits: 1, talks: 10) with { AgentId = new AgentId("bert"), EndedAt = earlier });
        await CompleteAsync(Call("491511", waits: 200, talks: null));
        Assert.Equal(new(Anna, call.EndedAt), (await _billing.AdmitAsync(_billing.Request("491511"))).LastAgent);

        // two rows that turn out to be one person
        await contacts.ApplyAsync(_billing.Channel, new(null, "DE.77"), BillingSetup.Start, known => known, null, None);
        await contacts.ApplyAsync(_billing.Channel, new("491599"), BillingSetup.Start, known => known, null, None);
        await CompleteAsync(Call("491599", waits: 1, talks: 60));
        await contacts.ApplyAsync(_billing.Channel, new("491599", "DE.77"), BillingSetup.Start, known => known, null, None);
        var request = _billing.Request() with { User = new WhatsAppUser(null, "DE.77") };
        Assert.Equal(Anna, (await _billing.AdmitAsync(request)).LastAgent?.Agent);
    }

    [Fact]
    public async Task Counts_of_a_period_are_by_group_and_channel_with_the_service_level_of_the_group()
    {
        await _billing.ExecuteAsync(
            "INSERT INTO agent_groups (id, name, wrap_up_seconds, answer_within_seconds) VALUES (@id, 'Sales', 0, 20)",
            new { id = Group.Value });
        await CompleteAsync(Call("491511", waits: 20, talks: 60));
        await CompleteAsync(Call("491512", waits: 21, talks: 30));
        await CompleteAsync(Call("491513", waits: 9, talks: null));
        await CompleteAsync(BillingSetup.Record(_billing.Request("491514"), null, 30));
        var statistics = new QueueStatistics(_database);
        var counts = await statistics.CountAsync(BillingSetup.Start, BillingSetup.Start.AddHours(1), None);
        Assert.Equal(
            new QueueCounts(Group.Value, _billing.Channel.Value, 3, 2, 1, 1, 50, 90), counts.Single(one => one.Group == Group.Value));
        Assert.DoesNotContain(
            await statistics.CountAsync(BillingSetup.Start.AddHours(-1), BillingSetup.Start, None), one => one.Group == Group.Value);
    }

    [Fact]
    public async Task A_message_is_left_once_and_is_heard_and_closed_by_somebody()
    {
        var store = new VoicemailStore(_database);
        var id = Guid.NewGuid().ToString("n");
        var message = new Voicemail(
            id, new CallId("c" + _own), _billing.Channel, new WhatsAppUser("491511", Name: "Bob\0"), Group, "n1", "2030/x.wav",
            TimeSpan.FromSeconds(12.5), BillingSetup.Start);
        await store.LeaveAsync(message, None);
        await store.LeaveAsync(message, None);
        Assert.Equal(1, await _billing.QueryAsync<long>(
            "SELECT count(*) FROM events WHERE kind = 'voicemail.left' AND call_id = @id", new { id = "c" + _own }));
        var row = Assert.Single(await store.ListAsync(new(Group.Value, null, false, false, null, null, 9), None));
        Assert.Equal((12500, "Bob", "2030/x.wav"), (row.DurationMs, row.UserName, row.Path));
        var heard = (await store.MarkAsync(id, 1, isHeard: true, isClosed: false, "key:a", None)).After!;
        var closed = (await store.MarkAsync(id, 2, isHeard: true, isClosed: true, "key:b", None)).After!;
        Assert.Equal(("key:a", heard.HeardAt, "key:b"), (closed.HeardBy, closed.HeardAt, closed.ClosedBy));
        Assert.True((await store.MarkAsync(id, 2, true, true, "key:a", None)).IsStale);
        Assert.Empty(await store.ListAsync(new(Group.Value, null, null, false, null, null, 9), None));
    }

    [Fact]
    public async Task Each_change_of_an_agents_state_is_one_event_whichever_nodes_report_it_and_in_which_order()
    {
        var store = new AgentStateStore(_database);
        var offline = new AgentStatus(Anna, AgentPresence.Offline, null, AgentActivity.None, false, null, BillingSetup.Start);
        var available = offline with { Presence = AgentPresence.Available, Since = At(1) };
        AgentStatus[] all =
        [
            offline, available, available with { Activity = AgentActivity.Ringing, Call = new CallId("c" + _own), Since = At(2) },
            available with { Activity = AgentActivity.Busy, Call = new CallId("c" + _own), Since = At(3) },
            available with { Since = At(4) }, available with { Presence = AgentPresence.Away, Reason = "lunch\0", Since = At(5) },
            available with { Presence = AgentPresence.Away, Reason = "meeting", Since = At(6) }, offline with { Since = At(7) },
        ];
        await Task.WhenAll(
            Task.WhenAll(Enumerable.Range(0, 4).Select(_ => store.NoteAsync(all, None))),
            Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
            {
                foreach (var one in all)
                    await store.NoteAsync([one], None);
            })));
        await store.NoteAsync([offline with { Since = At(9) }], None);

        var events = await StatesAsync();
        Assert.Equal(
            ["offline>available", "available>ringing", "ringing>busy", "busy>available", "available>away lunch", "away>away meeting",
                "away>offline"],
            events.Select(one => one.Before is null ? "offline>" + one.State : $"{one.Before}>{one.State}{one.Reason}"));
        Assert.Equal(["c" + _own, "c" + _own], events.Select(one => one.Call).OfType<string>());
    }

    [Fact]
    public async Task A_node_that_missed_states_in_between_adds_those_that_another_missed_and_no_other()
    {
        var store = new AgentStateStore(_database);
        var available = new AgentStatus(Anna, AgentPresence.Available, null, AgentActivity.None, false, null, At(1));
        var busy = available with { Activity = AgentActivity.Busy, Since = At(2) };
        await store.NoteAsync([available], None);
        await store.NoteAsync([available with { Since = At(3) }], None);
        await store.NoteAsync([available, busy, available with { Since = At(3) }], None);
        Assert.Equal(["available", "busy", "available"], (await StatesAsync()).Select(one => one.State));
    }

    private static DateTimeOffset At(int second) => BillingSetup.Start.AddSeconds(second);

    private async Task<(string? Before, string State, string? Reason, string? Call)[]> StatesAsync()
    {
        await using var connection = await _database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<(string?, string, string?, string?)>(
            "SELECT data->>'before', data->>'state', ' ' || (data->>'reason'), call_id FROM events "
            + "WHERE kind = 'agent.state_changed' AND data->>'agent' = @agent ORDER BY at", new { agent = Anna.Value })];
    }

    private CallRecord Call(string user, int waits, int? talks)
    {
        var record = BillingSetup.Record(_billing.Request(user), null, waits + (talks ?? 0));
        var waited = record.StartedAt.AddSeconds(5);
        return record with
        {
            Flow = new FlowId("in"), FlowVersion = 3, Group = Group, WaitedFrom = waited, AgentId = talks is null ? null : Anna,
            AgentAnsweredAt = talks is null ? null : waited.AddSeconds(waits),
        };
    }

    private async Task<CallRecord> CompleteAsync(CallRecord record)
    {
        await _billing.Calls.CompleteAsync(record, None);
        return record;
    }

    private static IEnumerable<CallId> Sorted(params CallRecord[] calls) =>
        calls.Select(call => call.Id).OrderByDescending(id => id.Value, StringComparer.Ordinal);

    private async Task<IEnumerable<CallId>> IdsAsync(Func<CallQuery, CallQuery> filter) =>
        (await _billing.Calls.ListAsync(filter(new CallQuery { Limit = 9, Channel = _billing.Channel }), None)).Select(call => call.Id);

    private async Task<(string Kind, string Data)[]> EventsAsync(CallRecord call)
    {
        await using var connection = await _database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<(string, string)>(
            "SELECT kind, data::text FROM events WHERE call_id = @id ORDER BY id", new { id = call.Id.Value })];
    }
}
