using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Permissions;
using Gateway.Calls.Records;
using Gateway.Storage.Accounts;
using Gateway.Storage.Calls;
using Gateway.Storage.Channels;
using Gateway.Storage.Contacts;
using Gateway.Storage.Directory;
using Gateway.Storage.Rating;
using Npgsql;
using Testing;

namespace Gateway.Storage.Tests;

/// <summary>Each program's role is enough for its work, and for nothing that would rewrite the past.</summary>
[Collection(StoresCollection.Name)]
public sealed class RolesTests(Stores stores) : IAsyncLifetime
{
    private readonly NpgsqlDataSource _owner = NpgsqlDataSource.Create(stores.Postgres);

    public Task InitializeAsync() => Migrator.MigrateAsync(_owner, CancellationToken.None);

    public Task DisposeAsync() => _owner.DisposeAsync().AsTask();

    [Fact]
    public async Task A_worker_carries_calls_from_admission_to_settlement_and_looks_after_months_and_orphans()
    {
        var opened = await BillingSetup.OpenAsync(_owner, 100);
        await opened.AddRateAsync("", 1m);
        await using var database = As("gateway_worker");
        var billing = opened.With(database);
        Assert.Empty(await Migrator.MigrateAsync(database, CancellationToken.None));

        var request = billing.Request();
        var identity = new CallIdentity(request.Call, request.Direction, request.Channel, request.User, request.Node, request.NodeStart);
        await billing.Calls.BeginAsync(identity, request.At, CancellationToken.None);
        var funding = await billing.FundAsync(request);
        await billing.Calls.AnsweredAsync(
            [new CallAnswer(identity, request.At, request.At.AddSeconds(5), null, null, null)], CancellationToken.None);
        await billing.Admission.ExtendAsync(request.Call, 5m, CancellationToken.None);
        await billing.Calls.CompleteAsync(BillingSetup.Record(request, funding, 60), CancellationToken.None);
        await billing.AdmitAsync(request with { Call = new CallId(Guid.NewGuid().ToString("n")), NodeStart = "gone" });
        await new OrphanSweeper(database, billing.Calls.CompleteAsync, request.Node, request.NodeStart, TimeSpan.FromMinutes(1))
            .SweepAsync(CancellationToken.None);
        await new CallPartitions(database).MakeAsync(request.At.AddYears(9), 1, CancellationToken.None);
        await new CallPartitions(database).DropAsync(request.At, TimeSpan.FromDays(3650), CancellationToken.None);
        var missed = billing.Request();
        await billing.Calls.CompleteAsync(BillingSetup.Record(missed, null, null, HangupCause.NoAnswer), CancellationToken.None);
        var agent = new AgentStatus(
            new AgentId("a" + request.Call), AgentPresence.Available, null, AgentActivity.None, false, null, request.At);
        await new AgentStateStore(database).NoteAsync(
            [agent, agent with { BusyAtPbx = true, Since = request.At.AddSeconds(1) }], CancellationToken.None);
        Assert.Equal((99m, 0m), await billing.MoneyAsync());
    }

    [Fact]
    public async Task A_worker_leads_calls_to_agents_and_takes_messages()
    {
        var opened = await BillingSetup.OpenAsync(_owner, 0);
        await opened.ExecuteAsync("UPDATE channels SET account = NULL WHERE id = @id", new { id = opened.Channel.Value });
        await new ContactStore(_owner, new PermissionLimits()).ApplyAsync(
            opened.Channel, new WhatsAppUser("491511"), BillingSetup.Start, known => known, null, CancellationToken.None);
        await using var database = As("gateway_worker");
        var billing = opened.With(database);
        Assert.NotNull(await new DirectoryStore(database).LoadAsync(null, CancellationToken.None));
        var request = billing.Request();
        var identity = new CallIdentity(request.Call, request.Direction, request.Channel, request.User, request.Node, request.NodeStart);
        await billing.Calls.BeginAsync(identity, request.At, CancellationToken.None);
        var calls = new AgentCallStore(database);
        var (flow, anna) = (new FlowId("in"), new AgentId("anna"));
        await calls.QueuedAsync(new QueuedCall(request.Call, request.At, request.At, null, flow, 1), CancellationToken.None);
        await calls.AnsweredAsync(request.Call, request.At, request.At.AddSeconds(5), anna, CancellationToken.None);
        var record = BillingSetup.Record(request, null, 60) with
        {
            Flow = flow, FlowVersion = 1, WaitedFrom = request.At, AgentId = anna, AgentAnsweredAt = request.At.AddSeconds(5),
        };
        await billing.Calls.CompleteAsync(record, CancellationToken.None);
        var message = new Voicemail(
            request.Call.Value, request.Call, request.Channel, request.User, null, "n1", "x.wav", TimeSpan.FromSeconds(1), request.At);
        await new VoicemailStore(database).LeaveAsync(message, CancellationToken.None);
        Assert.Equal(anna, (await billing.AdmitAsync()).LastAgent?.Agent);
        Assert.NotNull(await new VoicemailStore(database).FindAsync(message.Id, CancellationToken.None));
    }

    [Fact]
    public async Task An_admin_keeps_accounts_cards_and_channels()
    {
        await using var database = As("gateway_admin");
        Assert.Empty(await Migrator.MigrateAsync(database, CancellationToken.None));
        var id = "r" + Guid.NewGuid().ToString("n")[..12];
        await new RateCardStore(database).CreateAsync(id, "test", "EUR", "test", CancellationToken.None);
        var accounts = new AccountStore(database);
        var account = (await accounts.CreateAsync(id, "EUR", new AccountTerms("test", id, 10, 10), "test", CancellationToken.None)).Value!;
        Assert.NotNull(
            (await accounts.ChangeAsync(id, new AccountTerms("other", id, 5, 5), account.Version, "test", CancellationToken.None)).Value);
        Assert.NotNull(
            (await new LedgerStore(database).TopUpAsync(new Movement(id, 10, "EUR", id, null), "test", CancellationToken.None)).Value);
        Assert.Single(await new LedgerStore(database).ListAsync(id, default, null, 10, CancellationToken.None));
        Assert.NotNull(await new PostgresCallStore(database).ListAsync(new CallQuery { Limit = 1 }, CancellationToken.None));
    }

    [Theory]
    [InlineData("gateway_worker")]
    [InlineData("gateway_admin")]
    [InlineData(null)]
    public async Task No_balance_moves_without_an_entry_of_the_ledger(string? role)
    {
        var billing = await BillingSetup.OpenAsync(_owner, 5);
        await using var database = role is null ? NpgsqlDataSource.Create(stores.Postgres) : As(role);
        var with = billing.With(database);
        await Assert.ThrowsAsync<PostgresException>(
            () => with.ExecuteAsync("UPDATE accounts SET balance = 1000 WHERE id = @Account", new { billing.Account }));
        await Assert.ThrowsAsync<PostgresException>(() => with.ExecuteAsync(
            "INSERT INTO accounts (id, name, currency, balance) VALUES ('x' || @Account, 'x', 'EUR', 7)", new { billing.Account }));
        Assert.Equal((5m, 0m), await billing.MoneyAsync());
    }

    [Fact]
    public async Task An_admin_cannot_touch_what_calls_in_progress_hold() => await Assert.ThrowsAsync<PostgresException>(async () =>
    {
        await using var database = As("gateway_admin");
        await (await BillingSetup.OpenAsync(_owner, 5)).With(database).ExecuteAsync("UPDATE accounts SET held = 0");
    });

    [Theory]
    [InlineData("gateway_worker")]
    [InlineData("gateway_admin")]
    public async Task Nobody_who_runs_a_program_can_rewrite_the_ledger_the_audit_log_or_the_schema(string role)
    {
        await using var database = As(role);
        foreach (var sql in new[]
        {
            "UPDATE ledger_entries SET amount = 0", "DELETE FROM ledger_entries", "TRUNCATE ledger_entries",
            "ALTER TABLE ledger_entries DISABLE TRIGGER ALL", "DROP TRIGGER ledger_is_append_only ON ledger_entries",
            "UPDATE audit_entries SET actor = 'x'", "DELETE FROM audit_entries", "TRUNCATE audit_entries",
            "ALTER TABLE audit_entries DISABLE TRIGGER ALL", "UPDATE events SET kind = 'x'", "DELETE FROM events", "DELETE FROM calls",
            "DELETE FROM accounts", "DROP TABLE calls", "CREATE TABLE other (id int)", "SET session_replication_role = replica",
            "INSERT INTO schema_migrations (name) VALUES ('x')",
        })
            await RefusesAsync(database, sql);
    }

    [Theory]
    [InlineData("gateway_worker", "SELECT * FROM api_keys")]
    [InlineData("gateway_worker", "SELECT * FROM webhook_endpoints")]
    [InlineData("gateway_worker", "UPDATE rates SET price_per_minute = 0")]
    [InlineData("gateway_worker", "UPDATE accounts SET minimum_inbound = 0")]
    [InlineData("gateway_worker", "INSERT INTO accounts (id, name, currency) VALUES ('x', 'x', 'EUR')")]
    [InlineData("gateway_admin", "UPDATE calls SET answered_at = NULL")]
    [InlineData("gateway_admin", "DELETE FROM holds")]
    [InlineData("gateway_worker", "UPDATE directory SET version = 1")]
    [InlineData("gateway_worker", "DELETE FROM agents")]
    [InlineData("gateway_worker", "DELETE FROM phone_secrets")]
    [InlineData("gateway_admin", "SELECT md5 FROM phone_secrets")]
    [InlineData("gateway_worker", "INSERT INTO phone_tickets DEFAULT VALUES")]
    [InlineData("gateway_worker", "UPDATE voicemails SET heard_at = now()")]
    [InlineData("gateway_admin", "DELETE FROM flow_versions")]
    [InlineData("gateway_admin", "DELETE FROM flows")]
    [InlineData("gateway_admin", "INSERT INTO flow_routes DEFAULT VALUES")]
    [InlineData("gateway_admin", "UPDATE voicemails SET path = 'x'")]
    [InlineData("gateway_worker", "DELETE FROM parked_calls")]
    [InlineData("gateway_admin", "UPDATE parked_calls SET call_id = NULL")]
    [InlineData("gateway_admin", "SELECT drop_call_partitions(now())")]
    public async Task A_role_has_no_right_to_the_others_work(string role, string sql)
    {
        await using var database = As(role);
        await RefusesAsync(database, sql);
    }

    private NpgsqlDataSource As(string role) =>
        NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(stores.Postgres) { Options = "-c role=" + role }.ConnectionString);

    private static async Task RefusesAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        var refusal = await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync());
        Assert.Equal((PostgresErrorCodes.InsufficientPrivilege, sql), (refusal.SqlState, sql));
    }
}
